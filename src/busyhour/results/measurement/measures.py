"""What a generator measured, in a form that adds up: merged over seconds and over workers without loss.

One `Measures` holds counts, histograms, times of first occurrence and one row per second. Workers send theirs to
the master once a second, as the difference to what they sent before; the sum of all is the run. `load_result` turns
the sum into what people read.

Keys are words joined by `/`:

| where | key | meaning |
|---|---|---|
| counts | `arrivals/<what>` | planned, started, late, completed, blocked, cut_off, lost |
| counts | `dropped/<reason>` | arrivals that were not started |
| counts | `requests/<op>/<class>` | requests by operation and class (errors.Class) |
| counts | `codes/<op>/<code>` | failed requests by AWS error code or kind of failure |
| counts | `contacts/<what>` | voice contacts: accepted; completed, blocked, cut_off where the end is known |
| counts | `outcome/<ending>`, `outcome_...` | outcomes of calls, see `results.outcomes` |
| counts | `end/<reason>` | calls by end reason |
| counts | `call/<what>` | queued, answered, abandoned, answered_in_time, ... |
| counts | `invocations/<function>`, `function_errors/<function>/<kind>` | Lambda, by name of the function |
| counts | `attempts/<op>/<n>`, `retry/<op>/<what>` | under a retry policy: operations by their attempts; throttle, transient, recovered, quota_empty |
| counts | `unmodelled/<type>` | action types that took their documented default path |
| histograms | `slip`, `lag` | start of a call after its intended start; event loop behind its timers |
| histograms | `latency/<op>/<class>`, `service/<op>/<class>` | from the intended start; from the moment of sending |
| histograms | `retried/<op>/<class>` | of an operation with all its attempts, by the class of the last |
| histograms | `function/<name>` | latency of one function's invocations |
| histograms | `call/<what>` | queue_wait, in_flow, duration |
| firsts | `<op>/<class>/<code>` | second of the first failure of that kind |
| second.counts | `planned`, `started`, `completed`, `errors`, `throttles`, `limits` | in that second |
| second.counts | `requests/<op>`, `invocations/<function>`; `answers/<op>/<class>` | sent in that second; ended in it |
| second.histograms | `latency/<op>/<class>`, `function/<name>` | of requests that ended in it; sealing adds them to the run's |
| second.gauges | `in_progress`, `connections`, `concurrency/<function>`, `cpu` | highest in that second |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from busyhour.results.measurement.histogram import Histogram
from busyhour.results.measurement.windows import Windows

MAX_GAUGES = frozenset({"cpu"})
"""Gauges for which the highest worker's value counts; all others are summed over workers."""


@dataclass(slots=True)
class Sums:
    """Counts and histograms by key."""

    counts: dict[str, int] = field(default_factory=dict)
    histograms: dict[str, Histogram] = field(default_factory=dict)

    def count(self, key: str, by: int = 1) -> None:
        """Add `by` to the count `key`."""
        self.counts[key] = self.counts.get(key, 0) + by

    def add(self, key: str, histogram: Histogram) -> None:
        """Add the counts of `histogram` to the one under `key`."""
        known = self.histograms.get(key)
        if known is None:
            known = self.histograms[key] = Histogram()
        known.merge(histogram)

    def add_all(self, other: Sums) -> None:
        """Add all counts and histograms of `other`."""
        for key, value in other.counts.items():
            self.count(key, value)
        for key, histogram in other.histograms.items():
            self.add(key, histogram)


@dataclass(slots=True)
class Second(Sums):
    """One second of the run."""

    gauges: dict[str, float] = field(default_factory=dict)
    sealed: dict[str, tuple[float, float]] = field(default_factory=dict)
    """(p50, p99) in milliseconds after the histograms were dropped: by their keys, and by `latency/<op>`."""

    def merge(self, other: Second) -> None:
        """Add another worker's part of the same second. A worker sends its gauges of a second once, when it is over."""
        self.add_all(other)
        for key, value in other.gauges.items():
            if key in MAX_GAUGES:
                self.gauges[key] = max(self.gauges.get(key, value), value)
            else:
                self.gauges[key] = self.gauges.get(key, 0.0) + value
        self.sealed.update(other.sealed)


@dataclass(slots=True)
class Measures(Sums):
    """Everything that one generator process, or all of them together, measured so far."""

    firsts: dict[str, float] = field(default_factory=dict)
    seconds: dict[int, Second] = field(default_factory=dict)
    windows: Windows = field(default_factory=Windows)
    """Latency by window of time, of the sealed seconds. Not sent: workers seal nothing."""

    def record(self, key: str, seconds: float) -> None:
        """Record a duration in the histogram `key`."""
        histogram = self.histograms.get(key)
        if histogram is None:
            histogram = self.histograms[key] = Histogram()
        histogram.record(int(seconds * 1e6))

    def first(self, key: str, at: float) -> None:
        """Record that `key` occurred at `at`; the earliest time is kept."""
        known = self.firsts.get(key)
        if known is None or at < known:
            self.firsts[key] = at

    def second(self, number: int) -> Second:
        """Return the row of that second; create it if missing."""
        row = self.seconds.get(number)
        if row is None:
            row = self.seconds[number] = Second()
        return row

    def merge(self, other: Measures) -> None:
        """Add the measures of another worker."""
        self.add_all(other)
        for key, at in other.firsts.items():
            self.first(key, at)
        for number, row in other.seconds.items():
            self.second(number).merge(row)

    def seal(self, before: int) -> None:
        """Drop the histograms of all seconds before `before`.

        Their percentiles are kept, and the run's sums have them.
        """
        for number, row in self.seconds.items():
            if number < before and row.histograms:
                self._seal(number, row)

    def _seal(self, number: int, row: Second) -> None:
        together = Sums()
        for key, histogram in row.histograms.items():
            kind, name, *outcome = key.split("/", 2)
            self.windows.add(number, name, histogram, function=kind == "function")
            row.sealed.setdefault(key, _p50_p99(histogram))
            if outcome:
                together.add(f"{kind}/{name}", histogram)
            self.add(key, histogram)
        for key, histogram in together.histograms.items():
            row.sealed.setdefault(key, _p50_p99(histogram))
        row.histograms = {}

    def to_wire(self) -> dict[str, Any]:
        """Return a JSON form for messages between processes."""
        return {
            "counts": self.counts,
            "histograms": {key: histogram.to_wire() for key, histogram in self.histograms.items()},
            "firsts": self.firsts,
            "seconds": [
                [number, row.counts, row.gauges, {key: h.to_wire() for key, h in row.histograms.items()}]
                for number, row in self.seconds.items()
            ],
        }

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Measures:
        """Read the measures that `to_wire` wrote."""
        return cls(
            counts=dict(data["counts"]),
            histograms={key: Histogram.from_wire(each) for key, each in data["histograms"].items()},
            firsts=dict(data["firsts"]),
            seconds={
                number: Second(
                    counts=dict(counts),
                    gauges=dict(gauges),
                    histograms={key: Histogram.from_wire(h) for key, h in histograms.items()},
                )
                for number, counts, gauges, histograms in data["seconds"]
            },
        )


def _p50_p99(histogram: Histogram) -> tuple[float, float]:
    p50, p99 = histogram.percentiles((50, 99))
    return p50 / 1000.0, p99 / 1000.0
