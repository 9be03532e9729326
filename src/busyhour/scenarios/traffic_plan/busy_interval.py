"""Held rate of calls counted in short intervals: that of the busiest stretch that exceeds random variation.

The busiest of many single minutes is mostly random: with a mean of 10 calls a minute it has 20. Traffic is
measured over the busiest quarter or half of an hour instead (ITU-T E.500 reads traffic in periods of 15
minutes). A shorter stretch is used if the calls within the longer one vary more than a Poisson process does
(dispersion test: Fisher 1950, "The significance of deviations from expectation in a Poisson series",
Biometrics 6), or if one has significantly more calls.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

QUARTER = 900.0
"""Seconds of the shortest stretch that is used without a test."""
_ENOUGH = 400.0
"""Fewest calls in the busiest quarter of an hour (5 % standard deviation).

With fewer, the busiest half is used.
"""
_SIGNIFICANT = 0.01
"""Significance level, over all stretches of a length in the day, of more calls."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive intervals: index of the first, number, and their calls."""

    first: int
    count: int
    calls: float

    @property
    def each(self) -> float:
        """Mean calls per interval."""
        return self.calls / self.count


@dataclass(frozen=True, slots=True)
class Busy:
    """The stretch whose rate is held, and why it is not longer."""

    stretch: Stretch
    longer: Stretch | None = None
    """The stretch that would be used if calls varied randomly only; None: it was used."""


def busy(counts: Sequence[float], seconds: float) -> Busy:
    """Return the longest stretch with only random variation within.

    It is searched from the busiest quarter or half of an hour down.

    Args:
        counts: recorded calls of each interval, at least one.
        seconds: length of an interval.
    """
    sums = [0.0, *accumulate(counts)]
    most = max(1, min(len(counts), math.ceil(QUARTER / seconds - 1e-9)))
    if _busiest(sums, most).calls < _ENOUGH:
        most = min(len(counts), 2 * most) if seconds < QUARTER else most
    busiest = [_busiest(sums, count) for count in _lengths(most)]
    for place, stretch in enumerate(busiest):
        inside = counts[stretch.first : stretch.first + stretch.count]
        shorter = busiest[place + 1 :]
        if _by_chance(inside, stretch.each) and not any(
            _beyond(one, stretch.each, len(counts) // one.count) for one in shorter
        ):
            break
    return Busy(stretch, busiest[0] if place else None)


def _lengths(most: int) -> Iterator[int]:
    """Yield numbers of intervals, each three quarters of the one before, down to one."""
    while most:
        yield most
        most = most * 3 // 4


def _busiest(sums: Sequence[float], count: int) -> Stretch:
    """Return the stretch of `count` intervals with the most calls, the first of several."""
    calls, at = max((sums[end] - sums[end - count], count - end) for end in range(count, len(sums)))
    return Stretch(-at, count, calls)


def _by_chance(inside: Sequence[float], each: float) -> bool:
    """Whether counts vary no more than a Poisson process of that mean.

    Sum of (x - m)^2 / m against chi squared.
    """
    from scipy.stats import chi2

    if len(inside) < 2 or each <= 0.0:
        return True
    squares = math.fsum((count - each) ** 2 for count in inside) / each
    return float(chi2.sf(squares, len(inside) - 1)) > _SIGNIFICANT


def _beyond(stretch: Stretch, each: float, stretches: int) -> bool:
    """Whether the busiest of `stretches` stretches has significantly more calls than `each` per interval."""
    from scipy.stats import poisson

    chance = float(poisson.sf(math.ceil(stretch.calls) - 1, each * stretch.count))
    return chance * max(1, stretches) <= _SIGNIFICANT
