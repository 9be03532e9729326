"""Compiled contracts beside the schemas, in `__pycache__`, as Python keeps its own compiled modules.

Compiling the contracts of all types takes longer than checking a hundred flows. A file is used only if it was made
from the files as they are now, by this Python and this compiler. Where the folder cannot be written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import marshal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType


def compiled(name: str, folder: Path, sources: Sequence[Path], make: Callable[[], str]) -> CodeType:
    """The code object of the Python source that `make` gives.

    Args:
        name: of the contract; one file is kept for each.
        folder: holds the `__pycache__`.
        sources: the files that the source is made from, the compiler among them.
        make: writes the source.
    """
    state = _state(sources)
    path = folder / "__pycache__" / f"{name}.{sys.implementation.cache_tag}.contract"
    with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
        kept_state, code = marshal.loads(path.read_bytes())
        if kept_state == state and isinstance(code, CodeType):
            return code
    code = compile(make(), f"<contract {name}>", "exec")
    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        # Written aside and moved into place: another process may be reading or writing it.
        aside = path.with_suffix(f".{id(code)}")
        aside.write_bytes(marshal.dumps((state, code)))
        aside.replace(path)
    return code


def _state(sources: Sequence[Path]) -> tuple[tuple[int, int], ...]:
    """Sizes and times of the sources, by which a change shows."""
    found = []
    for path in sources:
        status = path.stat()
        found.append((status.st_size, status.st_mtime_ns))
    return (*found, (sys.hexversion, 0))
