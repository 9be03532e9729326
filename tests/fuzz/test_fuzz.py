"""The short form of `make fuzz`: some inputs of another seed than the long one, in process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).with_name("run.py")


def test_mutated_inputs_end_with_a_message_and_an_exit_code_of_a_command() -> None:
    done = subprocess.run(
        [sys.executable, str(RUN), "--seed", "7", "--count", "250", "--real", "3", "--workers", "1"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "253 inputs, seed 7" in done.stdout
    assert "0 problems" in done.stdout
