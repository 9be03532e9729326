"""Metrics of latency: quantiles of every operation and Lambda function, and their change in most operations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from busyhour.regression.metrics.common_windows import Grid, Runs
from busyhour.regression.metrics.metric import BEYOND, LATENCY_QUANTILES, Estimate, Estimates, matched
from busyhour.regression.resampling.block_bootstrap import Floats, block_length, rounded, weights
from busyhour.regression.resampling.quantiles import Buckets
from busyhour.regression.settings import Tolerances


def latencies(made: Estimates, new: Runs, old: Runs, tolerances: Tolerances) -> None:
    """Add the quantiles of the latency of every operation and Lambda function."""
    timed = [run for run in old if run.windows is not None]
    if any(run.windows is None for run in new):
        if 2 * len(timed) >= len(old):
            made.gone.append(f"latency: {len(timed)} of {len(old)} baseline runs have it, this run does not")
        return
    if not timed:
        made.missing.append("latency: not in the baseline")
        return
    if len(timed) < len(old):
        made.missing.append(f"latency: only {len(timed)} of {len(old)} baseline runs have it")
    grid = Grid(new, timed)
    tables = [
        one
        for operation, with_it in matched(made, "latency of", new, timed, grid.tables, matters=grid.matters)
        if (one := _timed(made, operation, with_it, grid)) is not None
    ]
    # One length for all operations: replicate r of each is then drawn at the same times.
    length = max((one.length for one in tables), default=1)
    found = [_quantiles(one, length, tolerances) for one in tables]
    made.metrics += [metric for each in found for metric in each]
    everywhere = [each for one, each in zip(tables, found, strict=True) if len(one.grid.old) == len(timed)]
    if len(everywhere) > 1:
        made.metrics.append(_together(everywhere, tolerances))


@dataclass(frozen=True, slots=True)
class _Timed:
    """The latencies of one operation or function in all runs that have it."""

    operation: str
    grid: Grid
    buckets: Buckets
    counts: list[Floats]
    """For each run: (windows, buckets)."""
    points: Floats
    """(runs, quantiles), milliseconds."""
    windows: int
    length: int


def _timed(made: Estimates, operation: str, with_it: Runs, every: Grid) -> _Timed | None:
    grid = Grid(every.new, with_it, every.width)
    rows = [grid.join_rows(run, every.tables(run)[operation]) for run in grid.runs]
    windows = min(len(table) for table in rows)
    if windows < 2:
        made.missing.append(f"latency of {operation}: fewer than two windows")
        return None
    buckets = Buckets.of(*rows)
    counts = [buckets.counts(table) for table in rows]
    if any(table.sum() <= 0 for table in counts):
        made.missing.append(f"latency of {operation}: no request in one of the runs")
        return None
    points = np.array(
        [buckets.quantiles(t.sum(axis=0, keepdims=True), LATENCY_QUANTILES)[:, 0] for t in counts]
    )
    length = max(_length(counts, windows, buckets, points, k) for k in range(len(LATENCY_QUANTILES)))
    return _Timed(operation, grid, buckets, counts, points, windows, length)


def _quantiles(one: _Timed, length: int, tolerances: Tolerances) -> list[Estimate]:
    """Estimate the quantiles of one operation, resampled by blocks of `length` windows."""
    draw = weights(one.windows, length)
    replicates = np.array(
        [one.buckets.quantiles(draw @ table[: one.windows], LATENCY_QUANTILES) for table in one.counts]
    )
    fewest = min(float(table.sum()) for table in one.counts)
    made = []
    for k, share in enumerate(LATENCY_QUANTILES):
        tail = share > 0.95
        points = np.log(one.points[:, k])
        allowed = tolerances.latency_tail if tail else tolerances.latency
        usual = math.exp(float(np.median(points[len(one.grid.new) :])))
        drawn = replicates[:, k, :]
        drawn = np.log(np.where(np.isfinite(drawn) & (drawn > 0), drawn, one.points[:, k][:, None]))
        new_points, old_points = one.grid.split(points)
        new_drawn, old_drawn = one.grid.split(drawn)
        made.append(
            Estimate(
                name=f"latency p{share * 100:g}: {one.operation}",
                unit="ms",
                relative=True,
                tolerance=max(math.log1p(allowed), math.log1p(tolerances.latency_floor_ms / usual)),
                new=new_points,
                old=old_points,
                old_runs=one.grid.old,
                least=np.zeros(len(points)),
                new_replicates=new_drawn,
                old_replicates=old_drawn,
                blocks=one.windows / length,
                noise=tolerances.noise * (2.0 if tail else 1.0),
                too_few=BEYOND / max(1e-9, fewest * (1.0 - share)),
            )
        )
    return made


TOGETHER = "latency p50 and p90: most operations"
"""Name of the change that most operations share: a general slowdown is detected there first."""
_IN_IT = len(LATENCY_QUANTILES) // 2


def _together(found: Sequence[Sequence[Estimate]], tolerances: Tolerances) -> Estimate:
    """Estimate the median over operations of the relative difference of p50 and p90 from their baseline."""
    parts = [metric for each in found for metric in each[:_IN_IT]]

    def middle(of: Sequence[Floats | None]) -> Floats:
        made: Floats = np.median(
            [each - one.old.mean() for one, each in zip(parts, of, strict=True) if each is not None], axis=0
        )
        return made

    return replace(
        parts[0],
        name=TOGETHER,
        unit="",
        tolerance=float(np.mean([each.tolerance for each in parts])),
        new=middle([each.new for each in parts]),
        old=middle([each.old for each in parts]),
        new_replicates=middle([each.new_replicates for each in parts]),
        old_replicates=middle([each.old_replicates for each in parts]),
        noise=tolerances.noise,
        too_few=max(each.too_few for each in parts),
    )


def _length(counts: Sequence[Floats], windows: int, buckets: Buckets, points: Floats, k: int) -> int:
    """Return the block length for a quantile.

    From the windows' shares of values above it, the longest over the runs.
    """
    longest = 1.0
    for table, point in zip(counts, points, strict=True):
        above = table[:windows, buckets.low >= point[k]].sum(axis=1)
        total = table[:windows].sum(axis=1)
        longest = max(longest, block_length(above - above.sum() / max(1.0, total.sum()) * total))
    return rounded(longest, windows)
