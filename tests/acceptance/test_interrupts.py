"""Ctrl-C and a lost terminal at any moment of any command: exit code 130, no `Aborted!`, no traceback, nothing left behind."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from busyhour.shipped import shipped_root

ROOT = shipped_root()
COMMANDS = {
    "check": ["check", "examples/helpdesk/flows"],
    "explore": ["explore", "examples/helpdesk/flows", "--examples", "200000"],
    "forecast": ["forecast", "helpdesk", "--calls", "1000000"],
    "run": ["run", "helpdesk", "--out", "{folder}"],
}


def begun(process: subprocess.Popen[str]) -> None:
    """Wait until busyhour handles signals: before that it is Python that starts, which no program can change."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:") and int(line.split()[1], 16) & 1 << (signal.SIGHUP - 1):
                return
        time.sleep(0.005)


def interrupted(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Press Ctrl-C; output and errors."""
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=60)
    finally:
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("seconds", [0.0, 0.2, 1.0, 3.0])
@pytest.mark.parametrize("name", COMMANDS)
def test_ctrl_c_ends_with_130(tmp_path: Path, name: str, seconds: float) -> None:
    words = [word.format(folder=tmp_path / "run") for word in COMMANDS[name]]
    process = subprocess.Popen(
        [sys.executable, "-m", "busyhour", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    begun(process)
    time.sleep(seconds)
    out, err = interrupted(process)
    assert "Aborted!" not in err
    assert "Traceback" not in err, err
    assert process.returncode == 130 or (name == "check" and process.returncode in (0, 1)), out + err


def test_explore_prints_what_it_has_explored_when_it_is_interrupted() -> None:
    command = [
        sys.executable,
        "-m",
        "busyhour",
        "explore",
        "examples/helpdesk/flows",
        "--examples",
        "3000000",
    ]
    for seconds in (3.0, 9.0, 27.0):  # a busy machine may still import
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        begun(process)
        time.sleep(seconds)
        _, err = interrupted(process)
        assert process.returncode == 130
        if err.strip():
            break
    assert "were not explored to the end" in err


def test_a_command_whose_terminal_is_lost_ends_with_130() -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "busyhour", "explore", "examples/helpdesk/flows", "--examples", "3000000"],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    time.sleep(3.0)
    os.close(ours)  # nothing reads any more
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 130


def test_a_command_that_ignores_hangups_goes_on(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            "nohup",
            sys.executable,
            "-m",
            "busyhour",
            "explore",
            "examples/helpdesk/flows",
            "--examples",
            "3000000",
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(2.0)
    process.send_signal(signal.SIGHUP)
    time.sleep(1.0)
    running = process.poll() is None
    process.kill()
    process.wait()
    assert running


def test_an_interrupt_inside_of_executed_text_has_the_exit_code_too() -> None:
    code = (
        "import sys\nfrom busyhour import interrupts\ntry:\n    with interrupts.interruptible():\n"
        "        exec('raise KeyboardInterrupt')\nexcept KeyboardInterrupt:\n    sys.exit(130)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 130


@pytest.mark.parametrize("place", ["finaliser", "callback of the garbage collector"])
def test_an_interrupt_that_python_drops_is_sent_again_and_not_printed(place: str) -> None:
    code = {
        "finaliser": "class Held:\n    def __del__(self): signal.raise_signal(signal.SIGINT)\n",
        "callback of the garbage collector": (
            "def callback(*_):\n    gc.callbacks.clear()\n    signal.raise_signal(signal.SIGINT)\n"
            "gc.callbacks.append(callback)\nHeld = gc.collect\n"
        ),
    }[place]
    code = (
        f"import gc, signal, sys, time\nfrom busyhour import interrupts\n{code}\n"
        "try:\n    with interrupts.interruptible():\n        Held()\n        time.sleep(60)\n"
        "except KeyboardInterrupt:\n    sys.exit(130)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
