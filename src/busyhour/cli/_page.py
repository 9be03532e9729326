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
    from busyhour.report.renderers.plain_console import PlainConsole

    if file is not None:
        return PlainConsole(file=file, width=PIPE_WIDTH)
    out = PlainConsole()
    if out.is_terminal or "COLUMNS" in os.environ:
        return out
    return PlainConsole(width=PIPE_WIDTH)
