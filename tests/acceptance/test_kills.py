"""Kills and hangups of a run and of its parts: nothing stays alive, nothing older is reported. Workers and masters: test_live."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from busyhour import lifeline
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
    out, err = process.communicate(timeout=150)
    assert process.returncode == 4, out + err
    assert time.monotonic() - killed < 40, "it did not wait for the end of the schedule"
    assert "Traceback" not in err
    record = json.loads((folder / "run.json").read_text())
    assert record["verdict"]["outcome"] == "invalid"
    assert any("The emulator ended during the run" in reason for reason in record["verdict"]["reasons"])
    assert 5 <= record["arrivals"]["started"] < record["arrivals"]["planned"]


def begun(folder: Path, *more: str) -> subprocess.Popen[str]:
    """A run of a minute in which some calls have started."""
    command = [sys.executable, "-m", "busyhour", "run", "helpdesk", "--out", str(folder), *more]
    command += ["--set", "test.hold=60s", "--set", "test.drain=5s"]
    environment = {**os.environ, "BUSYHOUR_SLIP_P99_MS": "5000", "BUSYHOUR_CPU_SHARE": "9", "NO_COLOR": "1"}
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    progress = folder / "progress.jsonl"
    deadline = time.monotonic() + 120
    while not progress.exists() or json.loads(progress.read_text().splitlines()[-1])["started"] < 3:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return process


def gone(pids: list[int], seconds: float = 20.0) -> list[int]:
    """Those of the processes that are alive after so long; zombies are not."""
    deadline = time.monotonic() + seconds
    alive = pids
    while alive and time.monotonic() < deadline:
        time.sleep(0.1)
        alive = [pid for pid in alive if pid in set(lifeline.running())]
    return alive


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_run_leaves_no_process_alive(tmp_path: Path, workers: str) -> None:
    process = begun(tmp_path / "run", "--workers", workers)
    below = lifeline.descendants(process.pid)
    assert len(below) >= 2 + (int(workers) if workers != "1" else 0)
    process.kill()
    process.communicate()
    assert gone(below) == []


def test_a_run_whose_terminal_is_lost_reports_and_ends_with_130(tmp_path: Path) -> None:
    process = begun(tmp_path / "run")
    below = lifeline.descendants(process.pid)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=150)
    assert process.returncode == 130
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["verdict"]["outcome"] == "interrupted"
    assert record["arrivals"]["started"] >= 3
    assert gone(below) == []


def test_a_run_whose_generator_is_killed_reports_nothing_of_an_earlier_run(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("run.json", "load.json", "report.html", "compare.json"):
        (folder / name).write_text('{"of": "yesterday"}')
    process = begun(folder)
    listing = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
    )
    (generator,) = [int(line.split()[0]) for line in listing.stdout.splitlines() if " -f " in line]
    os.kill(generator, signal.SIGKILL)
    _, err = process.communicate(timeout=150)
    assert process.returncode == 4
    assert "ended without a result" in err
    assert not {"run.json", "load.json", "report.html", "compare.json"} & {
        one.name for one in folder.iterdir()
    }
    assert (folder / "progress.jsonl").exists(), "what was measured is kept"
