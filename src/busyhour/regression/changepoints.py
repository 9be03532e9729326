"""From which night on is it different? Change points in a metric over many nights.

E-divisive: Matteson, James (2014), "A nonparametric approach for multiple change point analysis of multivariate
data": split where the energy distance (Szekely, Rizzo 2005) between the two sides is largest, keep the split when a
permutation test finds it significant, go on within both sides. It is run on ranks within each part, so that a single
outlier night cannot pull a split towards it; at least `SHORTEST` nights lie on each side of a split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from busyhour.regression.bootstrap import Floats

SHORTEST = 4
PERMUTATIONS = 1999
SIGNIFICANCE = 0.01


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """`index` is the first night of the new level; `before` and `after` are medians of the nights on each side."""

    index: int
    before: float
    after: float
    p: float

    @property
    def relative(self) -> float | None:
        """Change relative to the level before; None where that was 0."""
        return self.after / self.before - 1.0 if self.before else None


def change_points(values: Sequence[float], *, significance: float = SIGNIFICANCE) -> list[ChangePoint]:
    """Change points of a series, in the order of time.

    Args:
        values: one for each night, the oldest first; no NaN.
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
    """The best split of `x` and its p-value; None where it is not significant."""
    n = len(x)
    if n < 2 * SHORTEST or np.ptp(x) == 0.0:
        return None
    from scipy import stats

    ranks = stats.rankdata(x)
    distance = np.abs(ranks[:, None] - ranks[None, :])
    at, value = _split(distance)
    above = 1
    for done in range(1, PERMUTATIONS + 1):
        order = rng.permutation(n)
        above += _split(distance[np.ix_(order, order)])[1] >= value
        if above > significance * (PERMUTATIONS + 1) and done >= above:
            return None  # can no longer become significant
    return at, above / (PERMUTATIONS + 1)


def _split(distance: Floats) -> tuple[int, float]:
    """Where the scaled energy distance between left and right is largest, and how large it is there."""
    n = len(distance)
    sums = distance.cumsum(axis=0).cumsum(axis=1)
    at = np.arange(SHORTEST, n - SHORTEST + 1)
    left = sums[at - 1, at - 1]
    cross = sums[at - 1, n - 1] - left
    right = sums[n - 1, n - 1] - left - 2.0 * cross
    m = at.astype(float)
    k = n - m
    energy = 2.0 * cross / (m * k) - left / m**2 - right / k**2
    scaled = m * k / (m + k) * energy
    best = int(scaled.argmax())
    return int(at[best]), float(scaled[best])
