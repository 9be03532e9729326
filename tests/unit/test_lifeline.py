"""Children end with their parent, however it ends: also when they are stopped, never return to Python, or left the session."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from busyhour import lifeline

CHILD = """
import os, subprocess, sys, time
from busyhour import lifeline
lifeline.follow(lifeline.end_self)
below = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"], start_new_session=True)
print(os.getpid(), below.pid, flush=True)
{then}
"""
PARENT = """
import sys, time
from pathlib import Path
from busyhour.harness.processes import child
with child("child", [sys.executable, "-c", {code!r}], log=Path({log!r}), environment={{}}):
    time.sleep(120)
"""


def gone(pid: int) -> bool:
    """Whether the process has ended; a zombie has."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


def wait_for(what: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def started(tmp_path: Path, then: str) -> tuple[subprocess.Popen[bytes], list[int]]:
    """A parent, and the ids of its child and grandchild."""
    log = tmp_path / "log"
    code = PARENT.format(code=CHILD.format(then=then), log=str(log))
    parent = subprocess.Popen([sys.executable, "-c", code])
    wait_for(lambda: log.exists() and log.read_text().count("\n") == 1, 60)
    return parent, [int(word) for word in log.read_text().split()]


def test_a_child_ends_with_its_parent_and_its_own_children_in_other_sessions(tmp_path: Path) -> None:
    parent, pids = started(tmp_path, "time.sleep(120)")
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    try:
        wait_for(lambda: all(map(gone, pids)))
    finally:
        lifeline.kill(pids)


def test_a_handler_that_never_returns_to_python_is_ended_by_the_kernel() -> None:
    code = "from busyhour import lifeline; import os, re; lifeline.limit_processor_time(0.5 / os.cpu_count()); re.match('(a*)*b', 'a' * 60)"
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert done.returncode == -signal.SIGPROF


@pytest.mark.skipif(sys.platform != "linux", reason="a stopped process needs the kernel's signal")
def test_a_stopped_child_ends_with_its_parent_too(tmp_path: Path) -> None:
    parent, pids = started(tmp_path, "time.sleep(120)")
    os.kill(pids[0], signal.SIGSTOP)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    try:
        wait_for(lambda: all(map(gone, pids)))
    finally:
        lifeline.kill(pids)


def test_the_end_of_a_child_is_that_of_its_children_in_other_sessions(tmp_path: Path) -> None:
    parent, pids = started(tmp_path, "time.sleep(120)")
    parent.send_signal(signal.SIGINT)  # leaves the child's context
    parent.wait()
    try:
        wait_for(lambda: all(map(gone, pids)))
    finally:
        lifeline.kill(pids)


def test_orphans_below_are_found_and_ended(tmp_path: Path) -> None:
    daemon = "import os,time; os.setsid(); os.fork() and os._exit(0); print(os.getpid(), flush=True); time.sleep(120)"
    code = (
        "import subprocess, sys, time\nfrom busyhour import lifeline\nlifeline.adopt_orphans()\n"
        f"made = subprocess.run([sys.executable, '-c', {'import subprocess,sys; subprocess.Popen([sys.executable, chr(45)+chr(99), sys.argv[1]])'!r}, {daemon!r}])\n"
        "time.sleep(1.0)\nassert lifeline.descendants()\nlifeline.end_descendants()\nassert not lifeline.descendants()\nprint('none left')\n"
    )
    if sys.platform == "linux":
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
        )
        assert "none left" in done.stdout, done.stderr


def test_the_variable_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    line = lifeline.Lifeline()
    code = (
        "import os, threading\nfrom busyhour import lifeline\n"
        "lifeline.follow(lifeline.end_self)\nprint(lifeline.VARIABLE in os.environ)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **line.environment},
        pass_fds=line.descriptors,
        capture_output=True,
        text=True,
        check=True,
    )
    line.close()
    assert done.stdout.split() == ["False"]


def test_following_imports_everything_before_its_thread_starts() -> None:
    """An import in the thread could find a file of a handler that is imported meanwhile, such as struct.py."""
    code = (
        "import os, sys, threading; from busyhour import lifeline\n"
        "before = set(sys.modules)\n"
        "lifeline.watch(os.pipe()[0], lambda: None)\n"
        "known = set(sys.modules)\n"
        "import time; time.sleep(0.3)\n"
        "print(sorted(set(sys.modules) - known))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
