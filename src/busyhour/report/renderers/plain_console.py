"""The console of rich that all output uses: text is data, never markup, and nothing in it reaches the terminal as a control character."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from busyhour.printable import printable_lines


class PlainConsole(Console):
    """A console without markup, emoji codes and highlighting; colours come from styles alone.

    Foreign text in anything that is printed is shown as `busyhour.printable` shows it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as rich does, with printable text in every segment; the console's own control codes stay."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(printable_lines(segment.text), segment.style)
