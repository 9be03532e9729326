"""Variation between nightly runs, and selection of the baseline runs that count.

The variance between runs is what the baseline runs show beyond their own, moderated towards an assumed one as
in Smyth (2004), "Linear models and empirical Bayes methods", unless the runs contradict it: then they alone
count. An outlier by a test that leaves it out (a deleted residual against Student's t, Bonferroni over the
runs: Cook and Weisberg 1982, "Residuals and influence in regression", 2.2) is left out of the metric. Runs of
an earlier state (before a regression was accepted, before the flows changed) contribute to the variation, not
to the level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from busyhour.regression.resampling.block_bootstrap import Floats

PRIOR_RUNS = 4.0
"""Number of runs that the assumed variance counts as."""
CONTRADICTED = 3.0
"""Ratio of observed to assumed variance above which the assumed one is dropped."""
LEAST_NIGHTS = 3
"""Baseline runs of one state that are needed to estimate the variation between runs."""
_LEFT_OUT = 0.05
"""Probability that any baseline run is left out of a metric if all are alike."""
_WITHIN_DF = 20.0
"""Degrees of freedom assumed for a variance within a run, where only outliers depend on it."""
_ROBUST_FROM = 4
"""Number of runs above which outliers are detected."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The variance between runs of one metric."""

    between: float
    df: float
    """Degrees of freedom."""
    shown: float
    """Degrees of freedom from the runs themselves, without the assumed variance."""


@dataclass(frozen=True, slots=True)
class Level:
    """The baseline runs that determine the level."""

    kept: NDArray[np.int64]
    left_out: NDArray[np.int64]
    spread: Spread


def level(
    old: Floats,
    own: Floats,
    groups: Sequence[Any],
    *,
    noise: float,
    new: tuple[Floats, Floats],
    apart: Sequence[int] = (),
) -> Level:
    """Compute the level of the state of the last group, and the variation between runs.

    Args:
        old: values of the baseline runs.
        own: variance of each of them within its run.
        groups: state that each run belongs to; the level is that of the last in order (`max`).
        noise: assumed standard deviation between runs; 0: none.
        new: values and variances within the run of the candidate runs.
        apart: runs that are known to be outliers.
    """
    last = max(groups)
    of = {group: np.array([i for i, each in enumerate(groups) if each == group]) for group in set(groups)}
    current = of[last]
    others = [(old[at], own[at]) for group, at in of.items() if group != last] + [new]
    left_out = np.intersect1d(current, np.array(apart, dtype=np.int64))
    if len(current) - len(left_out) < LEAST_NIGHTS:
        left_out = left_out[:0]
    current = np.setdiff1d(current, left_out)
    most = max(1, len(current) // 5)
    while len(current) >= _ROBUST_FROM and len(left_out) < most:
        far = int(np.abs(old[current] - np.median(old[current])).argmax())
        rest = np.delete(current, far)
        found = spread([(old[rest], own[rest]), *others], noise)
        parts = found.between * (1.0 + 1.0 / len(rest)), own[current[far]] + own[rest].mean() / len(rest)
        if not _unlike(abs(old[current[far]] - old[rest].mean()), parts, found.df, len(current)):
            break
        left_out, current = np.append(left_out, current[far]), rest
    return Level(current, left_out, spread([(old[current], own[current]), *others], noise))


def _unlike(distance: float, parts: tuple[float, float], df: float, nights: int) -> bool:
    """Whether a run is farther from the others than chance explains.

    `parts`: variance between runs, within.
    """
    from scipy import stats

    variance = sum(parts)
    if variance <= 0.0:
        return distance > 0.0
    freedom = variance**2 / (parts[0] ** 2 / df + parts[1] ** 2 / _WITHIN_DF)
    return float(2.0 * nights * stats.t.sf(distance / math.sqrt(variance), freedom)) < _LEFT_OUT


def spread(groups: Sequence[tuple[Floats, Floats]], noise: float) -> Spread:
    """Compute the variance between runs within groups of (values, variances within the runs)."""
    squares = shown = 0.0
    for values, own in groups:
        if len(values) > 1:
            squares += (len(values) - 1) * max(0.0, float(values.var(ddof=1)) - float(own.mean()))
            shown += len(values) - 1
    if noise > 0.0 and squares <= CONTRADICTED * noise**2 * shown:
        weight = PRIOR_RUNS + shown
        return Spread((PRIOR_RUNS * noise**2 + squares) / weight, weight, shown)
    return Spread(squares / shown if shown else 0.0, max(1.0, shown), shown)
