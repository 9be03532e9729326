"""Distribution of one quantity over calls: mean and quantiles, solved or sampled, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from busyhour.capacity.simulation import confidence_intervals as intervals
from busyhour.capacity.simulation.confidence_intervals import Interval
from busyhour.capacity.theory.holding_times import HoldingTime

_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Quantity:
    """The distribution of one quantity over calls.

    `half_width` is the half-width of the mean's 95 % interval. If `exact`, the mean was solved and has no
    interval; if `exact_quantiles`, so were the quantiles. Otherwise `intervals` are the 95 % intervals of
    quantiles by name; a missing one could not be estimated. `max` is the largest sampled value.
    """

    mean: float
    half_width: float
    p50: float
    p95: float
    p99: float
    max: float
    exact: bool = False
    exact_quantiles: bool = False
    intervals: Mapping[str, Interval] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Sequence[float], control: Control | None = None) -> Quantity:
        """Estimate from values in the order of calls, since consecutive waits are correlated.

        No value may be missing.

        Args:
            values: one for each call.
            control: control variable, drawn for each call, whose mean is known.
        """
        n = len(values)
        if n == 0:
            return cls(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        corrected = values if control is None else control.corrected(values)
        mean = math.fsum(corrected) / n
        ordered = sorted(values)
        around, at = {}, {}
        for name, share in _QUANTILES.items():
            at[name] = ordered[min(n - 1, math.ceil(share * n) - 1)]
            found = intervals.of_quantile(ordered, values, share)
            if found is not None:
                around[name] = found
        half = intervals.of_series(corrected)
        if control is not None:
            # The rest is mostly rare waits, which are rarely observed, as are the abandonments they cause.
            usual = sorted(corrected)[n // 2]
            half = max(half, intervals.of_series([abs(value - usual) for value in corrected]))
        return cls(mean, half, at["p50"], at["p95"], at["p99"], ordered[-1], intervals=around)

    def as_json(self) -> dict[str, float | list[float] | None]:
        """Return the quantity for the run record; an unknown half-width is None."""
        out: dict[str, float | list[float] | None] = {
            "mean": self.mean,
            "half_width": None if math.isinf(self.half_width) else self.half_width,
            "p50": self.p50,
            "p95": self.p95,
            "p99": self.p99,
            "max": self.max,
            "exact": self.exact,
            "exact_quantiles": self.exact_quantiles,
        }
        for name in _QUANTILES:
            around = self.intervals.get(name)
            out[f"{name}_interval"] = None if around is None else around.as_json()
        return out

    def solved(self, mean: float) -> Quantity:
        """Return the quantity with the exact mean."""
        return replace(self, mean=mean, half_width=0.0, exact=True)

    def distributed(self, holding: HoldingTime) -> Quantity:
        """Return the quantity with solved quantiles."""
        p50, p95, p99 = (holding.quantile(share) for share in _QUANTILES.values())
        return replace(self, p50=p50, p95=p95, p99=p99, exact_quantiles=True, intervals={})


@dataclass(frozen=True, slots=True)
class Control:
    """Control variable: values drawn for each call, with a known mean, which reduce the variance of others.

    Lavenberg and Welch, "A perspective on the use of control variables", Management Science 27(3), 1981.
    """

    values: Sequence[float]
    mean: float

    def corrected(self, values: Sequence[float]) -> list[float]:
        """Return the values minus the part that the control variable explains."""
        n = len(values)
        middle, own = math.fsum(values) / n, math.fsum(self.values) / n
        apart = [value - own for value in self.values]
        spread = math.fsum(a * a for a in apart)
        if spread <= 0.0:
            return list(values)
        slope = math.fsum(a * (v - middle) for a, v in zip(apart, values, strict=True)) / spread
        return [value - slope * (c - self.mean) for value, c in zip(values, self.values, strict=True)]
