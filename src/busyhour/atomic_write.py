"""Atomic file writes: a reader sees the old content or the new one, never half of it."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from busyhour.errors import BusyhourError


def replace_file(path: Path, content: bytes, *, make_folder: bool = False) -> None:
    """Replace the content of the file at `path` (of a link's target), keeping its permissions.

    Args:
        path: of the file; a link stays a link.
        content: all of it.
        make_folder: make the folder of the file where it is missing; else that is an error.

    What exists and is not a regular file (a device, a pipe) is written to and stays what it is.

    Raises:
        OSError: the file cannot be written; the old one is then as it was.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    if make_folder:
        target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
        Path(name).replace(target)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise


def write_atomically(path: Path, content: str | bytes, *, make_folder: bool = False) -> None:
    """Write `content` (text in UTF-8) as `replace_file` does.

    Raises:
        BusyhourError: the file cannot be written; the old one is then as it was.
    """
    try:
        data = content.encode() if isinstance(content, str) else content
        replace_file(path, data, make_folder=make_folder)
    except OSError as error:
        raise BusyhourError(
            f"{path}: cannot be written: {error.strerror or error}.", "Check the folder and its permissions."
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
