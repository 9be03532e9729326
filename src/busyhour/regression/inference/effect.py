"""Effect of the candidate in each metric and its variance, within the runs and between runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from busyhour.regression.inference.spread import LEAST_NIGHTS, Level, Spread, level
from busyhour.regression.metrics.metric import Estimate
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.resampling.block_bootstrap import Floats

_CALMEST = 3
"""One latency in this many, those with the smallest variation between runs, is assumed to have it by chance.
"""
_MOST_HIDDEN = 0.5
"""Largest share of a run's variance that blocks hide.

Replicates scatter around the run's own mean, so that of n windows blocks of length l leave l/n of it out
(Kuensch 1989, "The jackknife and the bootstrap for general stationary observations").
"""
State = Callable[[Estimate, Observation], Any]


@dataclass(frozen=True, slots=True)
class Effect:
    """Effect in one metric, positive if the candidate is worse, on the metric's scale."""

    one: Estimate
    level: Level
    size: float
    within: float
    """Variance of the effect within the runs."""
    runs: tuple[int, int]
    enough: bool
    """Whether there are enough baseline runs to judge it."""

    @property
    def fixed(self) -> float:
        """Variance of the effect between runs, which longer runs do not reduce."""
        return self.level.spread.between * (1.0 / self.runs[0] + 1.0 / self.runs[1])

    @property
    def error(self) -> float:
        """Standard error."""
        return math.sqrt(self.within + self.fixed)

    @property
    def df(self) -> float:
        """Degrees of freedom of the error (Satterthwaite 1946)."""
        blocks = max(2.0, self.one.blocks - 1.0)
        squares = self.within**2 / blocks + self.fixed**2 / self.level.spread.df
        return max(1.0, (self.within + self.fixed) ** 2 / squares if squares > 0 else blocks)

    def at_least(self, usual: Spread) -> Effect:
        """Return the effect with a variation between runs of at least `usual`."""
        if self.level.spread.between >= usual.between:
            return self
        spread = replace(usual, df=min(usual.df, self.level.spread.df))
        return replace(self, level=replace(self.level, spread=spread))


def effects(estimates: Sequence[Estimate], state: State, *, known: bool) -> list[Effect]:
    """Compute the effect in every metric.

    Latencies of one machine vary from run to run together. So a run that is an outlier in their mean is left
    out of all of them, and the variation of each is at least that of the calmest third.

    Args:
        estimates: of all metrics.
        state: state that a baseline run's level represents; the greatest is the current one.
        known: whether the project states the variation between runs.
    """
    apart = _apart([one for one in estimates if _is_latency(one)], state)
    found = [_effect(one, state, apart if _is_latency(one) else frozenset(), known) for one in estimates]
    spreads = sorted(
        (each.level.spread for each in found if _is_latency(each.one)), key=lambda one: one.between
    )
    return [
        each.at_least(spreads[len(spreads) // _CALMEST]) if _is_latency(each.one) else each for each in found
    ]


def _is_latency(one: Estimate) -> bool:
    return one.relative and one.noise > 0.0


def _apart(latencies: Sequence[Estimate], state: State) -> frozenset[int]:
    """Return the baseline runs (by `id`) that are outliers in the mean of all latencies."""
    most = max((len(one.old_runs) for one in latencies), default=0)
    chosen = [one for one in latencies if len(one.old_runs) == most]
    if not chosen:
        return frozenset()
    first = chosen[0]
    own = [np.concatenate(_own(one)) for one in chosen]
    weights = np.array([1.0 / max(float(each.mean()), 1e-12) for each in own])
    # The latencies of a run vary together, so their mean is as accurate as the most accurate of them, not
    # more.
    variance = np.average(np.sqrt(own), axis=0, weights=weights) ** 2
    values = np.average([np.concatenate((one.new, one.old)) for one in chosen], axis=0, weights=weights)
    count = len(first.new)
    found = level(
        values[count:],
        variance[count:],
        [state(first, run) for run in first.old_runs],
        noise=first.noise,
        new=(values[:count], variance[:count]),
    )
    return frozenset(id(first.old_runs[at]) for at in found.left_out)


def _own(one: Estimate) -> tuple[Floats, Floats]:
    """Return the variance of each value within its run: of the candidate runs, of the baseline runs."""
    new, old = one.least[: len(one.new)], one.least[len(one.new) :]
    if one.new_replicates is not None and one.old_replicates is not None:
        new = np.maximum(new, one.new_replicates.var(axis=1, ddof=1))
        old = np.maximum(old, one.old_replicates.var(axis=1, ddof=1))
    return new, old


def _effect(one: Estimate, state: State, apart: frozenset[int], known: bool) -> Effect:
    own_new, own_old = _own(one)
    found = level(
        one.old,
        own_old,
        [state(one, run) for run in one.old_runs],
        noise=one.noise,
        new=(one.new, own_new),
        apart=[at for at, run in enumerate(one.old_runs) if id(run) in apart],
    )
    kept = found.kept
    runs = len(one.new), len(kept)
    least_new, least_old = one.least[: len(one.new)], one.least[len(one.new) :]
    within = float(least_new.mean() / runs[0] + least_old[kept].mean() / runs[1])
    if one.new_replicates is not None and one.old_replicates is not None:
        drawn = one.new_replicates.mean(axis=0) - one.old_replicates[kept].mean(axis=0)
        within = max(within, float(drawn.var(ddof=1)) / (1.0 - min(1.0 / one.blocks, _MOST_HIDDEN)))
    enough = one.steady or found.spread.shown >= LEAST_NIGHTS - 1 or (known and one.noise > 0.0)
    size = one.worse * float(one.new.mean() - one.old[kept].mean())
    return Effect(one, found, size, within, runs, enough)
