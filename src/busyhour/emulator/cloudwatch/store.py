"""The emulator's measurements by second, for CloudWatch's GetMetricData and the snapshot.

A series has CloudWatch's identity: namespace, metric name and the exact set of dimensions. Memory is
bounded: seconds are kept for SECONDS_KEPT, then folded into minutes that are kept for MINUTES_KEPT, and at
most SERIES_KEPT series exist; `dropped` counts values that did not fit.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SECONDS_KEPT = 10_800
"""Three hours: CloudWatch's retention of data with a resolution under a minute."""
MINUTES_KEPT = 20_160
"""Two weeks: the retention of Connect's metrics (Administrator Guide, "Monitoring your instance using CloudWatch")."""
SERIES_KEPT = 10_000
_MINUTE = 60

Dimensions = tuple[tuple[str, str], ...]
"""(name, value) pairs, sorted by name."""


class Point(NamedTuple):
    """Statistics of one second (of old data: one minute); `second` is its start in epoch seconds."""

    second: int
    sum: float
    max: float
    samples: float
    min: float


class SeriesName(NamedTuple):
    """Identity of a series."""

    namespace: str
    name: str
    dimensions: Dimensions


class _Series:
    """Statistics by second and, once old, by minute: sum, max, count, min.

    The latest second is a list. Those before it are rows of an array, 40 bytes each: lists would take 280.
    """

    __slots__ = ("_bucket", "_minutes", "_rows", "_second", "_seconds")

    def __init__(self) -> None:
        self._second = -1
        self._bucket: list[float] = []
        self._seconds = array("q")
        self._rows = array("d")
        self._minutes: dict[int, list[float]] = {}

    def add(self, second: int, value: float) -> None:
        if second == self._second:
            bucket = self._bucket
            bucket[0] += value
            if value > bucket[1]:
                bucket[1] = value
            bucket[2] += 1.0
            if value < bucket[3]:
                bucket[3] = value
        elif second > self._second:
            if self._bucket:
                self._seconds.append(self._second)
                self._rows.extend(self._bucket)
                if len(self._seconds) >= SECONDS_KEPT:
                    self._fold()
            self._second, self._bucket = second, [value, value, 1.0, value]
        else:
            self._add_late(second, value)

    def points(self, start: float, end: float) -> Iterator[Point]:
        """Return points with start <= second < end, in order of time."""
        for minute, bucket in sorted(self._minutes.items()):
            if start <= minute < end:
                yield Point(minute, *bucket)
        seconds, rows = self._seconds, self._rows
        for i in range(bisect_left(seconds, start), bisect_left(seconds, end)):
            yield Point(seconds[i], *rows[4 * i : 4 * i + 4])
        if self._bucket and start <= self._second < end:
            yield Point(self._second, *self._bucket)

    def _add_late(self, second: int, value: float) -> None:
        """Add to a past second."""
        bucket = [value, value, 1.0, value]
        at = bisect_left(self._seconds, second)
        if at < len(self._seconds) and self._seconds[at] == second:
            known = {second: list(self._rows[4 * at : 4 * at + 4])}
            _merge(known, second, bucket)
            self._rows[4 * at : 4 * at + 4] = array("d", known[second])
        elif at == 0 and self._minutes:
            _merge(self._minutes, second - second % _MINUTE, bucket)
        else:
            self._seconds.insert(at, second)
            self._rows[4 * at : 4 * at] = array("d", bucket)

    def _fold(self) -> None:
        """Move the oldest tenth of the seconds into minutes."""
        oldest = SECONDS_KEPT // 10
        for i in range(oldest):
            second = self._seconds[i]
            _merge(self._minutes, second - second % _MINUTE, list(self._rows[4 * i : 4 * i + 4]))
        del self._seconds[:oldest], self._rows[: 4 * oldest]
        while len(self._minutes) > MINUTES_KEPT:
            self._minutes.pop(min(self._minutes))


def _merge(into: dict[int, list[float]], key: int, bucket: list[float]) -> None:
    present = into.get(key)
    if present is None:
        into[key] = bucket
        return
    present[0] += bucket[0]
    present[1] = max(present[1], bucket[1])
    present[2] += bucket[2]
    present[3] = min(present[3], bucket[3])


def dimensions(pairs: Iterable[tuple[str, str]]) -> Dimensions:
    """Sort dimensions into the order of series names."""
    return tuple(sorted(pairs))


class MetricStore:
    """All series. Times are epoch seconds. Owned by one thread, the server's event loop.

    Dimensions must be given sorted by name (see `dimensions`); the hot path does not sort.
    """

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, Dimensions], _Series] = {}
        self.dropped = 0
        """Values discarded because SERIES_KEPT series already existed."""

    def count(self, namespace: str, name: str, dimensions: Dimensions, value: float, at: float) -> None:
        """Record an event that happened `value` times (or took `value`); Sum is the useful statistic."""
        key = (namespace, name, dimensions)
        series = self._series.get(key)
        if series is None:
            if len(self._series) >= SERIES_KEPT:
                self.dropped += 1
                return
            series = self._series[key] = _Series()
        series.add(int(at), value)

    def gauge(self, namespace: str, name: str, dimensions: Dimensions, value: float, at: float) -> None:
        """Record the current level; Maximum and Average are the useful statistics."""
        self.count(namespace, name, dimensions, value, at)

    def series(
        self, namespace: str, name: str, dimensions: Dimensions, start: float, end: float
    ) -> list[Point]:
        """Return points with start <= second < end, in order of time; empty without data.

        Only the exact set of dimensions matches, as in CloudWatch.
        """
        series = self._series.get((namespace, name, tuple(sorted(dimensions))))
        return [] if series is None else list(series.points(start, end))

    def names(self) -> Iterator[SeriesName]:
        """Return every series that has data (CloudWatch's ListMetrics)."""
        return iter([SeriesName(*key) for key in self._series])

    def total(self, namespace: str, name: str, dimensions: Dimensions) -> float:
        """Return the sum of all stored values of one series; 0 without data."""
        return sum(point.sum for point in self.series(namespace, name, dimensions, 0, float("inf")))

    def clear(self) -> None:
        """Delete all series."""
        self._series.clear()
        self.dropped = 0
