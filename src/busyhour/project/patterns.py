"""Files that a pattern finds, as users write patterns: relative or absolute, with `..` and `**`."""

from __future__ import annotations

import glob
from pathlib import Path


def is_pattern(text: str) -> bool:
    """Does `text` have wildcards, or is it one path?"""
    return glob.has_magic(text)


def matching(folder: Path, pattern: str) -> list[Path]:
    """Files that `pattern`, from `folder`, finds: absolute, sorted, each once."""
    rooted = str(Path(glob.escape(str(folder))) / pattern)
    names = glob.glob(rooted, recursive=True)  # noqa: PTH207  # Path.glob takes no absolute pattern and no leading ..
    return sorted({path.resolve() for name in names if (path := Path(name)).is_file()})
