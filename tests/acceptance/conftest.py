"""The real command line in a subprocess: tests read like a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Busyhour = Callable[..., "Finished"]


BUSY_MACHINE = {"BUSYHOUR_LATE_MS": "1000", "BUSYHOUR_SLIP_P99_MS": "2000", "BUSYHOUR_CPU_SHARE": "2"}
"""Several tests run at once on few cores: a generator that is starved by its neighbours is not what is tested."""


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def record(self, folder: Path) -> dict[str, Any]:
        """run.json of a run that wrote into `folder`."""
        assert (folder / "run.json").exists(), self.err + self.out
        parsed: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return parsed


@pytest.fixture
def busyhour() -> Busyhour:
    """`busyhour("run", "helpdesk", cwd=...)` runs the command and waits for its end."""

    def run(
        *arguments: str | Path, cwd: Path | None = None, seconds: float = 150, **environment: str
    ) -> Finished:
        done = subprocess.run(
            [sys.executable, "-m", "busyhour", *map(str, arguments)],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=seconds,
            env={**os.environ, **BUSY_MACHINE, "NO_COLOR": "1", "COLUMNS": "160", **environment},
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Finished(done.returncode, done.stdout, done.stderr)

    return run
