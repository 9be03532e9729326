"""Change points in a metric over nightly runs.

E-divisive: Matteson, James (2014), "A nonparametric approach for multiple change point analysis of
multivariate data": split where the energy distance (Szekely, Rizzo 2005) between the two sides is largest,
keep the split if a permutation test finds it significant, continue within both sides. It is run on ranks
within each part, so that a single outlier cannot pull a split towards it; at least `SHORTEST` runs lie on
each side of a split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from busyhour.regression.resampling.block_bootstrap import Floats

SHORTEST = 4
PERMUTATIONS = 999
SIGNIFICANCE = 0.01
_BATCH = 25
"""Number of permutations that are computed together."""


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A change point.

    `index` is the first run of the new level; `before` and `after` are medians of each side.
    """

    index: int
    before: float
    after: float
    p: float

    @property
    def relative(self) -> float | None:
        """Change relative to the level before; None if that was 0."""
        return self.after / self.before - 1.0 if self.before else None


def change_points(values: Sequence[float], *, significance: float = SIGNIFICANCE) -> list[ChangePoint]:
    """Detect the change points of a series, in the order of time.

    Args:
        values: one for each run, oldest first; no NaN.
        significance: p-value at which a split is kept.
    """
    x = np.asarray(values, dtype=float)
    rng = np.random.default_rng(2026)
    found: dict[int, float] = {}
    parts = [(0, len(x))]
    while parts:
        start, end = parts.pop()
        split = _best(x[start:end], rng, significance)
        if split is not None:
            at, p = split
            found[start + at] = p
            parts += [(start, start + at), (start + at, end)]
    edges = [0, *sorted(found), len(x)]
    return [
        ChangePoint(at, float(np.median(x[before:at])), float(np.median(x[at:after])), found[at])
        for before, at, after in zip(edges, edges[1:], edges[2:], strict=False)
    ]


def _best(x: Floats, rng: np.random.Generator, significance: float) -> tuple[int, float] | None:
    """Return the best split of `x` and its p-value; None if it is not significant."""
    n = len(x)
    if n < 2 * SHORTEST or np.ptp(x) == 0.0:
        return None
    from scipy import stats

    ranks = stats.rankdata(x)
    (at,), (value,) = _splits(ranks[None, :])
    above = 1
    done = 0
    while done < PERMUTATIONS:
        count = min(_BATCH, PERMUTATIONS - done)
        done += count
        shuffled = rng.permuted(np.broadcast_to(ranks, (count, n)), axis=1)
        above += int((_splits(shuffled)[1] >= value).sum())
        if above > significance * (PERMUTATIONS + 1):
            return None  # can no longer become significant
    return int(at), above / (PERMUTATIONS + 1)


def _splits(series: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return for each row the largest scaled energy distance between left and right, and its place."""
    n = series.shape[1]
    distance = np.abs(series[:, :, None] - series[:, None, :])
    sums = distance.cumsum(axis=1).cumsum(axis=2)
    at = np.arange(SHORTEST, n - SHORTEST + 1)
    left = sums[:, at - 1, at - 1]
    cross = sums[:, at - 1, n - 1] - left
    right = sums[:, n - 1, n - 1][:, None] - left - 2.0 * cross
    m = at.astype(float)
    k = n - m
    energy = 2.0 * cross / (m * k) - left / m**2 - right / k**2
    scaled = m * k / (m + k) * energy
    best = scaled.argmax(axis=1)
    return at[best], scaled[np.arange(len(series)), best]
