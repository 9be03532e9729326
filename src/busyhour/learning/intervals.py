"""Calls that were counted by interval and queue, by any source: arrivals, handling times, abandonment, patience."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from busyhour.errors import BusyhourError
from busyhour.learning import fits
from busyhour.learning.fits import Interval
from busyhour.learning.learnt import Learnt, LearntValue, arrivals_of, interval_of
from busyhour.project.csv_rows import listed
from busyhour.scenarios.model import Distribution

SHORTEST_INTERVAL = 60.0
"""Seconds; intervals are whole minutes."""
LONGEST_INTERVAL = 3600.0
"""Seconds; longer intervals do not show the busy hour."""
_ONE_MEAN = "its form: intervals state means alone, exponential is assumed"


@dataclass(slots=True)
class Row:
    """One interval of one queue. Times are totals in seconds; None: the export does not say."""

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


def learn(source: str, rows: Sequence[Row], queue: str, notes: Iterable[str]) -> Learnt:
    """Learn from intervals.

    Args:
        source: where they were counted, as errors and comments name it.
        rows: one for each interval and queue.
        queue: only rows of this queue; empty: all are added.
        notes: what a reader must know of the source.

    Raises:
        BusyhourError: no row counts, or the intervals are longer than an hour or of unequal length.
    """
    queues: dict[str, float] = {}
    for row in rows:
        queues[row.queue] = queues.get(row.queue, 0.0) + row.offered
    if queue and queue not in queues:
        raise BusyhourError(
            f"{source}: no row is of the queue {queue!r}", f"Queues here: {listed(queues) or 'none'}."
        )
    rows = [row for row in rows if not queue or row.queue == queue]
    if not any(row.offered for row in rows):
        raise BusyhourError(
            f"{source}: no row has a call", "Name a time in which calls arrived, of the channel voice."
        )
    length = interval_of([row.start for row in rows])
    if not SHORTEST_INTERVAL <= length <= LONGEST_INTERVAL or length % SHORTEST_INTERVAL or 86_400 % length:
        apart = f"the rows are {length / 60:g} minutes apart" if length else "there is one interval alone"
        raise BusyhourError(
            f"{source}: {apart}",
            "Export by 15, 30 or 60 minutes: longer intervals do not show the busy hour.",
        )
    calls: dict[datetime, float] = {}
    for row in rows:
        calls[row.start] = calls.get(row.start, 0.0) + row.offered
    arrivals = arrivals_of(calls, length)
    told = [*notes]
    if arrivals.missing:
        told.append(
            f"{arrivals.missing:,} intervals between the first and the last of a day have no row: taken as no call."
        )
    return Learnt(
        source=source,
        start=min(row.start for row in rows),
        end=max(row.start for row in rows),
        arrivals=arrivals,
        values=tuple(_values(rows)),
        by_queue=queues,
        notes=tuple(told),
    )


def _values(rows: Sequence[Row]) -> Iterator[LearntValue]:
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
