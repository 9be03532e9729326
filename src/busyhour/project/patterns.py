"""Find files by patterns: relative or absolute, with `..` and `**`."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from busyhour.errors import BusyhourError

MOST_ENTRIES = 200_000
"""Most files and folders that are visited for one `**`."""


def is_pattern(text: str) -> bool:
    """Whether `text` has wildcards."""
    return glob.has_magic(text)


def matching(folder: Path, pattern: str) -> list[Path]:
    """Return the files that `pattern` matches from `folder`: absolute, sorted, each once.

    `**` is any folder below, links to folders included; a folder that links lead back to is visited once.

    Raises:
        BusyhourError: there are too many files and folders below.
    """
    found: Iterable[Path] = [folder]
    parts: list[str] = []
    for part in Path(pattern).parts:
        if part == "**":
            found = _below(_globbed(found, parts), pattern)
            parts = []
        else:
            parts.append(part)
    return sorted({path.resolve() for path in _globbed(found, parts or ["*"]) if path.is_file()})


def _globbed(folders: Iterable[Path], parts: list[str]) -> list[Path]:
    """Return what the parts of a pattern without `**` match from each folder."""
    if not parts:
        return list(folders)
    rooted = (str(Path(glob.escape(str(folder)), *parts)) for folder in folders)
    return [Path(name) for one in rooted for name in glob.glob(one)]  # noqa: PTH207  # Path.glob takes no leading ..


def _below(folders: Iterable[Path], pattern: str) -> list[Path]:
    """Return the folders and all those below that are not hidden, each once."""
    waiting = [str(folder) for folder in folders]
    seen: set[tuple[int, int]] = set()
    found: list[Path] = []
    looked = 0
    while waiting:
        name = waiting.pop()
        try:
            status = os.stat(name)  # noqa: PTH116  # many: a Path each is slow
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(name) as entries:
                found.append(Path(name))
                for entry in entries:
                    looked += 1
                    if not entry.name.startswith(".") and _is_folder(entry):
                        waiting.append(entry.path)
        except OSError:  # no folder, or not readable: nothing below it matches
            continue
        if looked > MOST_ENTRIES:
            raise BusyhourError(
                f"{pattern}: more than {MOST_ENTRIES:,} files and folders are below it, which is the limit.",
                "Name the folders more closely.",
            )
    return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False
