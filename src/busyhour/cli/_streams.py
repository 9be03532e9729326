"""Standard output and error of a command: a closed pipe changes no exit code, a full disk is an error."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any

from busyhour.errors import BusyhourError, ExitCode


class _Stream(io.FileIO):
    """A file descriptor whose writes go on without effect when its reader has closed it."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.failure: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write; what cannot be written any more is dropped and the reason is kept."""
        try:
            return super().write(data)
        except BlockingIOError:
            raise
        except OSError as error:
            if error.errno != errno.EPIPE:
                self.failure = self.failure or error
            with suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self.fileno())
                os.close(nowhere)
            return memoryview(data).nbytes


def install() -> None:
    """Replace `sys.stdout` and `sys.stderr`, where they are the process's own, by streams that survive their reader."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        buffer = getattr(stream, "buffer", None)
        raw = getattr(buffer, "raw", buffer)  # with PYTHONUNBUFFERED there is no buffer between
        if type(stream) is not io.TextIOWrapper or type(raw) is not io.FileIO:
            continue  # captured by a test, closed, or replaced before
        stream.flush()
        made = io.TextIOWrapper(
            io.BufferedWriter(_Stream(raw.fileno())),
            encoding=stream.encoding,
            errors="backslashreplace",
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        setattr(sys, name, made)


def finish() -> None:
    """Write what is left of standard output.

    Raises:
        BusyhourError: part of the output could not be written, for another reason than a closed pipe.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    failure = raw.failure if isinstance(raw, _Stream) else None
    if failure is not None:
        raise BusyhourError(
            f"standard output cannot be written: {failure.strerror}; the output is incomplete.",
            "Free some space, or write it elsewhere.",
            ExitCode.UNREACHABLE,
        )
