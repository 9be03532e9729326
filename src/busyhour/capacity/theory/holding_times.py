"""Distribution of call duration: quantiles, calls in progress at any time, peakedness of regular arrivals.

It is either solved (`lifetimes`), and then independent of the seed, or estimated from sampled calls with a
confidence interval. Times are in seconds.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

_GROUPS = 300
"""Number of equally likely durations that represent the distribution where a sum is taken at many moments."""


@dataclass(frozen=True, slots=True)
class HoldingTime:
    """Durations in ascending order with their probabilities.

    Where `resolution` is above 0, the durations are points of a grid with that spacing, and quantiles have
    that accuracy. `half_width` is the half-width of the mean's 95 % confidence interval, infinite if unknown.
    """

    seconds: Sequence[float]
    shares: Sequence[float]
    mean: float
    exact: bool
    half_width: float = 0.0
    resolution: float = 0.0
    _below: list[float] = field(init=False, repr=False)
    _groups: list[float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_below", list(accumulate(self.shares)))
        object.__setattr__(self, "_groups", _grouped(self.seconds, self.shares, self.mean))

    @classmethod
    def of_sample(cls, values: Sequence[float], half_width: float) -> HoldingTime:
        """Build the distribution of sampled calls; with no calls, all durations are 0 s."""
        ordered = sorted(values) or [0.0]
        share = 1.0 / len(ordered)
        mean = math.fsum(ordered) / len(ordered)
        return cls(ordered, [share] * len(ordered), mean, exact=False, half_width=half_width)

    @classmethod
    def of_atoms(cls, atoms: Mapping[float, float]) -> HoldingTime:
        """Build the distribution of calls with a few possible durations, from their probabilities."""
        ordered = sorted(atoms.items())
        mean = math.fsum(seconds * share for seconds, share in ordered)
        return cls([s for s, _ in ordered], [p for _, p in ordered], mean, exact=True)

    def cdf(self, seconds: float) -> float:
        """Return the share of calls that last at most `seconds`."""
        index = bisect_right(self.seconds, seconds)
        before = self._below[index - 1] if index else 0.0
        if not self.resolution:
            return min(before, 1.0)
        # A grid point represents half a step to either side of it.
        place = index - 1 if index and seconds < self.seconds[index - 1] + self.resolution / 2 else index
        if place >= len(self.seconds):
            return min(before, 1.0)
        start = self.seconds[place] - self.resolution / 2
        inside = min(max((seconds - start) / self.resolution, 0.0), 1.0)
        return min((self._below[place - 1] if place else 0.0) + inside * self.shares[place], 1.0)

    def quantile(self, share: float) -> float:
        """Return the duration that this share of calls does not exceed."""
        index = min(bisect_right(self._below, share * (1.0 - 1e-12)), len(self.seconds) - 1)
        if not self.resolution:
            return self.seconds[index]
        before = self._below[index - 1] if index else 0.0
        inside = (share - before) / self.shares[index] if self.shares[index] > 0.0 else 0.5
        return max(0.0, self.seconds[index] + (min(max(inside, 0.0), 1.0) - 0.5) * self.resolution)

    def in_progress(self, cumulative: Callable[[float], float], t: float) -> float:
        """Return the mean number of calls in progress at time t.

        It is E[L(t) - L(t - S)], with L the expected calls until then. Eick, Massey and Whitt, "The physics
        of the Mt/G/infinity queue", Operations Research 41(4), 1993.
        """
        until = cumulative(t)
        return math.fsum(until - cumulative(t - s) for s in self._groups) / len(self._groups)

    def mean_of_shorter(self) -> float:
        """Return the mean of the shorter of two independent calls: the integral of (1 - G)^2."""
        parts, last, left = [], 0.0, 1.0
        for seconds, share in zip(self.seconds, self.shares, strict=True):
            parts.append(left * left * (seconds - last))
            last, left = seconds, max(0.0, left - share)
        return math.fsum(parts)


def _grouped(seconds: Sequence[float], shares: Sequence[float], mean: float) -> list[float]:
    """Return the means of equally likely groups of the durations, in ascending order.

    Their mean is `mean`.
    """
    count = min(_GROUPS, len(seconds)) if len(set(shares)) == 1 else _GROUPS
    if len(seconds) == 1:
        return [mean]
    size = math.fsum(shares) / count
    sums, filled, group = [0.0] * count, 0.0, 0
    for value, share in zip(seconds, shares, strict=True):
        left = share
        while left > 0.0:
            room = size - filled
            if left < room or group == count - 1:
                sums[group] += left * value
                filled += left
                break
            sums[group] += room * value
            left -= room
            filled, group = 0.0, group + 1
    found = [total / size for total in sums]
    # Correct the mean for rounding and the grid.
    excess = math.fsum(found) / count - mean
    if found[-1] > 0.0 and abs(excess) * count < found[-1]:
        found[-1] -= excess * count
    return found
