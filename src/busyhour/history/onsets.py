"""Detect change points by replaying the nightly runs one by one: a change that was found keeps its date.

Each run is tested against the runs since the last change. Two tests detect a change, both adjusted over all
metrics (Benjamini and Hochberg 1995): one on ranks, as in `changepoints`, from four runs on each side; and,
for a clear step, Student's t over all places of the step (Bonferroni), from `BEFORE` runs before it and
`AFTER` runs after it. The first run that detects a change also dates it: later runs neither move nor remove
it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from busyhour.regression.inference.change_points import SHORTEST, change_points
from busyhour.regression.resampling.block_bootstrap import Floats

BEFORE, AFTER = 4, 3
EARLY = AFTER - 1
"""Newest runs for which a change cannot be detected yet."""
FALSE_DISCOVERIES = 0.05
"""False discovery rate among metrics reported as changed."""
CLEAR = 0.001
"""p-value at which a step is detected before the rank test has enough runs."""
_LEAST_SPREAD = 0.01
"""Minimum spread assumed between runs: relative; for shares, a tenth of it as a difference."""


@dataclass(frozen=True, slots=True)
class Onset:
    """A change point.

    `index` is the first run of the new level, `found` the run that detected it; levels are medians.
    """

    index: int
    found: int
    before: float
    after: float


def onsets(
    series: Mapping[str, Sequence[float]], shares: frozenset[str] = frozenset()
) -> dict[str, list[Onset]]:
    """Detect the changes of every metric, in the order of time.

    Args:
        series: values of the runs by metric, oldest first, all of one length; NaN where a run has no value.
        shares: names of metrics that are shares, which are compared by differences.
    """
    lines = {name: np.asarray(line, dtype=float) for name, line in series.items()}
    known = {name: np.flatnonzero(np.isfinite(line)) for name, line in lines.items()}
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in lines}
    last = max((len(line) for line in lines.values()), default=0)
    for night in range(BEFORE + AFTER - 1, last):
        clearest = {}
        for name, line in lines.items():
            start = found[name][-1][0] if found[name] else 0
            places = known[name][(known[name] >= start) & (known[name] <= night)]
            if len(places) and places[-1] == night and (one := _first(line[places], share=name in shares)):
                clearest[name] = int(places[one[0]]), one[1]
        for name, at in _significant(clearest, len(lines)):
            found[name].append((at, night))
    return {name: _levels(lines[name], places) for name, places in found.items()}


def _first(x: Floats, *, share: bool) -> tuple[int, float] | None:
    """Return the clearest step in `x` and its p-value.

    None if none is significant or the clearest is too recent.
    """
    if len(x) < BEFORE + AFTER:
        return None
    at, p = _step(x, share=share)
    if at > len(x) - AFTER:
        return None  # one or two more runs would date it one run earlier
    if p <= CLEAR:
        return at, p
    if len(x) < 2 * SHORTEST:
        return None
    point = min(change_points(x.tolist()), key=lambda one: one.p, default=None)
    return None if point is None else (point.index, point.p)


def _step(x: Floats, *, share: bool) -> tuple[int, float]:
    """Return the place of the clearest step of the mean by Student's t, and its p-value over all places."""
    from scipy import stats

    n = len(x)
    places = np.arange(BEFORE, n)
    y = x if share or (x <= 0).any() else np.log(x)
    size = 1.0 if y is not x else 0.1 if share else max(1e-12, abs(float(np.median(x))))
    sums, squares = np.cumsum(y), np.cumsum(y * y)
    m, k = places.astype(float), n - places.astype(float)
    before, after = sums[places - 1] / m, (sums[-1] - sums[places - 1]) / k
    within = np.maximum(0.0, squares[-1] - m * before**2 - k * after**2)
    spread = np.maximum(within / (n - 2), (_LEAST_SPREAD * size) ** 2)
    t = np.abs(after - before) / np.sqrt(spread * (1.0 / m + 1.0 / k))
    at = int(t.argmax())
    return int(places[at]), float(min(1.0, 2.0 * len(places) * stats.t.sf(t[at], n - 2)))


def _significant(clearest: Mapping[str, tuple[int, float]], metrics: int) -> list[tuple[str, int]]:
    """Keep the steps that stay significant among all metrics, with their places."""
    if not clearest:
        return []
    from scipy import stats

    p = [p for _, p in clearest.values()]
    adjusted = stats.false_discovery_control([*p, *[1.0] * (metrics - len(p))], method="bh")
    return [
        (name, at)
        for (name, (at, _)), each in zip(clearest.items(), adjusted, strict=False)
        if each <= FALSE_DISCOVERIES
    ]


def _levels(line: Floats, places: Sequence[tuple[int, int]]) -> list[Onset]:
    edges = [0, *(at for at, _ in places), len(line)]
    return [
        Onset(at, night, _median(line[start:at]), _median(line[at:end]))
        for (at, night), start, end in zip(places, edges, edges[2:], strict=False)
    ]


def _median(values: Floats) -> float:
    return float(np.nanmedian(values)) if np.isfinite(values).any() else math.nan
