"""Find files by patterns: relative or absolute, with `..` and `**`."""

from __future__ import annotations

import glob
from pathlib import Path


def is_pattern(text: str) -> bool:
    """Whether `text` has wildcards."""
    return glob.has_magic(text)


def matching(folder: Path, pattern: str) -> list[Path]:
    """Return the files that `pattern` matches from `folder`: absolute, sorted, each once."""
    rooted = str(Path(glob.escape(str(folder))) / pattern)
    names = glob.glob(rooted, recursive=True)  # noqa: PTH207  # Path.glob takes no absolute pattern and no leading ..
    return sorted({path.resolve() for name in names if (path := Path(name)).is_file()})
