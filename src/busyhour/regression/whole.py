"""Metrics that are known for a whole run only: shares of calls, time in flow, slip, headroom, coverage, demand.

There is nothing to resample by time, so their variance is that of independent calls; coverage has none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from busyhour.regression.bootstrap import Floats
from busyhour.regression.metric import BEYOND, FEW, Estimate, Estimates, common, of_means, share_variance
from busyhour.regression.observation import Observation, Share
from busyhour.regression.quantiles import Buckets
from busyhour.regression.settings import Tolerances


def shares(
    made: Estimates, new: Sequence[Observation], old: Sequence[Observation], tolerances: Tolerances
) -> None:
    """Add the shares of calls: blocked, abandoned, not answered in time."""
    for name in common(made, "share of", [list(run.shares) for run in (*new, *old)]):

        def values(runs: Sequence[Observation], name: str = name) -> tuple[Floats, float]:
            found: list[Share] = [run.shares[name] for run in runs]
            variance = sum(share_variance(each.count, each.of) for each in found) / len(found) ** 2
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


def distributions(
    made: Estimates, new: Sequence[Observation], old: Sequence[Observation], tolerances: Tolerances
) -> None:
    """Add mean and p95 of the time in flow, and the p99 of the slip."""
    runs = [*new, *old]
    split = len(new)
    for name in common(made, "distribution of", [list(run.samples) for run in runs]):
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
                    floor=of_means(variances, split),
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


def headroom(
    made: Estimates, new: Sequence[Observation], old: Sequence[Observation], tolerances: Tolerances
) -> None:
    """Add the headroom of every quota."""
    split = len(new)
    for key in common(made, "quota", [list(run.quotas) for run in (*new, *old)]):
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
                floor=of_means(np.array(variances), split),
                worse=-1,
            )
        )


def coverage(
    made: Estimates, new: Sequence[Observation], old: Sequence[Observation], tolerances: Tolerances
) -> None:
    """Add the branch coverage of the flows. The same flows give the same, so any difference is one."""
    found = [run.coverage for run in (*new, *old)]
    known = [each.count / each.of for each in found if each is not None]
    if len(known) < len(found):
        made.missing.append("branch coverage: not in every run")
        return
    made.metrics.append(
        Estimate(
            name="branch coverage",
            unit="share",
            relative=False,
            tolerance=tolerances.coverage,
            new=np.array(known[: len(new)]),
            old=np.array(known[len(new) :]),
            worse=-1,
        )
    )


def demand(
    made: Estimates, new: Sequence[Observation], old: Sequence[Observation], tolerances: Tolerances
) -> None:
    """Add what one call asks by the forecast.

    The forecast plays the same callers every time: where the flows are the same, so is the demand, to the last digit.
    Where they are not, the half widths of its means say how sure the difference is.
    """
    split = len(new)
    for name in common(made, "demand per call of", [list(run.demand) for run in (*new, *old)]):
        each = [run.demand[name] for run in (*new, *old)]
        alike = all(math.isclose(one.mean, each[0].mean, rel_tol=1e-9) for one in each)
        errors = np.array([0.0 if alike else one.half_width / _TWO_SIDED / one.mean for one in each])
        points = np.log(np.array([one.mean for one in each]))
        made.metrics.append(
            Estimate(
                name=f"demand per call: {name}",
                unit="s" if name == "in flow" else "",
                relative=True,
                tolerance=math.log1p(tolerances.demand),
                new=points[:split],
                old=points[split:],
                floor=of_means(errors**2, split),
            )
        )


_TWO_SIDED = 1.96
"""Half width of a 95 % interval in standard errors, many degrees of freedom."""
