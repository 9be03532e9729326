"""Ties a child process to its parent: it ends when the parent does, however the parent ends.

The parent holds one end of a pipe, the child watches the other: the kernel closes the pipe when the parent dies, on Linux
and on macOS. On Linux the kernel also sends SIGCONT (PR_SET_PDEATHSIG), so that a child that is stopped goes on and ends.
Processes that a child has started itself, in a session of their own too, are ended with it.

Standard library only: execution environments of functions import it.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

VARIABLE = "BUSYHOUR_LIFELINE"
"""Environment variable of the child: descriptor of its end of the pipe."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_SWEEPS = 20
"""Rounds of looking for processes to end: each ends those that were started during the one before."""


class Lifeline:
    """The parent's end. Give `environment` and `descriptors` to the child, then call `started`; `close` when it has ended."""

    def __init__(self) -> None:
        self._theirs, self._ours = os.pipe()

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables for the child."""
        return {VARIABLE: f"{self._theirs}"}

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Descriptors that the child inherits."""
        return (self._theirs,)

    def started(self) -> None:
        """Close the child's end here. Call it after the start of the child, also after a failed one."""
        if self._theirs >= 0:
            os.close(self._theirs)
            self._theirs = -1

    def close(self) -> None:
        """Close this end. A child that is still running ends."""
        self.started()
        if self._ours >= 0:
            os.close(self._ours)
            self._ours = -1


def follow(ended: Callable[[], None]) -> None:
    """Call `ended` in a thread of its own once the parent that holds our lifeline has died; nothing without a lifeline."""
    named = os.environ.pop(VARIABLE, "")
    if not named:
        return
    descriptor = int(named)
    os.set_inheritable(descriptor, False)
    watch(descriptor, ended)


def watch(descriptor: int, ended: Callable[[], None]) -> None:
    """Call `ended` in a thread of its own once the other end of the pipe is closed."""

    def wait() -> None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGCONT)
        with contextlib.suppress(OSError):
            while os.read(descriptor, 4096):
                pass
        ended()

    with contextlib.suppress(ImportError):
        import ctypes  # noqa: F401 - an import in the thread could find files of a handler that is imported meanwhile
    _native_thread(wait)


def _native_thread(run: Callable[[], None]) -> None:
    """Start a thread of the operating system, under gevent too, whose own would block with the loop."""
    start: Callable[..., object] = _thread.start_new_thread
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None:
        start = monkey.get_original("_thread", "start_new_thread")
    start(run, ())


def end_self(status: int = 1, *, grace: float = 0.0) -> None:
    """End this process and everything below it at once; with `grace`, after SIGTERM and that many seconds."""
    if grace:
        os.kill(os.getpid(), signal.SIGTERM)
        sleep = (
            sys.modules["gevent.monkey"].get_original("time", "sleep")
            if "gevent.monkey" in sys.modules
            else time.sleep
        )
        sleep(grace)
    end_descendants()
    os._exit(status)


def limit_processor_time(seconds: float) -> None:
    """Let the kernel end this process once it has used the processor for so long; 0: no limit any more.

    For handlers: one that never returns to Python (a regular expression) would not notice that its parent has died.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds * (os.cpu_count() or 1))


def adopt_orphans() -> None:
    """Become the parent of processes below this one whose own parent ends (Linux), so that `end_descendants` finds them."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def running() -> list[int]:
    """Return the ids of all processes that have not ended."""
    return [pid for pid, _ in _parents()]


def descendants(of: int | None = None) -> list[int]:
    """Return the ids of all processes below process `of`, this one by default, children before grandchildren."""
    below: dict[int, list[int]] = {}
    for pid, parent in _parents():
        below.setdefault(parent, []).append(pid)
    found: list[int] = []
    waiting = [os.getpid() if of is None else of]
    while waiting:
        children = below.get(waiting.pop(0), [])
        found += children
        waiting += children
    return found


def end_descendants(of: int | None = None, spare: Collection[int] = ()) -> None:
    """Kill every process below process `of` (this one by default), except `spare`. Processes in other sessions too."""
    for _ in range(_SWEEPS):
        left = [pid for pid in descendants(of) if pid not in spare]
        if not left:
            return
        kill(left)
        if of is None or of == os.getpid():
            _reap(left)
        time.sleep(0.01)


def kill(pids: Iterable[int]) -> None:
    """Send SIGKILL to each process that still exists."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _reap(pids: Iterable[int]) -> None:
    """Take the exit status of those that are our own children and have ended; subprocess knows of ended ones then."""
    for pid in pids:
        with contextlib.suppress(ChildProcessError, OSError):
            os.waitpid(pid, os.WNOHANG)


def _parents() -> Iterable[tuple[int, int]]:
    """(process, parent) of every process that has not ended; zombies are left out."""
    if Path("/proc/self/stat").exists():
        for entry in os.listdir("/proc"):  # noqa: PTH208  # a Path for each process would cost more than the reading
            if entry.isdecimal():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    with open(f"/proc/{entry}/stat", encoding="latin-1") as file:  # noqa: PTH123  # as above
                        state, parent = file.read().rpartition(")")[2].split()[:2]
                    if state != "Z":
                        yield int(entry), int(parent)
        return
    import subprocess  # costs an execution environment more than all else here

    listing = subprocess.run(
        ["ps", "-axo", "pid=,ppid=,stat="], capture_output=True, text=True, check=False, timeout=10
    )
    for line in listing.stdout.splitlines():
        pid, parent, state = line.split()
        if not state.startswith("Z"):
            yield int(pid), int(parent)


def _prctl(option: int, value: int) -> None:
    """Call prctl where there is one. Without it the pipe does the work."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
