"""The report on a terminal: what a person reads right after a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table as Grid
from rich.text import Text as Words

from busyhour.printable import printable
from busyhour.report.blocks import Block, Cell, Facts, Items, Table, Text, Tone
from busyhour.report.renderers.column_widths import column_widths
from busyhour.report.sections.registry import sections
from busyhour.report.sections.run import Opening, opening
from busyhour.results.record import RunRecord

_STYLES = {Tone.GOOD: "green", Tone.BAD: "bold red", Tone.WARN: "yellow", Tone.SOFT: "dim", Tone.NONE: ""}

_GAP = 3
"""Characters between two columns."""


def show(record: RunRecord, console: Console, format_: str = "terminal", only: Collection[str] = ()) -> None:
    """Print the report; colours and width are the console's business, and so are control characters in foreign text.

    Args:
        record: the run.
        console: to print on.
        format_: "terminal", or "text" for the same in a file.
        only: names of the sections to print below the verdict; all where empty.
    """
    console.print(_verdict(opening(record), console.width))
    for entry, section in sections(record, format_, only):
        console.print(Words(entry.title, style="bold"))
        for part in _rendered(section.blocks, console.width):
            console.print(part)
        if not isinstance(section.blocks[-1], Table):  # which ends with an empty line
            console.print()


def _verdict(head: Opening, width: int) -> RenderableType:
    style = _STYLES[head.tone]
    outcome = Words(head.outcome.upper(), style=style if "bold" in style else f"bold {style}")
    return Panel(
        Group(outcome, *_rendered((*head.verdict, head.facts), width)), title="busyhour", title_align="left"
    )


def _rendered(blocks: Iterable[Block], width: int) -> Iterator[RenderableType]:
    for block in blocks:
        match block:
            case Text():
                yield Words(printable(block.text), style=_STYLES[block.tone])
            case Items():
                if block.title:
                    yield Words(printable(block.title), style="bold")
                yield from (Words(printable(f"- {item}")) for item in block.items)
            case Facts():
                for label, value, note in block.rows:
                    yield Words(printable(f"{label}: {value}{f' ({note})' if note else ''}"))
            case Table():
                yield _grid(block, width)
            case _:  # drawings, and what a page alone can show
                continue


def _grid(table: Table, width: int) -> RenderableType:
    grid = Grid(
        title=printable(table.title) or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    room = width - _GAP * len(table.columns)
    for column, characters in zip(table.columns, column_widths(table, room), strict=True):
        grid.add_column(
            column.title, justify="right" if column.right else "left", overflow="fold", width=characters
        )
    for row in table.rows:
        grid.add_row(*map(_words, row))
    return grid


def _words(cell: Cell) -> Words:
    made = Words(printable(cell.text), style=_STYLES[cell.tone])
    for note in cell.notes:
        made.append(
            f"\n({printable(note.text)})" if cell.text else printable(note.text), style=_STYLES[note.tone]
        )
    return made
