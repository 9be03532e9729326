"""Metrics known by second: rates of requests, in the whole run and in its worst seconds, and ratios to calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

import numpy as np

from busyhour.regression.metrics.common_windows import Grid, Runs
from busyhour.regression.metrics.metric import BEYOND, FEW, Estimate, Estimates, matched, share_variance
from busyhour.regression.metrics.observation import Observation, Parts
from busyhour.regression.resampling.block_bootstrap import block_length, rounded, weights
from busyhour.regression.settings import Tolerances


def in_seconds(made: Estimates, new: Runs, old: Runs, tolerances: Tolerances) -> None:
    """Add rates of requests, in the whole run and in its worst seconds, and ratios to calls."""
    for name, with_it in matched(made, "", new, old, lambda run: run.rates):
        runs = [*new, *with_it]
        parts = [run.rates[name] for run in runs]
        _parts(made, Grid(new, with_it), name, parts, tolerances.rate, relative=False)
        _worst(made, Grid(new, with_it), name, parts, tolerances.burst)
    for name, with_it in matched(made, "", new, old, _ratios(new, old), matters=_invoked):
        ratios = [run.ratios.get(name) or _never(run) for run in (*new, *with_it)]
        allowed = math.log1p(tolerances.invocations)
        _parts(made, Grid(new, with_it), name, ratios, allowed, relative=True)


EVERY = "Lambda invocations per call"
_WORST_SECONDS = 5
_WORST_REQUESTS = 20.0
"""Mean number of requests in the worst seconds, so that one of a few does not look like a burst."""


def _ratios(new: Runs, old: Runs) -> Callable[[Observation], Collection[str]]:
    """Return the names of the ratios of a run.

    A function that was not invoked while calls came has 0 invocations per call.
    """
    everywhere = set().union(*(run.ratios for run in (*new, *old)))

    def names(run: Observation) -> Collection[str]:
        return everywhere if EVERY in run.ratios else run.ratios

    return names


def _never(run: Observation) -> Parts:
    calls = run.ratios[EVERY].below
    return Parts([0.0] * len(calls), calls)


def _invoked(run: Observation, name: str) -> bool:
    return name in run.ratios and sum(run.ratios[name].above) >= BEYOND


def worst_name(rate: str) -> str:
    """Return the name of the metric of a rate in its worst seconds."""
    return f"{rate} in its worst seconds"


def worst_seconds(parts: Sequence[Parts]) -> int:
    """Return the length of the worst period: as many seconds as have enough requests in every run."""
    busiest = min(sum(each.below) / max(1, len(each.below)) for each in parts)
    return max(_WORST_SECONDS, math.ceil(_WORST_REQUESTS / max(busiest, 1e-9)))


def worst(parts: Parts, seconds: int) -> tuple[float, float]:
    """Return events and requests of the `seconds` consecutive seconds with the highest share of events.

    Periods with fewer requests than half the mean are left out.
    """
    size = min(seconds, len(parts.below))
    above, below = (np.convolve(line, np.ones(size), "valid") for line in (parts.above, parts.below))
    busy = below >= max(1.0, 0.5 * sum(parts.below) / len(parts.below) * size)
    share = np.where(busy, above / np.maximum(below, 1e-9), -1.0)
    at = int(share.argmax())
    return float(above[at]), float(below[at])


def _worst(made: Estimates, grid: Grid, name: str, parts: Sequence[Parts], tolerance: float) -> None:
    """Add the share in the worst seconds, compared with other runs.

    A burst that the rate of the whole run hides.
    """
    seconds = worst_seconds(parts)
    if any(3 * seconds > len(each.below) for each in parts):
        return
    found = [worst(each, seconds) for each in parts]
    new_points, old_points = grid.split(np.array([a / max(b, 1.0) for a, b in found]))
    made.metrics.append(
        Estimate(
            name=worst_name(name),
            unit="share",
            relative=False,
            tolerance=tolerance,
            new=new_points,
            old=old_points,
            old_runs=grid.old,
            least=np.array([share_variance(a, b) for a, b in found]),
            rare=sum(a for a, _ in found) < FEW,
        )
    )


def _parts(
    made: Estimates, grid: Grid, name: str, parts: Sequence[Parts], tolerance: float, *, relative: bool
) -> None:
    above = [grid.join_line(each.above) for each in parts]
    below = [grid.join_line(each.below) for each in parts]
    windows = min(min(len(line) for line in (*above, *below)), 100_000)
    totals = [(float(a.sum()), float(b.sum())) for a, b in zip(above, below, strict=True)]
    never = relative and all(a <= 0 for a, _ in totals)
    if windows < 2 or any(b <= 0 for _, b in totals) or never:
        made.missing.append(f"{name}: nothing to compare with in one of the runs")
        return
    above = [line[:windows] for line in above]
    below = [line[:windows] for line in below]
    longest = max(block_length(a - x / y * b) for a, b, (x, y) in zip(above, below, totals, strict=True))
    length = rounded(longest, windows)
    draw = weights(windows, length)
    lower = np.maximum(draw @ np.array(below).T, 1e-9)
    upper = draw @ np.array(above).T
    points = np.array([a / b for a, b in totals])
    least = np.zeros(len(totals))
    if relative:
        # Add half an event to every run if one has none: its logarithm is then finite.
        half = 0.5 if any(a <= 0 for a, _ in totals) else 0.0
        drawn = np.log(np.maximum((upper + half) / lower, 1e-9)).T
        points = np.log(np.array([(a + half) / b for a, b in totals]))
        if half:
            least = np.array([1.0 / (a + half) for a, _ in totals])
    else:
        drawn = (upper / lower).T
        least = np.array([share_variance(a, b) for a, b in totals])
    new_points, old_points = grid.split(points)
    new_drawn, old_drawn = grid.split(drawn)
    made.metrics.append(
        Estimate(
            name=name,
            unit="" if relative else "share",
            relative=relative,
            tolerance=tolerance,
            new=new_points,
            old=old_points,
            old_runs=grid.old,
            least=least,
            new_replicates=new_drawn,
            old_replicates=old_drawn,
            blocks=windows / length,
            both=relative,
            rare=not relative and sum(a for a, _ in totals) < FEW,
        )
    )
