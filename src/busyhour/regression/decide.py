"""From estimates to outcomes: regressed, equivalent, undecided.

For each metric, with effect e (how much worse the candidate is), tolerance d and standard error s:

- regressed: e > d is shown, by a one-sided test of e <= d;
- equivalent: e < d is shown, by a one-sided test of e >= d (non-inferiority: Schuirmann 1987, "A comparison of the
  two one-sided tests procedure...", its upper half; a metric that became better counts as equivalent);
- undecided: neither.

Both families of p-values are adjusted over all metrics by Benjamini and Hochberg (1995), "Controlling the false
discovery rate" (`scipy.stats.false_discovery_control`). As d > 0, two runs of one system (e = 0) rarely come near it.

s has two parts. Within runs: the standard deviation of the bootstrap replicates of the effect (Efron, Tibshirani
1993, "An Introduction to the Bootstrap", chapter 6), at least `Estimate.floor`. From run to run: the variance that
the baseline runs show beyond that, moderated towards an assumed one as in Smyth (2004), "Linear models and empirical
Bayes methods"; with a single baseline run the assumed one is all there is. Degrees of freedom: Satterthwaite (1946).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from busyhour.regression.bootstrap import Floats
from busyhour.regression.metric import Estimate

PRIOR_RUNS = 4.0
"""How many runs' worth of evidence the assumed run-to-run variance counts as."""
_MOST_RUNS = 50
_MOST_TIMES = 50.0


class Outcome(StrEnum):
    """What a comparison says of one metric."""

    REGRESSED = "regressed"
    """Worse by more than the tolerance."""
    EQUIVALENT = "equivalent"
    """Shown not to be worse by more than the tolerance."""
    UNDECIDED = "undecided"
    """Neither is shown; `advice` says what would decide."""


@dataclass(slots=True)
class Compared:
    """One metric's comparison. Effects are relative (0.1 is 10 % more) or differences in `unit`."""

    name: str
    unit: str
    relative: bool
    outcome: Outcome
    new: float
    old: float
    effect: float
    low: float
    """95 % confidence interval of the effect."""
    high: float
    tolerance: float
    """Of the effect, in the direction that is worse."""
    worse: int
    p_regressed: float
    """Adjusted for all metrics of this comparison."""
    p_equivalent: float
    advice: str = ""

    @property
    def better(self) -> bool:
        """Whether the whole confidence interval lies on the better side of no change."""
        return self.high < 0 if self.worse > 0 else self.low > 0


@dataclass(slots=True)
class _Error:
    """The standard error of an effect, in its parts."""

    within: float
    between: float
    """Variance of one run around the system's own value."""
    runs: tuple[int, int]
    df: float

    @property
    def total(self) -> float:
        return self.within + self.between * (1.0 / self.runs[0] + 1.0 / self.runs[1])


def decide(estimates: Sequence[Estimate], *, rate: float, seconds: float) -> list[Compared]:
    """Compare every metric.

    Args:
        estimates: of all metrics.
        rate: false discovery rate that is accepted.
        seconds: how long one run took, for the advice.
    """
    from scipy import stats

    if not estimates:
        return []
    effects = [one.worse * float(one.new.mean() - one.old.mean()) for one in estimates]
    errors = [_error(one) for one in estimates]
    judged = [one.too_few <= 1.0 for one in estimates]
    worse, well = [], []
    for one, effect, error in zip(estimates, effects, errors, strict=True):
        distance, spread = effect - one.tolerance, math.sqrt(error.total)
        score = distance / spread if spread > 0 else math.copysign(math.inf, distance) if distance else 0.0
        worse.append(float(stats.t.sf(score, error.df)))
        well.append(float(stats.t.cdf(score, error.df)))
    keep = np.array(judged)
    adjusted_worse, adjusted_well = (_adjusted(np.array(p), keep) for p in (worse, well))
    out = []
    for i, (one, effect, error) in enumerate(zip(estimates, effects, errors, strict=True)):
        if judged[i] and adjusted_worse[i] <= rate:
            outcome = Outcome.REGRESSED
        elif judged[i] and adjusted_well[i] <= rate:
            outcome = Outcome.EQUIVALENT
        else:
            outcome = Outcome.UNDECIDED
        half = float(stats.t.ppf(0.975, error.df)) * math.sqrt(error.total)
        needed = float(stats.t.isf(rate / len(estimates), max(error.df, 3.0)))
        out.append(
            _compared(
                one,
                outcome,
                effect,
                half,
                (float(adjusted_worse[i]), float(adjusted_well[i])),
                _advice(one, effect, error, needed, seconds) if outcome is Outcome.UNDECIDED else "",
            )
        )
    return out


def _adjusted(p: Floats, keep: Floats) -> Floats:
    from scipy import stats

    out = np.ones(len(p))
    if keep.any():
        out[keep] = stats.false_discovery_control(np.clip(p[keep], 0.0, 1.0), method="bh")
    return out


def _error(one: Estimate) -> _Error:
    runs = len(one.new), len(one.old)
    within = 0.0
    each: list[tuple[Floats, float]] = []
    if one.new_replicates is not None and one.old_replicates is not None:
        drawn = one.new_replicates.mean(axis=0) - one.old_replicates.mean(axis=0)
        within = float(drawn.var(ddof=1))
        for points, replicates in ((one.new, one.new_replicates), (one.old, one.old_replicates)):
            each.append((points, float(replicates.var(axis=1, ddof=1).mean())))
    else:
        share = one.floor / (1.0 / runs[0] + 1.0 / runs[1])
        each = [(one.new, share), (one.old, share)]
    within = max(within, one.floor)
    evidence, weight = PRIOR_RUNS * one.noise**2, PRIOR_RUNS
    for points, own in each:
        if len(points) > 1:
            evidence += (len(points) - 1) * max(0.0, float(points.var(ddof=1)) - own)
            weight += len(points) - 1
    between = evidence / weight
    parts = within, between * (1.0 / runs[0] + 1.0 / runs[1])
    total = sum(parts)
    blocks = max(2.0, one.blocks - 1.0)
    squares = parts[0] ** 2 / blocks + parts[1] ** 2 / weight
    return _Error(within, between, runs, max(2.0, total**2 / squares) if squares > 0 else blocks)


def _compared(
    one: Estimate, outcome: Outcome, effect: float, half: float, p: tuple[float, float], advice: str
) -> Compared:
    centre = one.worse * effect
    low, high = centre - half, centre + half
    new, old, tolerance = float(one.new.mean()), float(one.old.mean()), one.tolerance
    if one.relative:
        new, old = math.exp(new), math.exp(old)
        centre, low, high, tolerance = (math.expm1(min(x, 50.0)) for x in (centre, low, high, tolerance))
    return Compared(
        one.name,
        one.unit,
        one.relative,
        outcome,
        new,
        old,
        centre,
        low,
        high,
        tolerance,
        one.worse,
        *p,
        advice,
    )


def _advice(one: Estimate, effect: float, error: _Error, needed: float, seconds: float) -> str:
    """What would decide, if the effect stays what it is: longer runs, or more of them."""
    if one.too_few > 1.0:
        return f"too few values for it; runs of {_minutes(seconds * one.too_few)} would have enough"
    wanted = ((effect - one.tolerance) / needed) ** 2
    a, b = error.runs
    fixed = error.between * (1.0 / a + 1.0 / b)
    ways = []
    if wanted > fixed and error.within > 0:
        # The spread of an event that was never seen falls with the length of the runs, not with its square root.
        times = (error.within / (wanted - fixed)) ** (0.5 if one.rare else 1.0)
        if times <= _MOST_TIMES:
            ways.append(f"runs of {_minutes(seconds * max(times, 1.1))}")
    if wanted > 0:
        each = error.within * a * b / (a + b) + error.between
        runs = math.ceil((each * 2.0 / wanted) ** (0.5 if one.rare else 1.0))
        if runs <= _MOST_RUNS:
            ways.append(f"{max(runs, a + 1)} runs on each side")
    if ways:
        return f"{' or '.join(ways)} would decide"
    return f"more than {_MOST_RUNS} runs on each side would be needed to decide"


def _minutes(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
