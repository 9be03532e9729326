"""Expectations of the scenario's distributions in closed form: what `scenarios.traffic_plan.draw` samples, without sampling.

A distribution with an upper bound is the one drawn again until it is at or below the bound, as `draw.sampler` does it,
so its expectation is the conditional one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from busyhour.scenarios.model import Distribution

_NORMAL = NormalDist()
_NO_CV = 1e-6
"""As in `scenarios.traffic_plan.draw`: below this a coefficient of variation is none."""
_TRIES = 100
"""As there: so many draws above the bound, and the bound itself is taken."""


@dataclass(frozen=True, slots=True)
class ProbabilityDistribution:
    """A distribution of seconds: probabilities and partial expectations."""

    distribution: Distribution

    @property
    def constant(self) -> float | None:
        """The one value that it has; None where it has more."""
        d = self.distribution
        if d.kind == "uniform":
            return None if self._top > d.low else d.low
        if d.kind == "constant" or d.mean == 0 or (d.kind != "exponential" and d.cv < _NO_CV):
            return d.mean if d.high is None else min(d.mean, d.high)
        return None

    def below(self, x: float) -> float:
        """Probability of at most `x`."""
        return self._measure(x)[0]

    def up_to(self, x: float) -> float:
        """Partial expectation: the mean of what is at most `x`, anything above counted as 0."""
        return self._measure(x)[1]

    def mean(self) -> float:
        """The mean."""
        return self._measure(math.inf)[1]

    def mean_of_least(self, x: float) -> float:
        """The mean of the smaller of it and `x`."""
        share, part = self._measure(x)
        return part + (1.0 - share) * x if share < 1.0 else part

    @property
    def _top(self) -> float:
        d = self.distribution
        return 2 * d.mean - d.low if d.high is None else d.high

    def _measure(self, x: float) -> tuple[float, float]:
        """Probability of at most `x`, and the partial expectation up to there."""
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
        # All draws above the bound: the bound itself.
        stuck = (1.0 - whole) ** _TRIES
        if x >= d.high:
            return 1.0, (part / whole * (1.0 - stuck) if whole else 0.0) + stuck * d.high
        share, partial = self._free(x)
        return (share / whole * (1.0 - stuck), partial / whole * (1.0 - stuck)) if whole else (0.0, 0.0)

    def _free(self, x: float) -> tuple[float, float]:
        """The same without the upper bound."""
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
