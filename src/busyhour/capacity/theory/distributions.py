"""Expectations of the distributions that `scenarios.traffic_plan.draw` samples, in closed form.

A distribution with an upper bound is redrawn until the value is at or below the bound, as in `draw.sampler`,
so its expectation is the conditional one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from busyhour.scenarios.model import Distribution

_NORMAL = NormalDist()
_NO_CV = 1e-6
"""Coefficient of variation below which a distribution is constant, as in `scenarios.traffic_plan.draw`."""
_TRIES = 100
"""Draws above the bound after which the bound itself is used, as in `scenarios.traffic_plan.draw`."""


@dataclass(frozen=True, slots=True)
class ProbabilityDistribution:
    """A distribution of durations in seconds: probabilities and partial expectations."""

    distribution: Distribution

    @property
    def constant(self) -> float | None:
        """The only value of a constant distribution; None for any other."""
        d = self.distribution
        if d.kind == "uniform":
            return None if self._top > d.low else d.low
        if d.kind == "constant" or d.mean == 0 or (d.kind != "exponential" and d.cv < _NO_CV):
            return d.mean if d.high is None else min(d.mean, d.high)
        return None

    @property
    def cv(self) -> float:
        """Coefficient of variation, of the distribution without its upper bound."""
        d = self.distribution
        if self.constant is not None:
            return 0.0
        if d.kind == "uniform":
            return (self._top - d.low) / math.sqrt(12.0) / self.mean()
        return 1.0 if d.kind == "exponential" else d.cv

    def below(self, x: float) -> float:
        """Return the probability of at most `x`."""
        return self._measure(x)[0]

    def up_to(self, x: float) -> float:
        """Return the partial expectation up to `x`: the mean with values above `x` counted as 0."""
        return self._measure(x)[1]

    def mean(self) -> float:
        """The mean."""
        return self._measure(math.inf)[1]

    def mean_of_least(self, x: float) -> float:
        """Return the mean of the smaller of the duration and `x`."""
        share, part = self._measure(x)
        return part + (1.0 - share) * x if share < 1.0 else part

    @property
    def _top(self) -> float:
        d = self.distribution
        return 2 * d.mean - d.low if d.high is None else d.high

    def _measure(self, x: float) -> tuple[float, float]:
        """Return the probability of at most `x`, and the partial expectation up to `x`."""
        value = self.constant
        if value is not None:
            return (1.0, value) if x >= value else (0.0, 0.0)
        d = self.distribution
        if d.kind == "uniform":
            low, top = d.low, self._top
            x = min(max(x, low), top)
            return (x - low) / (top - low), (x * x - low * low) / (2 * (top - low))
        if d.high is None:
            return self._free(x)
        whole, part = self._free(d.high)
        # Every draw was above the bound: the bound itself is used.
        stuck = (1.0 - whole) ** _TRIES
        if x >= d.high:
            return 1.0, (part / whole * (1.0 - stuck) if whole else 0.0) + stuck * d.high
        share, partial = self._free(x)
        return (share / whole * (1.0 - stuck), partial / whole * (1.0 - stuck)) if whole else (0.0, 0.0)

    def _free(self, x: float) -> tuple[float, float]:
        """Compute `_measure` without the upper bound."""
        d = self.distribution
        if x <= 0.0:
            return 0.0, 0.0
        if x == math.inf:
            return 1.0, d.mean
        if d.kind == "exponential":
            rest = math.exp(-x / d.mean)
            return 1.0 - rest, d.mean - (x + d.mean) * rest
        if d.kind == "lognormal":
            variance = math.log1p(d.cv * d.cv)
            sigma = math.sqrt(variance)
            z = (math.log(x / d.mean) + variance / 2) / sigma
            return _NORMAL.cdf(z), d.mean * _NORMAL.cdf(z - sigma)
        from scipy.special import gammainc

        shape = 1.0 / (d.cv * d.cv)
        scaled = x * shape / d.mean
        return float(gammainc(shape, scaled)), d.mean * float(gammainc(shape + 1.0, scaled))
