"""Metrics known by window or by second: latencies, rates of requests, invocations per call.

They are resampled by blocks of windows (see `block_bootstrap`), all runs at the same times.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from busyhour.regression.metrics.metric import (
    BEYOND,
    FEW,
    LATENCY_QUANTILES,
    Estimate,
    Estimates,
    matched,
    share_variance,
)
from busyhour.regression.metrics.observation import Observation, Parts
from busyhour.regression.resampling.block_bootstrap import Floats, block_length, rounded, weights
from busyhour.regression.resampling.quantiles import Buckets
from busyhour.regression.settings import Tolerances

INVOKE = "lambda:Invoke"
Runs = Sequence[Observation]


class Grid:
    """The windows that all runs have in common: the widest window, the shortest length."""

    def __init__(self, new: Runs, old: Runs, width: float | None = None) -> None:
        self.new, self.old = new, old
        self.runs = [*new, *old]
        widths = [run.windows.width for run in self.runs if run.windows is not None]
        self.width = max(widths, default=1.0) if width is None else width

    def split(self, lines: Floats) -> tuple[Floats, Floats]:
        """Return the rows of the candidate runs, and those of the baseline runs."""
        return lines[: len(self.new)], lines[len(self.new) :]

    def tables(self, run: Observation) -> dict[str, list[list[int]]]:
        """Return a run's windows by what is timed.

        Each Lambda function if all runs distinguish them, other operations.

        Functions differ as much as services do: in their sum a slow function hides behind a busy one.
        """
        assert run.windows is not None
        if not all(each.windows is not None and each.windows.functions for each in self.runs):
            return run.windows.latency
        others = {name: rows for name, rows in run.windows.latency.items() if name != INVOKE}
        return {**others, **{f"function {name}": rows for name, rows in run.windows.functions.items()}}

    def matters(self, run: Observation, operation: str) -> bool:
        """Whether a run made enough of these requests that their absence in another one is not chance."""
        rows = self.tables(run).get(operation, [])
        return sum(n for row in rows for n in row[1::2]) >= BEYOND

    def join_rows(self, run: Observation, rows: Sequence[Sequence[int]]) -> list[list[int]]:
        """Return a run's windows at the common width (widths are powers of two)."""
        assert run.windows is not None
        by = max(1, round(self.width / run.windows.width))
        return [[n for row in rows[i : i + by] for n in row] for i in range(0, len(rows), by)]

    def join_line(self, line: Sequence[float]) -> Floats:
        """Return values by second, summed to the common width."""
        by = max(1, int(self.width))
        padded = np.zeros(math.ceil(len(line) / by) * by)
        padded[: len(line)] = line
        joined: Floats = padded.reshape(-1, by).sum(axis=1)
        return joined


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
