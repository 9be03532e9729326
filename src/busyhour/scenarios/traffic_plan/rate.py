"""Planned rate over time, its integral and the inverse: piecewise linear, so all three are closed forms.

Only additions, multiplications, divisions and square roots are used. IEEE 754 rounds each of these correctly, so
the same plan gives the same bits on every machine.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from busyhour.scenarios.traffic import Layer, ShapePoint, Traffic


@dataclass(frozen=True, slots=True)
class Segment:
    """A linear rate, from `first` at `start` to `last` at `end`; times in seconds, rates in calls/s."""

    start: float
    end: float
    first: float
    last: float

    def rate_at(self, t: float) -> float:
        """Return the calls/s at `t`, which lies in the segment."""
        if self.first == self.last or self.end == self.start:
            return self.first
        share = (t - self.start) / (self.end - self.start)
        return self.first + (self.last - self.first) * share

    def area(self, t: float) -> float:
        """Return the expected calls from the segment's start until `t`."""
        return (t - self.start) * (self.first + self.rate_at(t)) / 2

    def reach(self, area: float) -> float:
        """Return the time at which `area` calls are expected since the segment's start.

        The inverse of `area`.

        The root of `first x + slope x^2 / 2 = area` in the form that is accurate for a small slope.
        """
        if area <= 0.0:
            return self.start
        slope = (self.last - self.first) / (self.end - self.start)
        root = math.sqrt(max(self.first * self.first + 2.0 * slope * area, 0.0))
        return min(self.start + 2.0 * area / (self.first + root), self.end)


class Rate:
    """A rate function: segments that follow each other from time 0.

    Args:
        segments: in order, without gaps.
    """

    def __init__(self, segments: Iterable[Segment]) -> None:
        self.segments = tuple(segment for segment in segments if segment.end > segment.start)
        self._starts = [segment.start for segment in self.segments]
        before = [0.0]
        for segment in self.segments:
            before.append(before[-1] + segment.area(segment.end))
        self.before = tuple(before)
        """Expected calls before each segment; the last item is the total."""

    @property
    def total(self) -> float:
        """Expected number of calls."""
        return self.before[-1]

    @property
    def end(self) -> float:
        """Seconds until the last segment ends."""
        return self.segments[-1].end if self.segments else 0.0

    def at(self, t: float) -> float:
        """Return the calls/s at `t`; 0 outside. At a step, the rate after it."""
        index = bisect_right(self._starts, t) - 1
        if index < 0 or t >= self.end:
            return 0.0
        return self.segments[index].rate_at(t)

    def cumulative(self, t: float) -> float:
        """Return the expected calls from 0 until `t`."""
        index = bisect_right(self._starts, t) - 1
        if index < 0:
            return 0.0
        segment = self.segments[index]
        return self.before[index] + segment.area(min(t, segment.end))


def rate_of(traffic: Traffic) -> Rate:
    """Return the rate that a scenario's traffic plans: base times growth, and every layer on top."""
    parts = [_base(traffic), *(_layer(layer) for layer in traffic.layers)]
    return _sum([part for part in parts if part], traffic.duration)


def _base(traffic: Traffic) -> list[Segment]:
    if traffic.intervals:
        width = traffic.interval_seconds
        return [
            Segment(index * width, (index + 1) * width, rate, rate)
            for index, calls in enumerate(traffic.intervals)
            for rate in [calls * traffic.growth / width]
        ]
    return _shaped(traffic.calls_per_hour * traffic.growth / 3600.0, traffic.shape, 0.0, traffic.duration)


def _layer(layer: Layer) -> list[Segment]:
    return _shaped(layer.calls_per_hour / 3600.0, layer.shape, layer.start, layer.start + layer.duration)


def _shaped(rate: float, shape: Sequence[ShapePoint], start: float, end: float) -> list[Segment]:
    """Return `rate` times the shape's factor: constant before the first and after the last point."""
    if not shape:
        return [Segment(start, end, rate, rate)]
    times = [start, *(start + point.at for point in shape), max(end, start + shape[-1].at)]
    factors = [shape[0].factor, *(point.factor for point in shape), shape[-1].factor]
    return [
        Segment(t0, t1, rate * f0, rate * f1)
        for (t0, f0), (t1, f1) in pairwise(zip(times, factors, strict=True))
        if t1 > t0
    ]


def _sum(parts: Sequence[Sequence[Segment]], duration: float) -> Rate:
    """Add rate functions, cut to 0..duration."""
    edges = {0.0, duration}
    for part in parts:
        for segment in part:
            edges.update(edge for edge in (segment.start, segment.end) if 0.0 < edge < duration)
    cuts = sorted(edges)
    starts = [[segment.start for segment in part] for part in parts]
    segments = []
    for begin, end in pairwise(cuts):
        first = last = 0.0
        for part, begins in zip(parts, starts, strict=True):
            index = bisect_right(begins, begin) - 1
            if index >= 0 and part[index].end >= end:
                first += part[index].rate_at(begin)
                last += part[index].rate_at(end)
        segments.append(Segment(begin, end, first, last))
    return Rate(segments)
