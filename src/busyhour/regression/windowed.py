"""Metrics that are known by window or by second: latencies, rates of requests, invocations per call.

They are resampled by blocks of windows (see `bootstrap`), all runs at the same times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from busyhour.regression.bootstrap import Floats, block_length, rounded, weights
from busyhour.regression.metric import (
    BEYOND,
    FEW,
    LATENCY_QUANTILES,
    Estimate,
    Estimates,
    common,
    of_means,
    share_variance,
)
from busyhour.regression.observation import Observation, Parts
from busyhour.regression.quantiles import Buckets
from busyhour.regression.settings import Tolerances

INVOKE = "lambda:Invoke"


class Grid:
    """The windows that all runs have in common: the widest of their windows, the shortest of their lengths."""

    def __init__(self, new: Sequence[Observation], old: Sequence[Observation]) -> None:
        self.new, self.old = new, old
        self.runs = [*new, *old]
        widths = [run.windows.width for run in self.runs if run.windows is not None]
        self.width = max(widths, default=1.0)

    def split(self, lines: Floats) -> tuple[Floats, Floats]:
        """Rows of the candidate runs, and those of the baseline runs."""
        return lines[: len(self.new)], lines[len(self.new) :]

    def tables(self, run: Observation) -> dict[str, list[list[int]]]:
        """A run's windows by what is timed: each Lambda function where all runs tell them apart, other operations.

        Functions are as different as services are: in their sum a slow one hides behind a busy one.
        """
        assert run.windows is not None
        if not all(each.windows is not None and each.windows.functions for each in self.runs):
            return run.windows.latency
        others = {name: rows for name, rows in run.windows.latency.items() if name != INVOKE}
        return {**others, **{f"function {name}": rows for name, rows in run.windows.functions.items()}}

    def join_rows(self, run: Observation, rows: Sequence[Sequence[int]]) -> list[list[int]]:
        """A run's windows at the common width (widths are powers of two)."""
        assert run.windows is not None
        by = max(1, round(self.width / run.windows.width))
        return [[n for row in rows[i : i + by] for n in row] for i in range(0, len(rows), by)]

    def join_line(self, line: Sequence[float]) -> Floats:
        """Values by second, added up to the common width."""
        by = max(1, int(self.width))
        padded = np.zeros(math.ceil(len(line) / by) * by)
        padded[: len(line)] = line
        joined: Floats = padded.reshape(-1, by).sum(axis=1)
        return joined


def latencies(made: Estimates, grid: Grid, tolerances: Tolerances) -> None:
    """Add the quantiles of the latency of every operation and Lambda function."""
    if any(run.windows is None for run in grid.runs):
        return
    rows = [grid.tables(run) for run in grid.runs]
    for operation in common(made, "latency of", [list(table) for table in rows]):
        tables = [grid.join_rows(run, table[operation]) for run, table in zip(grid.runs, rows, strict=True)]
        windows = min(len(table) for table in tables)
        if windows < 2:
            made.missing.append(f"latency of {operation}: fewer than two windows")
            continue
        buckets = Buckets.of(*tables)
        counts = [buckets.counts(table) for table in tables]
        totals = np.array([table.sum() for table in counts])
        points = np.array(
            [buckets.quantiles(t.sum(axis=0, keepdims=True), LATENCY_QUANTILES)[:, 0] for t in counts]
        )
        length = max(_length(counts, windows, buckets, points, k) for k in range(len(LATENCY_QUANTILES)))
        draw = weights(windows, length)
        replicates = np.array(
            [buckets.quantiles(draw @ table[:windows], LATENCY_QUANTILES) for table in counts]
        )
        for k, share in enumerate(LATENCY_QUANTILES):
            tail = share > 0.95
            old = float(np.mean(np.log(points[len(grid.new) :, k])))
            allowed = tolerances.latency_tail if tail else tolerances.latency
            new_points, old_points = grid.split(np.log(points[:, k]))
            drawn = replicates[:, k, :]
            drawn = np.where(np.isfinite(drawn) & (drawn > 0), drawn, points[:, k][:, None])
            new_drawn, old_drawn = grid.split(np.log(drawn))
            made.metrics.append(
                Estimate(
                    name=f"latency p{share * 100:g}: {operation}",
                    unit="ms",
                    relative=True,
                    tolerance=max(
                        math.log1p(allowed), math.log1p(tolerances.latency_floor_ms / math.exp(old))
                    ),
                    new=new_points,
                    old=old_points,
                    new_replicates=new_drawn,
                    old_replicates=old_drawn,
                    blocks=windows / length,
                    noise=tolerances.run_noise * (2.0 if tail else 1.0),
                    too_few=BEYOND / max(1e-9, float(totals.min()) * (1.0 - share)),
                )
            )


def _length(counts: Sequence[Floats], windows: int, buckets: Buckets, points: Floats, k: int) -> int:
    """Block length for a quantile: from the windows' shares of values above it, the longest over the runs."""
    longest = 1.0
    for table, point in zip(counts, points, strict=True):
        above = table[:windows, buckets.low >= point[k]].sum(axis=1)
        total = table[:windows].sum(axis=1)
        longest = max(longest, block_length(above - above.sum() / max(1.0, total.sum()) * total))
    return rounded(longest, windows)


def in_seconds(made: Estimates, grid: Grid, tolerances: Tolerances) -> None:
    """Add rates of requests and ratios to calls."""
    for name in common(made, "rate of", [list(run.rates) for run in grid.runs]):
        _parts(made, grid, name, [run.rates[name] for run in grid.runs], tolerances.rate, relative=False)
    for name in common(made, "ratio of", [list(run.ratios) for run in grid.runs]):
        allowed = math.log1p(tolerances.invocations)
        _parts(made, grid, name, [run.ratios[name] for run in grid.runs], allowed, relative=True)


def _parts(
    made: Estimates, grid: Grid, name: str, parts: Sequence[Parts], tolerance: float, *, relative: bool
) -> None:
    above = [grid.join_line(each.above) for each in parts]
    below = [grid.join_line(each.below) for each in parts]
    windows = min(min(len(line) for line in (*above, *below)), 100_000)
    totals = [(float(a.sum()), float(b.sum())) for a, b in zip(above, below, strict=True)]
    if windows < 2 or any(b <= 0 for _, b in totals) or (relative and any(a <= 0 for a, _ in totals)):
        made.missing.append(f"{name}: nothing to compare with in one of the runs")
        return
    above = [line[:windows] for line in above]
    below = [line[:windows] for line in below]
    longest = max(block_length(a - x / y * b) for a, b, (x, y) in zip(above, below, totals, strict=True))
    length = rounded(longest, windows)
    draw = weights(windows, length)
    lower = np.maximum(draw @ np.array(below).T, 1e-9)
    drawn = (draw @ np.array(above).T / lower).T
    points = np.array([a / b for a, b in totals])
    floor = 0.0
    if relative:
        drawn, points = np.log(np.maximum(drawn, 1e-9)), np.log(points)
    else:
        variances = np.array([share_variance(a, b) for a, b in totals])
        floor = of_means(variances, len(grid.new))
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
            new_replicates=new_drawn,
            old_replicates=old_drawn,
            floor=floor,
            blocks=windows / length,
            rare=not relative and sum(a for a, _ in totals) < FEW,
        )
    )
