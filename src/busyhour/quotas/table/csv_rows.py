"""Rows of the data tables (CSV with a header line); a malformed row is reported with its file, line and column."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from busyhour.errors import BusyhourError, did_you_mean

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Row:
    """One row: its cells by column, and where it is."""

    __slots__ = ("cells", "line", "path")

    def __init__(self, path: Path, line: int, cells: Mapping[str, str]) -> None:
        self.path = path
        self.line = line
        self.cells = cells

    def text(self, column: str) -> str:
        """Return a cell that may not be empty.

        Raises:
            BusyhourError: it is empty.
        """
        found = self.cells[column]
        if not found.strip():
            raise self.error(column, "is empty", "Fill it in.")
        return found

    def number(self, column: str) -> float:
        """Return a finite number of at least 0.

        Raises:
            BusyhourError: the cell is something else.
        """
        try:
            found = float(self.cells[column])
        except ValueError:
            found = math.nan
        if not (math.isfinite(found) and found >= 0):
            raise self.error(
                column,
                f"is {self.cells[column]!r}, not a number of at least 0",
                "Write digits only, with a point for decimals.",
            )
        return found

    def yes(self, column: str) -> bool:
        """Return True for `yes`, False for `no`.

        Raises:
            BusyhourError: the cell is something else.
        """
        found = self.cells[column]
        if found not in ("yes", "no"):
            raise self.error(column, f"is {found!r}", "Write yes or no.")
        return found == "yes"

    def member(self, column: str, kind: type[E]) -> E:
        """Return the member of an enumeration that the cell names.

        Raises:
            BusyhourError: it names none.
        """
        found = self.cells[column]
        values = [one.value for one in kind]
        if found not in values:
            raise self.error(
                column, f"is {found!r}.{did_you_mean(found, values)}", f"Write one of {', '.join(values)}."
            )
        return kind(found)

    def made(self, column: str, make: Callable[[str], T]) -> T:
        """Return what `make` makes of the cell.

        Raises:
            BusyhourError: `make` raised one; it gets the place.
        """
        try:
            return make(self.cells[column])
        except BusyhourError as error:
            raise self.error(column, f"is not valid: {error.message}", error.hint) from None

    def error(self, column: str, problem: str, hint: str | None) -> BusyhourError:
        """Return an error that names file, line, column and the row's first cell."""
        name = next(iter(self.cells.values()), "")
        return BusyhourError(f"{self.path}:{self.line}: {column} of {name!r} {problem}", hint)


def read(path: Path) -> Iterator[Row]:
    """Yield the rows of a file.

    Raises:
        BusyhourError: a row has more or fewer cells than the header.
    """
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        header = next(lines, [])
        for cells in lines:
            if len(cells) != len(header):
                raise BusyhourError(
                    f"{path}:{lines.line_num}: {len(cells)} cells where the header has {len(header)}",
                    f"The columns are {', '.join(header)}; put text that holds a comma into quotation marks.",
                )
            yield Row(path, lines.line_num, dict(zip(header, cells, strict=True)))


def unique(rows: Iterator[Row], *columns: str) -> Iterator[Row]:
    """Pass rows on, each with values in `columns` that no row before had; rows with an empty last one are not compared.

    Raises:
        BusyhourError: a row repeats them; names both lines.
    """
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        values = tuple(row.cells[column] for column in columns)
        if values[-1]:
            first = seen.setdefault(values, row.line)
            if first != row.line:
                raise row.error(
                    columns[-1],
                    f"is {values[-1]!r}, as in line {first}",
                    "Remove or correct one of the rows.",
                )
        yield row
