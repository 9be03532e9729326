"""From estimates to outcomes: regressed, changed, equivalent, undecided.

For each metric, with effect e (how much worse the candidate is), tolerance d and standard error s:

- regressed: e > d is significant, by a one-sided test of e <= d;
- changed: e < -d is significant, for metrics of which less is not better (invocations per call, calls that reach an agent);
- follows: changed, and the flows or the scenario differ from those of the baseline runs; not judged;
- equivalent: e < d is significant, by a one-sided test of e >= d (non-inferiority: Schuirmann 1987, "A comparison of the
  two one-sided tests procedure...", its upper half; a metric that became better counts as equivalent); both halves
  where less is not better;
- undecided: none of these, or too few baseline nights to know how nights differ.

Both families of p-values are adjusted over all metrics by Benjamini and Hochberg (1995), "Controlling the false
discovery rate" (`scipy.stats.false_discovery_control`). As d > 0, two runs of one system (e = 0) rarely come near it.

s has two parts. Within runs: the standard deviation of the bootstrap replicates of the effect (Efron, Tibshirani
1993, "An Introduction to the Bootstrap", chapter 6), at least `Estimate.least`. From night to night: see `spread`.
Degrees of freedom: Satterthwaite (1946).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from busyhour.regression.inference.effect import Effect, effects
from busyhour.regression.inference.spread import LEAST_NIGHTS
from busyhour.regression.metrics.metric import Estimate
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.resampling.block_bootstrap import Floats

TOO_FEW_NIGHTS = "too few nights to judge"
_MOST_RUNS = 50
_MOST_TIMES = 50.0


class Outcome(StrEnum):
    """Outcome of a comparison for one metric."""

    REGRESSED = "regressed"
    """Worse by more than the tolerance."""
    CHANGED = "changed"
    """Different by more than the tolerance, if neither more nor less is better."""
    FOLLOWS = "follows"
    """Changed, and the flows or the scenario changed too: see `Compared.advice`; not judged."""
    EQUIVALENT = "equivalent"
    """Significantly not worse by more than the tolerance."""
    UNDECIDED = "undecided"
    """None of the above is significant; `advice` gives what would decide."""


@dataclass(slots=True)
class Compared:
    """Comparison of one metric. Effects are relative (0.1 is 10 % more) or differences in `unit`."""

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
    """Tolerance of the effect, in the worse direction."""
    worse: int
    p_regressed: float
    """Adjusted for all metrics of this comparison."""
    p_equivalent: float
    advice: str = ""
    both: bool = False
    """Whether the tolerance applies in both directions."""
    suspected: bool = False
    """Undecided only because there are too few baseline runs: if all runs were alike, it would be worse."""
    left_out: list[str] = field(default_factory=list)
    """Names of baseline runs that are outliers in this metric."""

    @property
    def better(self) -> bool:
        """Whether the whole confidence interval is on the better side of no change."""
        if self.both:
            return False
        return self.high < 0 if self.worse > 0 else self.low > 0


def decide(
    estimates: Sequence[Estimate],
    *,
    rate: float,
    seconds: float,
    state: Callable[[Estimate, Observation], Any] = lambda one, run: run.era,
    follows: Callable[[Estimate], str] = lambda one: "",
    known: bool = False,
) -> list[Compared]:
    """Compare every metric.

    Args:
        estimates: of all metrics.
        rate: accepted false discovery rate.
        seconds: duration of one run, for the advice.
        state: state that a baseline run's level represents; the greatest is the current one.
        follows: the change of flows or scenario that a metric's change follows from; empty: none.
        known: whether the project states the variation between runs, so that it need not be estimated from
            them.
    """
    from scipy import stats

    if not estimates:
        return []
    judged = effects(estimates, state, known=known)
    more = [_tail(each, each.size - each.one.tolerance) for each in judged]
    less = [_tail(each, -each.size - each.one.tolerance) if each.one.both else 1.0 for each in judged]
    other = [
        2.0 * min(pair) if each.one.both else pair[0] for each, *pair in zip(judged, more, less, strict=True)
    ]
    well = [
        max(1.0 - p, 1.0 - q if each.one.both else 0.0) for each, p, q in zip(judged, more, less, strict=True)
    ]
    keep = np.array([each.one.too_few <= 1.0 for each in judged])
    adjusted_other, adjusted_well = (_adjusted(np.array(p), keep) for p in (other, well))
    out = []
    for each, shown, same, kept in zip(judged, adjusted_other, adjusted_well, keep, strict=True):
        outcome, suspected = Outcome.UNDECIDED, False
        if kept and shown <= rate:
            outcome = _direction(each, follows(each.one))
        elif kept and same <= rate:
            outcome = Outcome.EQUIVALENT
        if not each.enough:
            suspected = outcome in (Outcome.REGRESSED, Outcome.CHANGED)
            outcome = outcome if outcome is Outcome.FOLLOWS else Outcome.UNDECIDED
        needed = float(stats.t.isf(rate / len(estimates), max(each.df, 3.0)))
        half = float(stats.t.ppf(0.975, each.df)) * each.error
        made = _compared(each, outcome, half, (float(shown), float(same)))
        made.suspected = suspected
        if outcome is Outcome.FOLLOWS:
            made.advice = f"follows from {follows(each.one)}"
        elif outcome is Outcome.UNDECIDED:
            made.advice = _advice(each, needed, seconds)
        out.append(made)
    return out


def _direction(each: Effect, follows: str) -> Outcome:
    if each.size > 0 and not each.one.neutral:
        return Outcome.REGRESSED
    return Outcome.FOLLOWS if follows else Outcome.CHANGED


def _tail(each: Effect, distance: float) -> float:
    """Return the p-value of an effect at the tolerance: probability of one at least `distance` beyond it."""
    from scipy import stats

    if each.error > 0:
        return float(stats.t.sf(distance / each.error, each.df))
    return 0.5 if distance == 0 else float(distance < 0)


def _adjusted(p: Floats, keep: Floats) -> Floats:
    from scipy import stats

    out = np.ones(len(p))
    if keep.any():
        out[keep] = stats.false_discovery_control(np.clip(p[keep], 0.0, 1.0), method="bh")
    return out


def _compared(each: Effect, outcome: Outcome, half: float, p: tuple[float, float]) -> Compared:
    one = each.one
    centre = one.worse * each.size
    low, high = centre - half, centre + half
    new, old, tolerance = float(one.new.mean()), float(one.old[each.level.kept].mean()), one.tolerance
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
        both=one.both,
        left_out=[one.old_runs[at].name for at in sorted(each.level.left_out)],
    )


def _advice(each: Effect, needed: float, seconds: float) -> str:
    """Return what would decide if the effect stays the same: longer runs, or more of them."""
    one = each.one
    if one.too_few > 1.0:
        return f"too few values; runs of {_minutes(seconds * one.too_few)} would have enough"
    if not each.enough:
        return f"{TOO_FEW_NIGHTS}: {len(one.old)} of at least {LEAST_NIGHTS}"
    distance = each.size - one.tolerance
    if one.both and each.size < 0:
        distance = -each.size - one.tolerance
    wanted = (distance / needed) ** 2
    a, b = each.runs
    ways = []
    if wanted > each.fixed and each.within > 0:
        # The spread of an event that was never observed falls with the length of the runs, not with its
        # square root.
        times = (each.within / (wanted - each.fixed)) ** (0.5 if one.rare else 1.0)
        if times <= _MOST_TIMES:
            ways.append(f"runs of {_minutes(seconds * max(times, 1.1))}")
    if wanted > 0:
        of_one = each.within * a * b / (a + b) + each.level.spread.between
        runs = math.ceil((of_one * 2.0 / wanted) ** (0.5 if one.rare else 1.0))
        if runs <= _MOST_RUNS:
            ways.append(f"{max(runs, a + 1)} runs on each side")
    if ways:
        return f"{' or '.join(ways)} would decide"
    return f"more than {_MOST_RUNS} runs on each side would be needed to decide"


def _minutes(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
