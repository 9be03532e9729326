"""Read input files: the limits of every reader (size, depth, number of values, time), and the readers that apply them.

A limit that is exceeded is an error of the kinds that reading has anyway: `OSError`, `json.JSONDecodeError`,
`tomllib.TOMLDecodeError`, `UnicodeDecodeError`.
"""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import stat
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

MIB = 1024 * 1024

SETTINGS_BYTES = 4 * MIB
"""Largest TOML file: a scenario, a project file, an approval record."""
DOCUMENT_BYTES = 16 * MIB
"""Largest file that flows are read from (JSON, YAML, Terraform), and largest JSON of a contract or a baseline."""
DATA_BYTES = 1024 * MIB
"""Largest file of data: runs, exports of contacts, recorded keys, logs, items of tables."""
MAX_DEPTH = 100
"""Deepest nesting that is read. Real exports reach about 15; deeper nesting is a mistake or an attack."""
MAX_VALUES = 1_000_000
"""Most values in a document with flows: a YAML file whose anchors expand to more is an attack, or unsupported."""
MAX_KEY_PARTS = MAX_DEPTH
"""Most parts of a dotted key in TOML."""
SILENT_SECONDS = 30.0
"""How long a pipe may stay silent."""
PIPE_SECONDS = 300.0
"""How long a pipe may take altogether."""
PARSE_SECONDS = 60.0
"""How long one file may be parsed."""

_BIG_NUMBER = re.compile(r"[0-9][eE]\+?[0-9]{3}|[0-9]{300}")
_TOML_TEXT = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL
)
_DOTTED = re.compile(r"[\w-]+(?:[ \t]*\.[ \t]*[\w-]+)*")
"""A key, dotted or not: one that matches at every word makes the search linear."""


# ------------------------------------------------------------------------------------------------------ bytes, text


def read_bytes(path: Path, most: int = DOCUMENT_BYTES) -> bytes:
    """Return the content of a file or a pipe of at most `most` bytes.

    Raises:
        OSError: it cannot be read, is a folder or a device, is larger, or is a pipe that stays silent.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if stat.S_ISREG(status.st_mode):
            if status.st_size > most:
                raise _too_large(path, most)
            return _all(descriptor, path, most)
        if stat.S_ISFIFO(status.st_mode):
            return _of_pipe(descriptor, path, most)
        raise OSError(errno.EINVAL, "is a device, not a file", str(path))
    finally:
        os.close(descriptor)


def read_text(path: Path, most: int = DOCUMENT_BYTES, *, encoding: str = "utf-8") -> str:
    """Return the text of a file, with LF at the ends of lines; raises as `read_bytes`, and UnicodeDecodeError."""
    text = read_bytes(path, most).decode(encoding)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def read_standard_input(most: int = DOCUMENT_BYTES) -> str:
    """Return the text of standard input.

    Raises:
        OSError: it is closed, or is larger than `most` bytes.
        UnicodeDecodeError: it is not UTF-8.
    """
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed", "<stdin>")
    raw = getattr(sys.stdin, "buffer", None)
    content: bytes = sys.stdin.read(most + 1).encode() if raw is None else raw.read(most + 1)
    if len(content) > most:
        raise _too_large("<stdin>", most)
    return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _too_large(path: Path | str, most: int) -> OSError:
    size = f"{most // MIB:,} MiB" if most >= MIB else f"{most:,} bytes"
    return OSError(errno.EFBIG, f"is larger than {size}, the most that is read", str(path))


def _all(descriptor: int, path: Path, most: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := os.read(descriptor, MIB):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise _too_large(path, most)
    return b"".join(pieces)


def _of_pipe(descriptor: int, path: Path, most: int) -> bytes:
    """Read a pipe until its writers have closed it."""
    pieces: list[bytes] = []
    size = 0
    begun = last = time.monotonic()
    while True:
        try:
            piece = os.read(descriptor, MIB)
            if not piece and (pieces or time.monotonic() > begun + 1.0):
                return b"".join(pieces)
        except BlockingIOError:  # a writer has it open and has written nothing yet
            piece = b""
        now = time.monotonic()
        if piece:
            pieces.append(piece)
            size += len(piece)
            last = now
            if size > most:
                raise _too_large(path, most)
        elif now > last + SILENT_SECONDS:
            raise TimeoutError(errno.ETIMEDOUT, f"nothing came for {SILENT_SECONDS:g} s", str(path))
        else:
            time.sleep(0.01)
        if now > begun + PIPE_SECONDS:
            raise TimeoutError(errno.ETIMEDOUT, f"did not end within {PIPE_SECONDS:g} s", str(path))


# ------------------------------------------------------------------------------------------------------ JSON, TOML


def parse_json(text: str | bytes) -> Any:
    """Return the values of a JSON text.

    Raises:
        json.JSONDecodeError: it is not JSON, is nested more than `MAX_DEPTH` levels deep, or has a number that
            is not finite or too long.
        UnicodeDecodeError: the bytes are not UTF-8.
    """
    written = text.decode() if isinstance(text, bytes) else text

    def constant(name: str) -> NoReturn:
        raise json.JSONDecodeError(f"{name} is not a JSON number", written, _at(written, name))

    def number(literal: str) -> float:
        value = float(literal)
        if value in (float("inf"), float("-inf")):
            raise json.JSONDecodeError(f"{literal:.20} is too large", written, _at(written, literal))
        return value

    floats = number if _BIG_NUMBER.search(written) else None
    try:
        data = json.loads(written, parse_constant=constant, parse_float=floats)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        data, deep = None, True
    except ValueError:
        raise json.JSONDecodeError("an integer has more than 4,300 digits", written, 0) from None
    else:
        deep = written.count("[") + written.count("{") > MAX_DEPTH and depth(data) > MAX_DEPTH
    if deep:
        raise json.JSONDecodeError(f"nested more than {MAX_DEPTH} levels deep", written, 0)
    return data


def _at(text: str, token: str) -> int:
    return max(0, text.find(token))


def depth(data: Any, most: int = MAX_DEPTH) -> int:
    """Return the levels of nesting of JSON or TOML values, counted to at most one above `most`."""
    level: list[Any] = [data]
    found = 0
    while level and found <= most:
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(v for v in value.values() if isinstance(v, dict | list))
            elif isinstance(value, list):
                below.extend(v for v in value if isinstance(v, dict | list))
        level = below
        found += 1
    return found


def count(data: Any, most: int = MAX_VALUES) -> int:
    """Return the number of values in JSON values, containers included; a number above `most` may be too small."""
    waiting: list[Any] = [data]
    found = 1
    while waiting and found <= most:
        value = waiting.pop()
        inner = value.values() if isinstance(value, dict) else value
        found += len(inner)
        waiting.extend(one for one in inner if isinstance(one, dict | list))
    return found


def parse_toml(text: str) -> dict[str, Any]:
    """Return the values of a TOML text.

    Raises:
        tomllib.TOMLDecodeError: it is not TOML, is nested more than `MAX_DEPTH` levels deep, has an integer of more
            than 4,300 digits, or takes too long.
    """
    try:
        with time_limit("TOML"):
            return _toml(text)
    except TimeoutError as error:
        raise tomllib.TOMLDecodeError(str(error.strerror)) from None


def _toml(text: str) -> dict[str, Any]:
    if any(
        found.group().count(".") >= MAX_KEY_PARTS for found in _DOTTED.finditer(_TOML_TEXT.sub("q", text))
    ):
        raise tomllib.TOMLDecodeError(f"A key has more than {MAX_KEY_PARTS} parts")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise tomllib.TOMLDecodeError(f"Nested more than {MAX_DEPTH} levels deep") from None
    except ValueError as error:  # an integer of more than 4,300 digits, a date that does not exist
        raise tomllib.TOMLDecodeError(str(error).partition(";")[0] or "A value cannot be read") from None
    if depth(data) > MAX_DEPTH:
        raise tomllib.TOMLDecodeError(f"Nested more than {MAX_DEPTH} levels deep")
    return data


# ------------------------------------------------------------------------------------------------------ time


@contextmanager
def time_limit(path: Path | str, seconds: float | None = None) -> Iterator[None]:
    """Limit the time that parsing one file takes, within the block; a block inside another one changes nothing.

    It takes the process's timer, so it has no effect where that is in use, or outside the main thread.

    Raises:
        TimeoutError: the time is over.
    """
    limit = PARSE_SECONDS if seconds is None else seconds
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL
        or signal.getitimer(signal.ITIMER_REAL)[0]
    ):
        yield
        return

    def over(_number: int, _frame: FrameType | None) -> NoReturn:
        raise TimeoutError(errno.ETIMEDOUT, f"cannot be read within {limit:g} s", str(path))

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(
        signal.ITIMER_REAL, limit, 1.0
    )  # again each second, should a handler swallow the first one
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
