"""What a section of a report is made of: text, tables and plots as data, without markup, colours or files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias

FORMATS = ("html", "markdown", "pdf", "text", "terminal")
"""The formats that walk the list of sections."""
_STACKING = ("html", "pdf")
"""Formats with a small type for what belongs beneath the value of a cell."""

LeftOut: TypeAlias = Mapping[str, str]
"""Format -> why something is not shown in it."""


def on_screens(reason: str) -> LeftOut:
    """Left out where a person reads right after a run: on the terminal, and in the same as plain text."""
    return dict.fromkeys(("terminal", "text"), reason)


class Tone(StrEnum):
    """How good or bad a value is; a format chooses the colour."""

    NONE = ""
    GOOD = "good"
    BAD = "bad"
    WARN = "warn"
    SOFT = "soft"
    """Of less weight than the text around it."""


@dataclass(frozen=True, slots=True)
class Note:
    """A few words about a value, smaller than it."""

    text: str
    tone: Tone = Tone.SOFT


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table. `share` (0 to 1) is drawn as a bar where the format can; `steps` are a calculation."""

    text: str
    tone: Tone = Tone.NONE
    notes: tuple[Note, ...] = ()
    share: float | None = None
    steps: tuple[str, ...] = ()

    @property
    def in_brackets(self) -> str:
        """Text and notes in one line: "10 (9 to 11)"."""
        notes = "; ".join(note.text for note in self.notes)
        return f"{self.text} ({notes})" if notes and self.text else self.text or notes


def cell(
    text: object, *notes: str, tone: Tone = Tone.NONE, share: float | None = None, steps: Sequence[str] = ()
) -> Cell:
    """A cell with the notes that are not empty."""
    return Cell(str(text), tone, tuple(Note(note) for note in notes if note), share, tuple(steps))


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its heading. `right` aligns figures; `below` puts it beneath its left neighbour where there is room."""

    title: str
    right: bool = False
    below: bool = False
    left_out: LeftOut = field(default_factory=dict)


def words(title: str, *, below: bool = False, left_out: LeftOut | None = None) -> Column:
    """A column of words."""
    return Column(title, below=below, left_out=left_out or {})


def figure(title: str, *, below: bool = False, left_out: LeftOut | None = None) -> Column:
    """A column of figures, aligned right."""
    return Column(title, right=True, below=below, left_out=left_out or {})


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    kind: ClassVar = "text"
    text: str
    tone: Tone = Tone.NONE
    left_out: LeftOut = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Items:
    """A list of sentences, under a heading of its own where it has one."""

    kind: ClassVar = "items"
    items: Sequence[str]
    title: str = ""
    left_out: LeftOut = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """Lines of a label, a value and where it comes from."""

    kind: ClassVar = "facts"
    rows: Sequence[tuple[str, str, str]]
    left_out: LeftOut = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells as there are columns; `title` distinguishes it from other tables of the section."""

    kind: ClassVar = "table"
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    title: str = ""
    left_out: LeftOut = field(default_factory=dict)

    @property
    def calculations(self) -> list[tuple[str, str]]:
        """The steps of the calculations in the table, with the text of the cell that has them."""
        return [
            (one.text, " ".join(f"{step.rstrip('.')}." for step in one.steps))
            for row in self.rows
            for one in row
            if one.steps
        ]

    def shown_in(self, format_: str) -> Table:
        """The table without the columns that are left out in a format; those for below are notes where it has room."""
        kept = [at for at, one in enumerate(self.columns) if format_ not in one.left_out]
        columns: list[Column] = []
        rows: list[list[Cell]] = [[] for _ in self.rows]
        for at in kept:
            below = self.columns[at].below and bool(columns) and format_ in _STACKING
            if not below:
                columns.append(self.columns[at])
            for made, row in zip(rows, self.rows, strict=True):
                if below:
                    made[-1] = _with_below(made[-1], row[at])
                else:
                    made.append(row[at])
        return replace(self, columns=tuple(columns), rows=tuple(tuple(row) for row in rows))


@dataclass(frozen=True, slots=True)
class Plots:
    """The drawings of a name in `plots.registry`; formats of plain text have none."""

    kind: ClassVar = "plots"
    name: str
    left_out: LeftOut = field(
        default_factory=lambda: dict.fromkeys(("markdown", "terminal", "text"), "plain text has no drawings")
    )


@dataclass(frozen=True, slots=True)
class Interactive:
    """What a page alone can show: a Jinja template of the reports' folder, and its data."""

    kind: ClassVar = "interactive"
    template: str
    data: Any
    left_out: LeftOut = field(
        default_factory=lambda: dict.fromkeys(
            ("markdown", "pdf", "terminal", "text"), "only a page has something to operate"
        )
    )


Block: TypeAlias = Text | Items | Facts | Table | Plots | Interactive


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under one heading."""

    blocks: tuple[Block, ...]

    def shown_in(self, format_: str) -> Section:
        """The section without the blocks and columns that are left out in a format."""
        kept = (block for block in self.blocks if format_ not in block.left_out)
        return Section(
            tuple(block.shown_in(format_) if isinstance(block, Table) else block for block in kept)
        )


def section(*blocks: Block | None) -> Section | None:
    """A section of the blocks that are there; None without any."""
    found = tuple(block for block in blocks if block is not None)
    return Section(found) if found else None


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell | str]],
    caption: str = "",
    *,
    title: str = "",
    left_out: LeftOut | None = None,
) -> Table | None:
    """A table; None without rows. Words alone are cells without a tone."""
    made = tuple(tuple(Cell(one) if isinstance(one, str) else one for one in row) for row in rows)
    return Table(tuple(columns), made, caption, title, left_out or {}) if made else None


def _with_below(above: Cell, below: Cell) -> Cell:
    own = (Note(below.text, below.tone or Tone.SOFT),) if below.text else ()
    return replace(above, notes=(*above.notes, *own, *below.notes))
