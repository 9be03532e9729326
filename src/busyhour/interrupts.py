"""Signals of the command line: Ctrl-C and a lost terminal (SIGHUP) end every command alike, with exit code 130.

`busyhour.__main__` handles them until the command begins and after it has ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

Handler = Callable[[int, FrameType | None], object]


def interrupt(number: int, _: FrameType | None) -> NoReturn:
    """Raise KeyboardInterrupt. After a hangup the terminal is gone: what is printed from then on goes nowhere."""
    if number == signal.SIGHUP:
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):
                if os.isatty(descriptor) or _gone(descriptor):
                    os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    raise KeyboardInterrupt


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
        yield
    finally:
        # CPython remembers a KeyboardInterrupt that passed through an exec() of text (dataclasses have some), and then ends
        # the process by SIGINT, with any exit code; the next exec() of text makes it forget.
        exec("")
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _gone(descriptor: int) -> bool:
    """Whether the descriptor is a device that is not a terminal any more: its terminal was hung up."""
    found = os.fstat(descriptor)
    return stat.S_ISCHR(found.st_mode) and found.st_rdev != Path(os.devnull).stat().st_rdev
