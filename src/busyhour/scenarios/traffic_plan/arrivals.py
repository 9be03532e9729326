"""Arrival schedule: the intended start of each call, drawn before the run and the same on every machine.

**Poisson arrivals** come from the time-rescaling theorem: if Y1 < Y2 < ... are the points of a Poisson process of
rate 1 and L(t) is the integral of the planned rate from 0 to t, then L^-1(Y1), L^-1(Y2), ... is a Poisson process of
the planned rate (Cinlar, Introduction to Stochastic Processes, 1975, section 4.7; Law, Simulation Modeling and
Analysis, section on nonstationary Poisson processes). The gaps between the Y are exponential with mean 1. They are
drawn by von Neumann's comparison method (Various techniques used in connection with random digits, 1951), which
needs uniform numbers and comparisons and no logarithm: Python promises the same `random()` for the same seed in
every version, and comparisons do not depend on a C library, so the starts agree to the last bit on every machine.

**Even arrivals** put call i at L^-1(i + 1/2): the plan itself, without chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from busyhour.scenarios.traffic import ArrivalProcess, Traffic
from busyhour.scenarios.traffic_plan.draw import rng_for
from busyhour.scenarios.traffic_plan.rate import Rate, rate_of


class Arrival(NamedTuple):
    """Call number `call` (from 0, in order of time) with its intended start.

    `at` is in seconds from the start of the run.
    """

    call: int
    at: float


class Schedule:
    """The intended starts of all calls of a run, in order of time, whole microseconds.

    Every iteration draws the starts again and stores nothing, so a schedule of any length uses no memory.

    Args:
        traffic: the scenario's traffic. seed: the scenario's seed. Same traffic and seed, same schedule.
    """

    def __init__(self, traffic: Traffic, seed: int) -> None:
        self.traffic = traffic
        self.seed = seed
        self.rate: Rate = rate_of(traffic)

    @property
    def duration(self) -> float:
        """Seconds in which calls may start."""
        return self.traffic.duration

    @property
    def expected(self) -> float:
        """Expected number of calls: the integral of the rate.

        The number in a Poisson schedule varies around it.
        """
        return self.rate.total

    def rate_at(self, t: float) -> float:
        """Return the planned calls/s at `t` seconds."""
        return self.rate.at(t)

    def __iter__(self) -> Iterator[Arrival]:
        for call, at in enumerate(_places(self.rate, self._positions())):
            yield Arrival(call, at)

    def __len__(self) -> int:
        """Calls that start; draws the schedule once."""
        return self._length

    def window(self, start: float, end: float) -> Iterator[Arrival]:
        """Draw the arrivals from `start` to `end` seconds independently of the whole schedule.

        They are not those of the whole schedule, but as likely. Nothing before the window is drawn. Calls are
        numbered from its start.
        """
        before, until = self.rate.cumulative(start), self.rate.cumulative(end)
        if self.traffic.arrivals is ArrivalProcess.EVEN:
            positions = (i + 0.5 for i in range(math.ceil(before - 0.5), math.ceil(until - 0.5)))
        else:
            draw = rng_for(self.seed, 0, "arrivals").random
            positions = (before + position for position in _unit_poisson(draw, until - before))
        for call, at in enumerate(_places(self.rate, positions)):
            yield Arrival(call, at)

    def worker(self, k: int, n: int) -> Iterator[Arrival]:
        """Return the arrivals of worker `k` of `n`: those with call mod n = k.

        Together the workers have all of them.

        Raises:
            ValueError: `k` is not a number from 0 to n - 1.
        """
        if not 0 <= k < n:
            raise ValueError(f"worker {k} of {n}: the first is 0, the last {n - 1}")
        return islice(self, k, None, n)

    def planned_series(self, step: float = 1.0) -> tuple[list[float], list[float]]:
        """Return the plan as a series: starts of bins of `step` seconds, and expected calls/s in each."""
        edges = self._edges(step)
        totals = [self.rate.cumulative(edge) for edge in edges]
        rates = [(totals[i + 1] - totals[i]) / (edges[i + 1] - edges[i]) for i in range(len(edges) - 1)]
        return edges[:-1], rates

    def intended_series(self, step: float = 1.0) -> tuple[list[float], list[float]]:
        """Return the intended starts as a series: starts of bins of `step` seconds, and calls/s in each."""
        edges = self._edges(step)
        counts = [0] * (len(edges) - 1)
        for arrival in self:
            counts[min(int(arrival.at / step), len(counts) - 1)] += 1
        return edges[:-1], [count / (edges[i + 1] - edges[i]) for i, count in enumerate(counts)]

    @cached_property
    def _length(self) -> int:
        return sum(1 for _ in self._positions())

    def _edges(self, step: float) -> list[float]:
        bins = max(1, math.ceil(self.duration / step - 1e-9))
        return [i * float(step) for i in range(bins)] + [self.duration]

    def _positions(self) -> Iterator[float]:
        """Return positions of the calls on the scale of expected calls, 0..expected."""
        total = self.rate.total
        if self.traffic.arrivals is ArrivalProcess.EVEN:
            # Tolerance: the integral of a whole number of calls may be short by a rounding error.
            return (i + 0.5 for i in range(math.floor(total + 0.5 + 1e-9)))
        return _unit_poisson(rng_for(self.seed, 0, "arrivals").random, total)


def _unit_poisson(uniform: Callable[[], float], total: float) -> Iterator[float]:
    """Yield the points of a Poisson process of rate 1 on 0..total."""
    position = 0.0
    while True:
        # Von Neumann: a falling run u1 > u2 > ... has odd length with probability exp(-u1). If odd, u1 is the
        # fraction of the exponential number; each run of even length adds a whole 1.
        whole = 0.0
        while True:
            first = last = uniform()
            odd = True
            while (value := uniform()) < last:
                last = value
                odd = not odd
            if odd:
                break
            whole += 1.0
        position += whole + first
        if position >= total:
            return
        yield position


def _places(rate: Rate, positions: Iterator[float]) -> Iterator[float]:
    """Return the times at which the integral of the rate reaches the (ascending) positions.

    Whole microseconds.
    """
    number = 0
    segments, before = rate.segments, rate.before
    last = len(segments) - 1
    for position in positions:
        while number < last and position >= before[number + 1]:
            number += 1
        seconds = segments[number].reach(position - before[number])
        yield int(seconds * 1e6 + 0.5) / 1e6
