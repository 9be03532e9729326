"""Learn from an export with one row an interval (and queue): arrivals, handling times, abandonment, patience."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from busyhour.learning import intervals
from busyhour.learning.exports.fields import FieldError, number, plain, seconds
from busyhour.learning.exports.mapping import ColumnMap
from busyhour.learning.exports.moments import is_voice, moments_of
from busyhour.learning.exports.table import Table
from busyhour.learning.intervals import Row
from busyhour.learning.learnt import Learnt
from busyhour.project.toml_file import shown

_WHEN = ("start",)


@dataclass(slots=True)
class _Left:
    other_channels: int = 0
    repeated: int = 0


def learn(table: Table, columns: ColumnMap, zone: ZoneInfo, queue: str = "", dates: str = "") -> Learnt:
    """Learn from intervals.

    Args:
        table: the export.
        columns: its columns by meaning.
        zone: of times without an offset, and of the days that are made of them.
        queue: only rows of this queue; empty: all are added.
        dates: form of dates, if the file does not tell.

    Raises:
        BusyhourError: a field cannot be read, no row counts, or the intervals are longer than an hour or of unequal length.
    """
    left = _Left()
    rows = list(_distinct(_rows(table, columns, zone, dates, left), left))
    notes = [
        "Calls are counted where the export counts them: of a queue, after the menus, not at the number."
    ]
    if left.other_channels:
        notes.append(f"{left.other_channels:,} rows of other channels than voice were left out.")
    if left.repeated:
        notes.append(f"{left.repeated:,} rows repeat interval and queue of an earlier one and were left out.")
    return intervals.learn(shown(table.path), rows, queue, notes)


def _rows(table: Table, columns: ColumnMap, zone: ZoneInfo, dates: str, left: _Left) -> Iterator[Row]:
    when = moments_of(table, columns, zone, _WHEN, dates)
    for line, row in table.rows():
        if not is_voice(columns, row):
            left.other_channels += 1
            continue
        try:
            yield _row(row, columns, when(row))
        except FieldError as error:
            raise table.error(
                line, str(error), "Correct the field, or name another column with --column."
            ) from None


def _row(row: list[str], columns: ColumnMap, start: datetime) -> Row:
    counts = {name: number(columns.field(row, name)) for name in ("offered", "handled", "abandoned")}
    offered = counts["offered"]
    if offered is None:
        offered = (counts["handled"] or 0.0) + (counts["abandoned"] or 0.0)
    handled = counts["handled"]
    if handled is None and counts["abandoned"] is not None:
        handled = max(0.0, offered - counts["abandoned"])

    def total(name: str, of: float | None) -> float | None:
        whole = seconds(columns.field(row, f"{name}_total"))
        if whole is not None:
            return whole
        mean = seconds(columns.field(row, f"{name}_mean"))
        return None if mean is None or of is None else mean * of

    talk, hold, wrap_up = total("talk", handled), total("hold", handled), total("wrap_up", handled)
    return Row(
        start,
        plain(columns.field(row, "queue")),
        offered,
        handled,
        counts["abandoned"],
        handle=total("handle", handled),
        talk=None if talk is None else talk + (hold or 0.0),
        wrap_up=wrap_up,
        waited=total("wait", handled),
        gave_up_after=total("abandon_wait", counts["abandoned"]),
    )


def _distinct(rows: Iterator[Row], left: _Left) -> Iterator[Row]:
    """Leave out rows that repeat interval and queue: exports of overlapping times, put together."""
    seen: set[tuple[datetime, int, str]] = set()
    for row in rows:
        key = (row.start, row.start.fold, row.queue)
        if key in seen:
            left.repeated += 1
            continue
        seen.add(key)
        yield row
