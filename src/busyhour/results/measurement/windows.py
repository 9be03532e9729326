"""Latency by window of time, for resampling in comparisons; small however long the run is.

A run is cut into windows of equal length, initially one second. Whenever there would be more than `MOST` of
them, neighbours are joined, so a long run has between half of `MOST` and `MOST` windows. In a window,
latencies are counted in buckets of HdrHistogram's layout with 7 instead of 10 bits (below 0.8 % wide), which
joins whole buckets of `results.measurement.histogram` without other loss.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from busyhour.results.measurement.histogram import Histogram, highest_in

MOST = 240
_BITS = 7
_HALF = 1 << _BITS
_FULL = _HALF << 1


def coarse_bucket(value_us: int) -> int:
    """Return the index of the coarse bucket of `value_us` microseconds (0 <= value_us)."""
    if value_us < _FULL:
        return value_us
    shift = value_us.bit_length() - (_BITS + 1)
    return (shift << _BITS) + (value_us >> shift)


def coarse_bounds(bucket: int) -> tuple[int, int]:
    """Return the lowest value of the bucket and the lowest value above it, microseconds."""
    if bucket < _FULL:
        return bucket, bucket + 1
    shift = (bucket >> _BITS) - 1
    low = (bucket & (_HALF - 1)) + _HALF << shift
    return low, low + (1 << shift)


@dataclass(slots=True)
class WindowRecord:
    """The windows of a finished run, as in load.json."""

    width: float
    """Seconds of one window; window k begins at k times this."""
    latency: dict[str, list[list[int]]] = field(default_factory=dict)
    """By operation (`service:Name`), for each window: coarse bucket, count, coarse bucket, count, ..."""
    functions: dict[str, list[list[int]]] = field(default_factory=dict)
    """The same by the name of a Lambda function, of its invocations; together they are `lambda:Invoke`."""


_Table = dict[str, dict[int, dict[int, int]]]


class Windows:
    """Counts of latencies by operation, Lambda function and window."""

    __slots__ = ("_functions", "_operations", "width")

    def __init__(self) -> None:
        self.width = 1
        self._operations: _Table = {}
        self._functions: _Table = {}

    def add(self, second: int, name: str, histogram: Histogram, *, function: bool = False) -> None:
        """Add the counts of `histogram` to operation (or Lambda function) `name` in `second`."""
        while second // self.width >= MOST:
            self._join()
        table = self._functions if function else self._operations
        row = table.setdefault(name, {}).setdefault(second // self.width, {})
        for bucket, count in histogram.counts.items():
            coarse = coarse_bucket(highest_in(bucket))
            row[coarse] = row.get(coarse, 0) + count

    def record(self) -> WindowRecord | None:
        """Return all counts; None if there are none."""
        tables = (self._operations, self._functions)
        last = max((number for table in tables for rows in table.values() for number in rows), default=None)
        if last is None:
            return None
        operations, functions = (
            {
                name: [
                    [n for pair in sorted(rows.get(number, {}).items()) for n in pair]
                    for number in range(last + 1)
                ]
                for name, rows in sorted(table.items())
            }
            for table in tables
        )
        return WindowRecord(float(self.width), operations, functions)

    def _join(self) -> None:
        self.width *= 2
        for table in (self._operations, self._functions):
            for name, rows in table.items():
                joined: dict[int, dict[int, int]] = {}
                for number, row in rows.items():
                    into = joined.setdefault(number // 2, {})
                    for bucket, count in row.items():
                        into[bucket] = into.get(bucket, 0) + count
                table[name] = joined
