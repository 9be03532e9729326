"""Faults of the machine in mid-run: a frozen target, a full disk, a clock that jumps. What was measured is kept and shown as such."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from busyhour.shipped import shipped_root

ROOT = shipped_root()
CLOCK = """
import os, time
_real = time.time
def _jumped():
    try:
        with open(os.environ["TEST_CLOCK"]) as file:
            return _real() + float(file.read() or 0)
    except OSError:
        return _real()
time.time = _jumped
"""
pytestmark = pytest.mark.slow


def begun(
    folder: Path, calls: int = 20, more: Mapping[str, str] | None = None, hold: str = "10s"
) -> subprocess.Popen[str]:
    """A run of the lookup function alone, in which some calls have started."""
    command = [sys.executable, "-m", "busyhour", "run", "lookup", "--out", str(folder)]
    command += ["--set", f"test.hold={hold}", "--set", "test.drain=2s"]
    environment = {**os.environ, "BUSYHOUR_SLIP_P99_MS": "9000", "BUSYHOUR_CPU_SHARE": "9", "NO_COLOR": "1"}
    environment |= {"BUSYHOUR_LATE_MS": "9000", **(more or {})}
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    progress = folder / "progress.jsonl"
    deadline = time.monotonic() + 120
    while not progress.exists() or json.loads(progress.read_text().splitlines()[-1])["started"] < calls:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return process


def child_of(process: subprocess.Popen[str], word: str) -> int:
    """Process id of the child whose command line has the word."""
    listing = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
    )
    (found,) = [int(line.split()[0]) for line in listing.stdout.splitlines() if f" {word} " in line]
    return found


def test_a_target_that_freezes_makes_the_run_invalid_and_what_was_measured_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = begun(folder)
    os.kill(child_of(process, "emulator"), signal.SIGSTOP)
    out, err = process.communicate(timeout=200)
    assert process.returncode == 4, out + err
    assert "The target did not answer after the load" in out
    assert "Traceback" not in err
    record = json.loads((folder / "run.json").read_text())
    assert record["arrivals"]["started"] >= 20
    assert record["metrics"] == []


def test_a_target_that_freezes_for_a_while_is_a_slow_target(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = begun(folder)
    emulator = child_of(process, "emulator")
    os.kill(emulator, signal.SIGSTOP)
    time.sleep(3.0)
    os.kill(emulator, signal.SIGCONT)
    out, err = process.communicate(timeout=200)
    assert process.returncode in (1, 4), out + err
    record = json.loads((folder / "run.json").read_text())
    assert record["arrivals"]["started"] == record["arrivals"]["planned"]
    (invoke,) = [one for one in record["operations"] if one["name"] == "Invoke"]
    assert invoke["latency"]["max"] > 2000


@pytest.mark.parametrize("whose", ["generator", "run"])
def test_a_disk_that_is_full_in_mid_run_keeps_what_was_measured(tmp_path: Path, whose: str) -> None:
    """RLIMIT_FSIZE stands for the full disk: no file of the process grows beyond it."""
    folder = tmp_path / "run"
    process = begun(folder)
    limited = process.pid if whose == "run" else child_of(process, "-f")
    kept = (folder / "progress.jsonl").stat().st_size
    resource.prlimit(limited, resource.RLIMIT_FSIZE, (kept + 100, resource.RLIM_INFINITY))
    out, err = process.communicate(timeout=200)
    assert process.returncode == 4, out + err
    assert "Traceback" not in err
    assert "cannot be written" in err or "ended without a result" in err
    missing, measured = ("run.json", "load.json") if whose == "run" else ("load.json", "progress.jsonl")
    assert not (folder / missing).exists()
    assert measured in err, "it names what is kept"
    lines = [json.loads(line) for line in (folder / "progress.jsonl").read_text().splitlines()[:-1]]
    assert lines[-1]["started"] >= 20
    if whose == "run":
        assert json.loads((folder / "load.json").read_text())["arrivals"]["started"] >= 20


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_clock_that_jumps_makes_the_run_invalid_and_changes_no_duration(
    tmp_path: Path, jump: float
) -> None:
    clock = tmp_path / "clock"
    (tmp_path / "sitecustomize.py").write_text(CLOCK)
    folder = tmp_path / "run"
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = begun(folder, more={"TEST_CLOCK": str(clock), "PYTHONPATH": path})
    clock.write_text(str(jump))
    out, err = process.communicate(timeout=200)
    assert process.returncode == 4, out + err
    assert "Traceback" not in err
    record = json.loads((folder / "run.json").read_text())
    way = "forward" if jump > 0 else "back"
    assert any(f"The system clock was set {way} by 3,600 s" in why for why in record["verdict"]["reasons"])
    assert 9.0 < record["duration"] < 60.0
    assert record["arrivals"]["started"] == record["arrivals"]["planned"]
