"""Calls that were recorded one by one, by any source: arrivals, fitted times, abandonment, patience."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from busyhour.errors import BusyhourError
from busyhour.learning import fits
from busyhour.learning.learnt import Arrivals, Learnt, LearntValue, RecordedDay, arrivals_of
from busyhour.project.csv_rows import listed

INTERVAL = 900.0
"""Seconds in which calls are counted."""


@dataclass(frozen=True, slots=True)
class Call:
    """One new inbound call. Durations in seconds; None: the record does not say.

    `answered` is None too where the call was not queued, or left the queue by neither an agent nor hanging up.
    """

    start: datetime
    queue: str
    answered: bool | None
    waited: float | None
    talk: float | None
    wrap_up: float | None
    end: datetime | None = None
    before_queue: float | None = None


def learn(source: str, calls: Sequence[Call], queue: str, notes: Iterable[str]) -> Learnt:
    """Learn from calls.

    Args:
        source: where they were recorded, as errors and comments name it.
        calls: all of them.
        queue: only calls of this queue; empty: all.
        notes: what a reader must know of the source.

    Raises:
        BusyhourError: no call counts.
    """
    queues: dict[str, float] = {}
    for call in calls:
        queues[call.queue] = queues.get(call.queue, 0.0) + 1
    if queue and queue not in queues:
        raise BusyhourError(
            f"{source}: no call is of the queue {queue!r}", f"Queues here: {listed(queues) or 'none'}."
        )
    chosen = [call for call in calls if not queue or call.queue == queue]
    if not chosen:
        raise BusyhourError(
            f"{source}: no record is a new inbound call", "Give voice contacts of a time with calls."
        )
    counted: dict[datetime, float] = {}
    for call in chosen:
        begin = call.start - timedelta(
            seconds=(call.start.minute * 60 + call.start.second) % INTERVAL,
            microseconds=call.start.microsecond,
        )
        counted[begin] = counted.get(begin, 0.0) + 1.0
    arrivals = arrivals_of(counted, INTERVAL)
    return Learnt(
        source=source,
        start=min(call.start for call in chosen),
        end=max(call.start for call in chosen),
        arrivals=arrivals,
        values=tuple(_values(chosen)),
        by_queue=queues,
        notes=tuple(notes),
        recorded=tuple(_recorded(chosen, arrivals)),
    )


def _recorded(calls: Sequence[Call], arrivals: Arrivals) -> Iterator[RecordedDay]:
    """Yield what calls did by day; nothing if the end of one is not known."""
    if any(call.end is None or call.end < call.start for call in calls):
        return
    by_day: dict[date, list[Call]] = {}
    for call in calls:
        by_day.setdefault(call.start.date(), []).append(call)
    for day in arrivals.days:
        of_day = by_day[day.date]
        lives = [
            (at, at + (call.end - call.start).total_seconds())
            for call in of_day
            if call.end is not None
            for at in [_second_of_day(call.start)]
        ]
        waits = tuple(call.waited or 0.0 for call in of_day if call.answered)
        gone = sum(call.answered is False for call in of_day)
        yield RecordedDay(day.date, in_progress(lives, len(day.calls), INTERVAL), waits, gone)


def _second_of_day(moment: datetime) -> float:
    return moment.hour * 3600.0 + moment.minute * 60.0 + moment.second + moment.microsecond / 1e6


def in_progress(lives: Iterable[tuple[float, float]], intervals: int, seconds: float) -> tuple[float, ...]:
    """Return the mean number of calls in progress in each interval.

    Args:
        lives: first and last second of each call, from the beginning of the first interval.
        intervals: their number; what is after the last one is left out.
        seconds: length of an interval.
    """
    area = [0.0] * intervals
    for begin, end in lives:
        for place in range(int(begin // seconds), min(intervals, int(end // seconds) + 1)):
            area[place] += min(end, (place + 1) * seconds) - max(begin, place * seconds)
    return tuple(one / seconds for one in area)


def _values(calls: Sequence[Call]) -> Iterator[LearntValue]:
    told = [call for call in calls if call.answered is not None and (call.answered or call.waited)]
    if told:
        gone = sum(not call.answered for call in told)
        yield LearntValue("", "abandoned share", "share", fits.share(gone, len(told)), len(told))
        waits = [call.waited for call in told]
        if all(one is not None for one in waits):
            fitted = fits.patience(math.fsum(one or 0.0 for one in waits), gone)
            if fitted is not None:
                yield LearntValue(
                    "callers.patience", "patience", "s", fitted.mean, gone, fitted, fitted.assumed
                )
    for key, name, values in (
        ("callers.talk", "talk, holds included", [call.talk for call in calls]),
        ("callers.wrap_up", "after-call work", [call.wrap_up for call in calls]),
    ):
        known = [
            value
            for value, call in zip(values, calls, strict=True)
            if value is not None and call.answered is not False
        ]
        if known:
            fitted_time = fits.duration(known)
            yield LearntValue(key, name, "s", fitted_time.mean, len(known), fitted_time, fitted_time.assumed)
