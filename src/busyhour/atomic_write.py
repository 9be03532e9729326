"""Files are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from busyhour.errors import BusyhourError


def write_atomically(path: Path, text: str, *, newline: str = "") -> None:
    """Put `text` into the file at `path` (through a link: into what it leads to), keeping its permissions.

    Whoever reads meanwhile sees the old text or the new one, never half of it.

    Raises:
        BusyhourError: the file cannot be written; the old one is then as it was.
    """
    target = path.resolve()
    name = ""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline=newline, dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as file:
            name = file.name
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            Path(name).chmod(target.stat().st_mode & 0o7777)
        else:
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
        Path(name).replace(target)
    except OSError as error:
        if name:
            with suppress(OSError):
                Path(name).unlink()
        raise BusyhourError(
            f"{path}: cannot be written: {error.strerror or error}", "Check the folder and its permissions."
        ) from error
