"""Standard output for tables: as wide as the terminal, and wide enough where there is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 150
"""Columns where output goes to a file or a pipe, and no terminal has a width."""


def page(file: TextIO | None = None) -> Console:
    """A console on `file`, or on standard output; colours only on a terminal."""
    from rich.console import Console

    if file is not None:
        return Console(file=file, highlight=False, width=PIPE_WIDTH)
    out = Console(highlight=False)
    if out.is_terminal or "COLUMNS" in os.environ:
        return out
    return Console(highlight=False, width=PIPE_WIDTH)
