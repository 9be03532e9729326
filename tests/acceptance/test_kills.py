"""Kill -9 of the emulator in mid-run: the run ends, is INVALID, and says why. Workers and masters: test_live."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from busyhour.shipped import shipped_root

ROOT = shipped_root()
pytestmark = pytest.mark.slow


def emulator_of(parent: int) -> int:
    """Process id of the emulator that a run started."""
    listing = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    (found,) = [line.split()[0] for line in listing.stdout.splitlines() if " emulator " in line]
    return int(found)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_target_ends_the_run_which_is_invalid_and_says_so(tmp_path: Path, workers: str) -> None:
    folder = tmp_path / "run"
    command = [
        sys.executable,
        "-m",
        "busyhour",
        "run",
        "outbound",
        "--out",
        str(folder),
        "--workers",
        workers,
    ]
    command += ["--set", "traffic.duration=60s", "--set", "traffic.drain=5s"]
    environment = {**os.environ, "BUSYHOUR_SLIP_P99_MS": "5000", "BUSYHOUR_CPU_SHARE": "9", "NO_COLOR": "1"}
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    progress = folder / "progress.jsonl"
    deadline = time.monotonic() + 120
    while not progress.exists() or json.loads(progress.read_text().splitlines()[-1])["started"] < 5:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    os.kill(emulator_of(process.pid), signal.SIGKILL)
    killed = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 4, out + err
    assert time.monotonic() - killed < 40, "it did not wait for the end of the schedule"
    assert "Traceback" not in err
    record = json.loads((folder / "run.json").read_text())
    assert record["verdict"]["outcome"] == "invalid"
    assert any("The emulator ended during the run" in reason for reason in record["verdict"]["reasons"])
    assert 5 <= record["arrivals"]["started"] < record["arrivals"]["planned"]
