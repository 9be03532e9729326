"""Learn from an export with one row an interval (and queue): arrivals, handling times, abandonment, patience."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from busyhour.learning import fits
from busyhour.learning.exports.fields import FieldError, number, plain, seconds
from busyhour.learning.exports.mapping import ColumnMap
from busyhour.learning.exports.moments import is_voice, moments_of
from busyhour.learning.exports.table import Table
from busyhour.learning.fits import Interval
from busyhour.learning.learnt import Learnt, LearntValue, arrivals_of, interval_of
from busyhour.project.csv_rows import listed
from busyhour.scenarios.model import Distribution

SHORTEST_INTERVAL = 60.0
"""Seconds; intervals are whole minutes."""
LONGEST_INTERVAL = 3600.0
"""Seconds; longer intervals do not show the busy hour."""
_WHEN = ("start",)
_ONE_MEAN = "its form: intervals state means alone, exponential is assumed"


@dataclass(slots=True)
class Row:
    """One interval of one queue. Times are totals in seconds; None: the export does not say."""

    line: int
    start: datetime
    queue: str
    offered: float
    handled: float | None
    abandoned: float | None
    handle: float | None = None
    talk: float | None = None
    wrap_up: float | None = None
    waited: float | None = None
    gave_up_after: float | None = None


@dataclass(slots=True)
class _Left:
    other_channels: int = 0
    repeated: int = 0
    queues: dict[str, float] = field(default_factory=dict)


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
    for row in rows:
        left.queues[row.queue] = left.queues.get(row.queue, 0.0) + row.offered
    if queue and queue not in left.queues:
        raise table.error(
            1, f"no row is of the queue {queue!r}", f"Queues here: {listed(left.queues) or 'none'}."
        )
    rows = [row for row in rows if not queue or row.queue == queue]
    if not rows or not any(row.offered for row in rows):
        raise table.error(
            1, "no row has a call", "Export a time in which calls arrived, of the channel voice."
        )
    length = interval_of([row.start for row in rows])
    if not SHORTEST_INTERVAL <= length <= LONGEST_INTERVAL or length % SHORTEST_INTERVAL or 86_400 % length:
        raise table.error(
            1,
            f"the rows are {length / 60:g} minutes apart" if length else "there is one interval alone",
            "Export by 15, 30 or 60 minutes: longer intervals do not show the busy hour.",
        )
    calls: dict[datetime, float] = {}
    for row in rows:
        calls[row.start] = calls.get(row.start, 0.0) + row.offered
    arrivals = arrivals_of(calls, length)
    notes = [
        "Calls are counted where the export counts them: of a queue, after the menus, not at the number."
    ]
    if left.other_channels:
        notes.append(f"{left.other_channels:,} rows of other channels than voice were left out.")
    if left.repeated:
        notes.append(f"{left.repeated:,} rows repeat interval and queue of an earlier one and were left out.")
    if arrivals.missing:
        notes.append(
            f"{arrivals.missing:,} intervals between the first and the last of a day have no row: taken as no call."
        )
    return Learnt(
        source=str(table.path),
        start=min(row.start for row in rows),
        end=max(row.start for row in rows),
        arrivals=arrivals,
        values=tuple(_values(rows)),
        by_queue=left.queues,
        notes=tuple(notes),
    )


def _rows(table: Table, columns: ColumnMap, zone: ZoneInfo, dates: str, left: _Left) -> Iterator[Row]:
    when = moments_of(table, columns, zone, _WHEN, dates)
    for line, row in table.rows():
        if not is_voice(columns, row):
            left.other_channels += 1
            continue
        try:
            yield _row(line, row, columns, when(row))
        except FieldError as error:
            raise table.error(
                line, str(error), "Correct the field, or name another column with --column."
            ) from None


def _row(line: int, row: list[str], columns: ColumnMap, start: datetime) -> Row:
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
        line,
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


def _values(rows: list[Row]) -> Iterator[LearntValue]:
    """Yield means and shares; intervals of them come from how they vary by day, or by interval if there is one day."""
    by_day = len({row.start.date() for row in rows}) > 1

    def parts(over: str, under: str) -> list[tuple[float, float]]:
        found: dict[date | datetime, tuple[float, float]] = {}
        for row in rows:
            a, b = getattr(row, over), getattr(row, under)
            if a is not None and b:
                key = row.start.date() if by_day else row.start
                before = found.get(key, (0.0, 0.0))
                found[key] = (before[0] + a, before[1] + b)
        return list(found.values())

    if given := parts("abandoned", "offered"):
        count = round(math.fsum(b for _, b in given))
        around = fits.ratio(given) if len(given) > 1 else fits.share(math.fsum(a for a, _ in given), count)
        yield LearntValue("", "abandoned share", "share", around, count)
    known = {name: parts(name, "handled") for name in ("talk", "wrap_up", "handle")}
    if not known["talk"] and known["handle"]:
        known["talk"], known["wrap_up"] = known["handle"], []
    for key, name in (("talk", "talk, holds included"), ("wrap_up", "after-call work")):
        if known[key]:
            whole = (
                " and after-call work: the export has their sum alone"
                if known[key] is known["handle"]
                else ""
            )
            around = fits.ratio(known[key])
            count = round(math.fsum(b for _, b in known[key]))
            fitted = fits.Fitted(Distribution("exponential", around.value), count, around, None, _ONE_MEAN)
            yield LearntValue(f"callers.{key}", f"{name}{whole}", "s", around, count, fitted, _ONE_MEAN)
    waited = [(row.waited, row.gave_up_after, row.abandoned) for row in rows]
    if any(one is not None for one, _, _ in waited) and any(one is not None for _, one, _ in waited):
        gone = round(math.fsum(one or 0.0 for _, _, one in waited))
        fitted_patience = fits.patience(math.fsum((a or 0.0) + (b or 0.0) for a, b, _ in waited), gone)
        if fitted_patience is not None:
            mean: Interval = fitted_patience.mean
            yield LearntValue(
                "callers.patience", "patience", "s", mean, gone, fitted_patience, fitted_patience.assumed
            )
