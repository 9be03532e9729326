"""What was learnt of a centre: values with source, window, count and 95 % interval; arrivals by interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from busyhour.learning.fits import Fitted, Interval


@dataclass(frozen=True, slots=True)
class Day:
    """Calls of one day by interval, from midnight."""

    date: date
    calls: tuple[float, ...]

    @property
    def total(self) -> float:
        """Calls of the whole day."""
        return sum(self.calls)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Calls by interval of `seconds`. `missing` are intervals between first and last of a day without a row: taken as 0."""

    seconds: float
    days: tuple[Day, ...]
    missing: int = 0

    @property
    def busiest_day(self) -> Day:
        """The day with the busiest interval."""
        return max(self.days, key=lambda day: (max(day.calls), day.total))

    @property
    def busiest_rate(self) -> float:
        """Calls per hour in the busiest interval."""
        return max(self.busiest_day.calls) * 3600.0 / self.seconds


@dataclass(frozen=True, slots=True)
class LearntValue:
    """One value of a scenario: `key` as in its file, unit, number of calls or contacts that it is of."""

    key: str
    name: str
    unit: str
    around: Interval
    count: int
    fitted: Fitted | None = None
    assumed: str = ""


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """What calls of one day did: the mean number in progress by interval, waits of answered ones, abandoned ones."""

    date: date
    in_progress: tuple[float, ...]
    waits: tuple[float, ...]
    """Of queued calls that were answered, seconds."""
    abandoned: int


@dataclass(frozen=True, slots=True)
class Learnt:
    """All that an export says.

    Args:
        source: the file.
        start: first moment.
        end: last moment.
        arrivals: calls by interval.
        values: of callers and agents, each with its count.
        by_queue: calls offered by queue.
        notes: what a reader must know: what was left out, repeated, assumed.
        recorded: what calls did, by day, where the source has each call from its start to its end.
    """

    source: str
    start: datetime
    end: datetime
    arrivals: Arrivals
    values: tuple[LearntValue, ...]
    by_queue: Mapping[str, float]
    notes: tuple[str, ...]
    recorded: tuple[RecordedDay, ...] = ()


def arrivals_of(calls: Mapping[datetime, float], seconds: float) -> Arrivals:
    """Return the calls of each interval by day.

    Args:
        calls: by the beginning of their interval, in local time.
        seconds: length of an interval; divides a day.
    """
    per_day = round(86_400 / seconds)
    days: dict[date, list[float]] = {}
    first: dict[date, int] = {}
    last: dict[date, int] = {}
    given: dict[date, set[int]] = {}
    for moment, count in calls.items():
        at = int((moment.hour * 3600 + moment.minute * 60 + moment.second) // seconds)
        day = moment.date()
        days.setdefault(day, [0.0] * per_day)[at] += count
        first[day], last[day] = min(first.get(day, at), at), max(last.get(day, at), at)
        given.setdefault(day, set()).add(at)
    missing = sum(last[day] - first[day] + 1 - len(given[day]) for day in days)
    return Arrivals(seconds, tuple(Day(day, tuple(days[day])) for day in sorted(days)), missing)


def interval_of(starts: Sequence[datetime]) -> float:
    """Return the length of the intervals that begin at these moments, in seconds: the most frequent distance.

    0 if there are fewer than two.
    """
    ordered = sorted(set(starts))
    gaps: dict[timedelta, int] = {}
    for one, other in pairwise(ordered):
        gaps[other - one] = gaps.get(other - one, 0) + 1
    return max(gaps, key=lambda gap: (gaps[gap], -gap)).total_seconds() if gaps else 0.0
