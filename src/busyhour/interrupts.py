"""Signals of the command line: Ctrl-C and a lost terminal (SIGHUP) end every command alike, with exit code 130.

`busyhour.__main__` handles them until the command begins and after it has ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeVar

Handler = Callable[[int, FrameType | None], object]
_T = TypeVar("_T")
_INSISTING = 3
"""Signals after which deferring ends."""
_AGAIN = 0.01
"""Seconds until an interrupt that Python dropped is sent again: by then the finaliser has ended."""


class Signals:
    """Signals that came since `deferred` began. They interrupt nothing but what runs under `unless_interrupted`.

    A third signal raises KeyboardInterrupt wherever the program is: the user insists.
    """

    def __init__(self) -> None:
        self.count = 0
        self._waiting = False

    def __call__(self, number: int, _: FrameType | None) -> None:
        """Handle a signal."""
        _leave_terminal(number)
        self.count += 1
        if self._waiting or self.count >= _INSISTING:
            raise KeyboardInterrupt

    def unless_interrupted(self, read: Callable[[], _T], otherwise: _T) -> tuple[_T, bool]:
        """Return what `read` returns and True; `otherwise` and False if a signal comes meanwhile."""
        before = self.count
        try:
            self._waiting = True
            result = read()
            self._waiting = False
        except KeyboardInterrupt:
            self._waiting = False
            if before == self.count or self.count >= _INSISTING:
                raise
            return otherwise, False
        except BaseException:
            self._waiting = False
            raise
        return result, True


_active: list[Signals] = []


@contextlib.contextmanager
def deferred() -> Iterator[Signals]:
    """Count Ctrl-C, SIGHUP and SIGTERM instead of raising KeyboardInterrupt at once; nested, it is the outer one.

    SIGTERM keeps its effect where the command has not made it one of the three. Outside of the main thread none is counted.
    """
    if _active or threading.current_thread() is not threading.main_thread():
        yield _active[0] if _active else Signals()
        return
    signals = Signals()
    before = {
        number: handler
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
        if callable(handler := signal.getsignal(number))
    }
    _active.append(signals)
    try:
        for number in before:
            signal.signal(number, signals)
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _active.remove(signals)


def interrupt(number: int, _: FrameType | None) -> NoReturn:
    """Raise KeyboardInterrupt."""
    _leave_terminal(number)
    raise KeyboardInterrupt


def _leave_terminal(number: int) -> None:
    """After a hangup the terminal is gone: what is printed from then on goes nowhere."""
    if number == signal.SIGHUP:
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):
                if os.isatty(descriptor) or _gone(descriptor):
                    os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)


def install(handler: Handler, *numbers: int) -> None:
    """Install the handler for the signals, Ctrl-C and SIGHUP by default; a signal that is ignored (nohup) stays so."""
    for number in numbers or (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """While a command runs, the signals raise KeyboardInterrupt. Afterwards they are as before, and output is written."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)}
    install(interrupt)
    try:
        with _interrupted_again():
            yield
    finally:
        # CPython remembers a KeyboardInterrupt that passed through an exec() of text (dataclasses have some), and then ends
        # the process by SIGINT, with any exit code; the next exec() of text makes it forget.
        exec("")
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


@contextlib.contextmanager
def _interrupted_again() -> Iterator[None]:
    """Send SIGINT again, unprinted, when a KeyboardInterrupt fell into a place where Python drops exceptions.

    Such places are finalisers and callbacks of the garbage collector.
    """
    before = sys.unraisablehook
    timers: list[threading.Timer] = []

    def again() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            before(unraisable)
            return
        timer = threading.Timer(_AGAIN, again)
        timer.daemon = True
        timers.append(timer)
        timer.start()

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
        for timer in timers:
            timer.cancel()


def _gone(descriptor: int) -> bool:
    """Whether the descriptor is a device that is not a terminal any more: its terminal was hung up."""
    found = os.fstat(descriptor)
    return stat.S_ISCHR(found.st_mode) and found.st_rdev != Path(os.devnull).stat().st_rdev
