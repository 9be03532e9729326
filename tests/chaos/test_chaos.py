"""The short form of `make chaos`: its first events, one after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")


@pytest.mark.slow
def test_after_kills_and_freezes_nothing_is_lost_orphaned_or_stale() -> None:
    done = subprocess.run(
        [sys.executable, str(RUN), "--events", "6", "--seconds", "300"],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 findings" in done.stdout
