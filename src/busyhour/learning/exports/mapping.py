"""Columns of an export by meaning: recognised by their headers, or named by the user."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.learning.exports.table import Table
from busyhour.project.csv_rows import listed
from busyhour.scenarios.traffic_plan.contacts import header_name


class Level(StrEnum):
    """What one row of an export is."""

    INTERVAL = "interval"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Known:
    """A header that systems write. `unit` is the form of its fields where the header's name does not say it."""

    meaning: str
    header: str
    unit: str
    system: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table that is used."""

    meaning: str
    header: str
    place: int
    """Index of its fields."""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """The columns that are used, by meaning, and the headers that are not."""

    level: Level
    columns: Mapping[str, Column]
    unused: tuple[str, ...]

    def field(self, row: list[str], meaning: str) -> str:
        """Return a field; empty if the export has no such column."""
        column = self.columns.get(meaning)
        return "" if column is None else row[column.place]


@cache
def known_columns() -> tuple[Known, ...]:
    """Read the headers that systems write."""
    text = resources.files(__package__).joinpath("columns.csv").read_text(encoding="utf-8")
    return tuple(Known(**row) for row in csv.DictReader(text.splitlines()))


def map_columns(table: Table, given: Mapping[str, str] | None = None) -> ColumnMap:
    """Map an export's columns.

    Args:
        table: the export.
        given: header by meaning, as the user names them; they go before those that are recognised.

    Raises:
        BusyhourError: a meaning or a header does not exist, or the columns do not say when how many calls arrived.
    """
    meanings = {one.meaning for one in known_columns()}
    found: dict[str, Column] = {}
    for meaning, header in (given or {}).items():
        if meaning not in meanings:
            raise BusyhourError(
                f"--column {meaning}={header}: there is no meaning {meaning!r}.{did_you_mean(meaning, sorted(meanings))}",
                f"Meanings: {', '.join(sorted(meanings))}.",
            )
        if header not in table.headers:
            raise table.error(
                1,
                f"no column {header!r}.{did_you_mean(header, table.headers)}",
                f"Columns here: {listed(table.headers)}.",
            )
        found[meaning] = Column(meaning, header, table.headers.index(header))
    taken = {column.place for column in found.values()}
    by_name = {header_name(one.header): one for one in reversed(known_columns())}
    for place, header in enumerate(table.headers):
        one = by_name.get(header_name(header))
        if one is not None and place not in taken and one.meaning not in found:
            found[one.meaning] = Column(one.meaning, header, place, one.unit)
    used = {column.place for column in found.values()}
    unused = tuple(header for place, header in enumerate(table.headers) if place not in used)
    return ColumnMap(_level(table, found), found, unused)


def _level(table: Table, found: Mapping[str, Column]) -> Level:
    when = "start" in found or {"date", "time"} <= found.keys()
    if when and ("offered" in found or {"handled", "abandoned"} <= found.keys()):
        return Level.INTERVAL
    if "initiated" in found or "queued" in found or (when and found.keys() & {"contact", "outcome"}):
        return Level.CALL
    lacking = (
        "when intervals begin or calls arrive"
        if not when
        else "how many calls were offered, or one call a row"
    )
    raise table.error(
        1,
        f"no column says {lacking}; columns here: {listed(table.headers)}",
        "Name them: --column start=HEADER --column offered=HEADER (one row an interval), or --column initiated=HEADER "
        "(one row a call).",
    )
