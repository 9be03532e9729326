"""Child processes of a run: started in their own group, logged to a file, ended for certain."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from busyhour.errors import BusyhourError, ExitCode

GRACE_SECONDS = 10.0
"""How long a child may take to end by itself once it was asked to."""


@dataclass(slots=True)
class Child:
    """A running child process and the file that its output goes to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the child itself; it ends its own children."""
        if self.running:
            self.process.terminate()

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds` for it to end; return whether it has."""
        try:
            self.process.wait(timeout=max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return False
        return True

    def wait_for_children(self, seconds: float) -> bool:
        """Wait at most `seconds` for all processes of its group to end, itself and its children; return whether they have."""
        deadline = time.monotonic() + seconds
        while self.running or self._group_lives():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def _group_lives(self) -> bool:
        try:
            os.killpg(self.process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def kill(self) -> None:
        """End the whole process group at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_lines(self, count: int = 5) -> str:
        """The end of its log: what a person wants to see when it failed."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-count:])

    def error(self, otherwise: str, hint: str, exit_code: ExitCode) -> BusyhourError:
        """What it ended of, in its own words where it said `error: ...` and ended with one of our exit codes.

        Args:
            otherwise: the message where it said nothing of that kind; the end of its log is added.
            hint: the way out then.
            exit_code: and the exit code.
        """
        _, marked, rest = self.last_lines(60).rpartition("error: ")
        if marked and self.process.returncode in set(ExitCode) - {ExitCode.OK, ExitCode.DOES_NOT_HOLD}:
            message, _, own_hint = rest.partition("hint: ")
            return BusyhourError(message.strip(), own_hint.strip() or None, ExitCode(self.process.returncode))
        return BusyhourError(f"{otherwise} The end of {self.log}:\n{self.last_lines(12)}", hint, exit_code)


@contextlib.contextmanager
def child(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    grace: float = GRACE_SECONDS,
) -> Iterator[Child]:
    """Start `command` with `environment` added to ours; on leaving, it and its children are gone.

    Output goes to `log`. The child is asked to stop first and killed after `grace` seconds.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,
        )
    started = Child(name, process, log)
    try:
        yield started
    finally:
        started.ask_to_stop()
        started.wait(grace)
        started.kill()
