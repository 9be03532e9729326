"""The terminal report as plain text: no colours, a fixed width."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from busyhour.report.renderers import terminal
from busyhour.report.renderers.plain_console import PlainConsole
from busyhour.results.record import RunRecord

WIDTH = 120


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """The report in UTF-8."""
    page = io.StringIO()
    console = PlainConsole(file=page, width=WIDTH, no_color=True, force_terminal=False)
    terminal.show(record, console, "text")
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()).encode() + b"\n"
