"""Child processes of a run: started in their own group, logged to a file, ended with everything below them.

A child also ends when this process dies, see `busyhour.lifeline`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from busyhour import lifeline
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
        """Send SIGTERM to the child itself, which ends its own children; one that is stopped (SIGSTOP) goes on to do so."""
        if self.running:
            self.process.terminate()
            self.process.send_signal(signal.SIGCONT)

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
        """End the whole process group at once, and all processes below it: a handler may have left the group (setsid)."""
        below = self.below()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        lifeline.kill(below)

    def below(self) -> list[int]:
        """Ids of the processes below it, as long as it is running."""
        return lifeline.descendants(self.process.pid) if self.running else []

    def last_lines(self, count: int = 5) -> str:
        """The end of its log: what a person wants to see when it failed."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-count:])

    def error(self, otherwise: str, hint: str, exit_code: ExitCode) -> BusyhourError:
        """Error for a process that failed: its own message if it printed `error: ...` and ended with one of our exit codes.

        Args:
            otherwise: the message if it printed none; the end of its log is added.
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
    inherits: Sequence[int] = (),
) -> Iterator[Child]:
    """Start `command` with `environment` added to ours; on leaving, it and its children are gone.

    Output goes to `log`. The child is asked to stop first and killed after `grace` seconds.

    Args:
        name: for messages.
        command: program and arguments; it follows its lifeline.
        log: file that output is appended to.
        environment: added to ours.
        grace: seconds between the request to stop and the kill.
        inherits: descriptors that the child keeps open.

    Raises:
        BusyhourError: the log cannot be written, or the operating system starts no process.
    """
    line = lifeline.Lifeline()
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment, **line.environment},
                start_new_session=True,
                pass_fds=(*line.descriptors, *inherits),
            )
    except OSError as error:
        line.close()
        raise BusyhourError(
            f"The {name} cannot be started: {error.strerror or error}.",
            "Free some space, memory or processes, and try again.",
            ExitCode.UNREACHABLE,
        ) from None
    line.started()
    started = Child(name, process, log)
    try:
        yield started
    finally:
        with _uninterrupted():
            below = started.below()
            started.ask_to_stop()
            started.wait(grace)
            started.kill()
            lifeline.kill(below)
            line.close()


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let no further Ctrl-C end the clean-up half-way: it is bounded by the child's grace, and a child is left otherwise."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    came: list[int] = []
    for number in numbers:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, lambda given, _: came.append(given))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        if came:
            raise KeyboardInterrupt
