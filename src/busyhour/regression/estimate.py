"""From runs to estimates: every metric's value in each run, and how it would have varied.

Latencies, invocations per call and time in flow are compared by the logarithm of their ratio, shares by their
difference. Quantiles and ratios are resampled by blocks of windows (see `bootstrap`); shares get at least the
variance that Agresti and Caffo (2000), "Simple and effective confidence intervals for proportions and differences of
proportions", give them, so that no event in few calls does not count as proof; distributions that are known for the
whole run only (time in flow, slip) get the variance of independent calls.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from busyhour.regression.bootstrap import Floats, block_length, rounded, weights
from busyhour.regression.observation import Observation, Parts, Share
from busyhour.regression.quantiles import Buckets
from busyhour.regression.settings import Tolerances

LATENCY_QUANTILES = (0.5, 0.9, 0.95, 0.99)
BEYOND = 10
"""Values that must lie beyond a quantile in every run before the quantile is judged."""

FEW = 3
"""Fewer events than this in all runs together are rare."""


@dataclass(slots=True)
class Estimate:
    """One metric of the candidate runs (`new`) and the baseline runs (`old`), on the scale it is compared on."""

    name: str
    unit: str
    relative: bool
    """Whether the scale is the logarithm (effects are relative)."""
    tolerance: float
    """How much worse is still well, on the scale."""
    new: Floats
    old: Floats
    new_replicates: Floats | None = None
    """(runs, replicates), replicate r of all runs drawn at the same times; None where nothing can be resampled."""
    old_replicates: Floats | None = None
    floor: float = 0.0
    """The least variance that the effect has."""
    blocks: float = math.inf
    """How many independent pieces the variance within runs rests on."""
    noise: float = 0.0
    """Standard deviation from run to run that is assumed beforehand."""
    worse: int = 1
    """-1 where less is worse."""
    rare: bool = False
    """Whether it counts events of which hardly any were seen."""
    too_few: float = 1.0
    """How many times as long the runs would have to be to be judged at all; 1 or less: long enough."""


@dataclass(slots=True)
class Estimates:
    """All metrics that the runs have in common, and what cannot be compared."""

    metrics: list[Estimate] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def estimate(new: Sequence[Observation], old: Sequence[Observation], tolerances: Tolerances) -> Estimates:
    """Every metric that all the runs have; what only some have is named in `missing`."""
    made = Estimates(missing=sorted({reason for run in (*new, *old) for reason in run.missing}))
    grid = _Grid(new, old)
    _latencies(made, grid, tolerances)
    _in_seconds(made, grid, tolerances)
    _shares(made, new, old, tolerances)
    _distributions(made, new, old, tolerances)
    _headroom(made, new, old, tolerances)
    return made


class _Grid:
    """The windows that all runs have in common: the widest of their windows, the shortest of their lengths."""

    def __init__(self, new: Sequence[Observation], old: Sequence[Observation]) -> None:
        self.new, self.old = new, old
        self.runs = [*new, *old]
        widths = [run.windows.width for run in self.runs if run.windows is not None]
        self.width = max(widths, default=1.0)

    def split(self, lines: Floats) -> tuple[Floats, Floats]:
        return lines[: len(self.new)], lines[len(self.new) :]

    def join_rows(self, run: Observation, operation: str) -> list[list[int]]:
        """A run's windows at the common width (widths are powers of two)."""
        assert run.windows is not None
        rows = run.windows.latency[operation]
        by = max(1, round(self.width / run.windows.width))
        return [[n for row in rows[i : i + by] for n in row] for i in range(0, len(rows), by)]

    def join_line(self, line: Sequence[float]) -> Floats:
        """Values by second, added up to the common width."""
        by = max(1, int(self.width))
        padded = np.zeros(math.ceil(len(line) / by) * by)
        padded[: len(line)] = line
        joined: Floats = padded.reshape(-1, by).sum(axis=1)
        return joined


def _common(made: Estimates, what: str, found: Sequence[Sequence[str]]) -> list[str]:
    """Names that all runs have; the others go to `missing`."""
    everywhere = set(found[0]).intersection(*found[1:])
    made.missing += [f"{what} {name}: not in every run" for name in sorted(set().union(*found) - everywhere)]
    return [name for name in dict.fromkeys(found[0]) if name in everywhere]


def _latencies(made: Estimates, grid: _Grid, tolerances: Tolerances) -> None:
    if any(run.windows is None for run in grid.runs):
        return
    names = _common(made, "latency of", [list(run.windows.latency) for run in grid.runs if run.windows])
    for operation in names:
        tables = [grid.join_rows(run, operation) for run in grid.runs]
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


def _in_seconds(made: Estimates, grid: _Grid, tolerances: Tolerances) -> None:
    for name in _common(made, "rate of", [list(run.rates) for run in grid.runs]):
        _parts(made, grid, name, [run.rates[name] for run in grid.runs], tolerances.rate, relative=False)
    for name in _common(made, "ratio of", [list(run.ratios) for run in grid.runs]):
        allowed = math.log1p(tolerances.invocations)
        _parts(made, grid, name, [run.ratios[name] for run in grid.runs], allowed, relative=True)


def _parts(
    made: Estimates, grid: _Grid, name: str, parts: Sequence[Parts], tolerance: float, *, relative: bool
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
        variances = np.array([_share_variance(a, b) for a, b in totals])
        floor = _of_means(variances, len(grid.new))
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


def _share_variance(count: float, of: float) -> float:
    """Variance of a share with one success and one failure added (Agresti, Caffo 2000)."""
    share = min(1.0, (count + 1.0) / (of + 2.0))
    return share * (1.0 - share) / (of + 2.0)


def _shares(
    made: Estimates, new: Sequence[Observation], old: Sequence[Observation], tolerances: Tolerances
) -> None:
    for name in _common(made, "share of", [list(run.shares) for run in (*new, *old)]):

        def values(runs: Sequence[Observation], name: str = name) -> tuple[Floats, float]:
            found: list[Share] = [run.shares[name] for run in runs]
            variance = sum(_share_variance(each.count, each.of) for each in found) / len(found) ** 2
            return np.array([each.count / each.of for each in found]), variance

        (points, variance), (before, variance_before) = values(new), values(old)
        made.metrics.append(
            Estimate(
                name=name,
                unit="share",
                relative=False,
                tolerance=tolerances.blocked if name == "blocked calls" else tolerances.abandoned,
                new=points,
                old=before,
                floor=variance + variance_before,
                rare=sum(run.shares[name].count for run in (*new, *old)) < FEW,
            )
        )


def _distributions(
    made: Estimates, new: Sequence[Observation], old: Sequence[Observation], tolerances: Tolerances
) -> None:
    runs = [*new, *old]
    split = len(new)
    for name in _common(made, "distribution of", [list(run.samples) for run in runs]):
        tables = [[run.samples[name]] for run in runs]
        buckets = Buckets.of(*tables)
        counts = np.array([buckets.counts(table)[0] for table in tables])
        totals = counts.sum(axis=1)
        if (totals <= 0).any():
            made.missing.append(f"{name}: nothing was recorded in one of the runs")
            continue
        flow = name == "time in flow"
        for share in (None, 0.95) if flow else (0.99,):
            points, variances = _moments(buckets, counts, totals, share)
            if flow:
                variances = variances / np.maximum(points, 1e-6) ** 2  # delta method: of the logarithm
                points = np.log(np.maximum(points, 1e-6))
            made.metrics.append(
                Estimate(
                    name=f"{name} {'mean' if share is None else f'p{share * 100:g}'}",
                    unit="ms",
                    relative=flow,
                    tolerance=math.log1p(tolerances.time_in_flow) if flow else tolerances.slip_ms,
                    new=points[:split],
                    old=points[split:],
                    floor=_of_means(variances, split),
                    # The whole run's distribution says nothing of how it moved in time; slip comes in bursts.
                    blocks=math.inf if flow else 10.0,
                    noise=0.0 if flow else 2.0,
                    too_few=1.0 if share is None else BEYOND / (float(totals.min()) * (1.0 - share)),
                )
            )


def _moments(buckets: Buckets, counts: Floats, totals: Floats, share: float | None) -> tuple[Floats, Floats]:
    """Each run's mean (`share` None) or quantile, and its variance if calls are independent.

    That of a quantile is by Woodruff (1952), "Confidence intervals for medians and other position measures": the
    quantiles one standard error of the share above and below it.
    """
    if share is None:
        points = buckets.means(counts)
        middles = buckets.low + buckets.width / 2.0
        squares = np.array([row @ (middles - mean) ** 2 for row, mean in zip(counts, points, strict=True)])
        return points, squares / totals**2
    variances = np.empty(len(counts))
    for i, (row, total) in enumerate(zip(counts, totals, strict=True)):
        step = math.sqrt(share * (1.0 - share) / float(total))
        low, high = buckets.quantiles(row[None, :], (share - step, min(1.0, share + step)))[:, 0]
        variances[i] = ((high - low) / 2.0) ** 2
    return buckets.quantiles(counts, (share,))[0], variances


def _of_means(variances: Floats, split: int) -> float:
    """Variance of the difference between the mean of the first `split` runs and that of the others."""
    return float(variances[:split].sum() / split**2 + variances[split:].sum() / (len(variances) - split) ** 2)


def _headroom(
    made: Estimates, new: Sequence[Observation], old: Sequence[Observation], tolerances: Tolerances
) -> None:
    split = len(new)
    for key in _common(made, "quota", [list(run.quotas) for run in (*new, *old)]):
        uses = [run.quotas[key] for run in (*new, *old)]
        if any((use.peak is None) != (uses[0].peak is None) for use in uses):
            made.missing.append(f"headroom of {uses[0].name}: measured in some of the runs only")
            continue
        # A peak is the highest of many counts; the spread of one count (Poisson) bounds that of the highest.
        variances = [
            max(use.peak or 0.0, 1.0) / use.value**2 if use.peak is not None and use.value else 0.0
            for use in uses
        ]
        points = np.array([use.headroom for use in uses])
        made.metrics.append(
            Estimate(
                name=f"headroom: {uses[0].name}",
                unit="share",
                relative=False,
                tolerance=tolerances.headroom,
                new=points[:split],
                old=points[split:],
                floor=_of_means(np.array(variances), split),
                worse=-1,
            )
        )
