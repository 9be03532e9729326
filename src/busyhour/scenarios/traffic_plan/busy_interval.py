"""The held rate of calls that were counted in short intervals: that of the busiest stretch that is more than chance.

The busiest of many single minutes is mostly chance: of 10 calls a minute in the mean it has 20. Traffic is measured over the
busiest quarter or half of an hour instead (ITU-T E.500 reads traffic in periods of 15 minutes). A shorter stretch is taken
where the calls within the longer one vary more than a Poisson process does (dispersion test: Fisher 1950, "The significance
of deviations from expectation in a Poisson series", Biometrics 6), or where one has more calls than chance allows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

QUARTER = 900.0
"""Seconds of the shortest stretch whose busiest is taken as it is."""
_ENOUGH = 400.0
"""Calls that the busiest quarter of an hour must have (5 % of standard deviation); with fewer, the busiest half is taken."""
_SIGNIFICANT = 0.01
"""Probability, of any stretch of a length in the day, up to which more calls are no chance."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Intervals in a row: the first of them, how many, and the calls in them."""

    first: int
    count: int
    calls: float

    @property
    def each(self) -> float:
        """Calls of one interval in the mean."""
        return self.calls / self.count


@dataclass(frozen=True, slots=True)
class Busy:
    """The stretch whose rate is held, and why it is no longer than that."""

    stretch: Stretch
    longer: Stretch | None = None
    """The stretch that would be taken if calls came by chance alone; None: it was taken."""


def busy(counts: Sequence[float], seconds: float) -> Busy:
    """The longest stretch, from the busiest quarter or half of an hour down, within which calls vary by chance alone.

    Args:
        counts: calls of each interval, recorded, at least one.
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
    """Three quarters as many intervals each time, down to one."""
    while most:
        yield most
        most = most * 3 // 4


def _busiest(sums: Sequence[float], count: int) -> Stretch:
    """The stretch of so many intervals with the most calls, the first of several."""
    calls, at = max((sums[end] - sums[end - count], count - end) for end in range(count, len(sums)))
    return Stretch(-at, count, calls)


def _by_chance(inside: Sequence[float], each: float) -> bool:
    """Whether counts do not vary more than a Poisson process of that mean: sum of (x - m)^2 / m against chi squared."""
    from scipy.stats import chi2

    if len(inside) < 2 or each <= 0.0:
        return True
    squares = math.fsum((count - each) ** 2 for count in inside) / each
    return float(chi2.sf(squares, len(inside) - 1)) > _SIGNIFICANT


def _beyond(stretch: Stretch, each: float, stretches: int) -> bool:
    """Whether one of so many stretches has more calls than chance allows where `each` comes in an interval."""
    from scipy.stats import poisson

    chance = float(poisson.sf(math.ceil(stretch.calls) - 1, each * stretch.count))
    return chance * max(1, stretches) <= _SIGNIFICANT
