"""Metrics known for a whole run only: shares of calls, time in flow, slip, headroom, coverage, demand.

They cannot be resampled by time, so their variance is that of independent calls; coverage has none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from busyhour.regression.metrics import behaviour
from busyhour.regression.metrics.metric import BEYOND, FEW, Estimate, Estimates, matched, share_variance
from busyhour.regression.metrics.observation import Observation, QuotaUse
from busyhour.regression.resampling.block_bootstrap import Floats
from busyhour.regression.resampling.quantiles import Buckets
from busyhour.regression.settings import Tolerances
from busyhour.results.throttled import THROTTLE_SHARE

Runs = Sequence[Observation]


def shares(made: Estimates, new: Runs, old: Runs, tolerances: Tolerances) -> None:
    """Add the shares of the whole run: blocked, abandoned, not answered in time, outcomes, throttled first attempts."""
    for name, with_it in matched(made, "", new, old, lambda run: run.shares):
        runs = [*new, *with_it]
        found = [run.shares[name] for run in runs]
        points = np.array([each.count / each.of for each in found])
        either = behaviour.either_way(name)
        tolerance = tolerances.abandoned
        if name == "blocked calls":
            tolerance = tolerances.blocked
        elif name == THROTTLE_SHARE:
            tolerance = tolerances.rate
        elif behaviour.is_behaviour(name):
            tolerance = tolerances.outcomes
        made.metrics.append(
            Estimate(
                name=name,
                unit="share",
                relative=False,
                tolerance=tolerance,
                new=points[: len(new)],
                old=points[len(new) :],
                old_runs=with_it,
                least=np.array([share_variance(each.count, each.of) for each in found]),
                both=either,
                neutral=either,
                rare=sum(each.count for each in found) < FEW,
            )
        )


def distributions(made: Estimates, new: Runs, old: Runs, tolerances: Tolerances) -> None:
    """Add mean and p95 of the time in flow, and the p99 of the slip."""
    split = len(new)
    for name, with_it in matched(made, "", new, old, lambda run: run.samples):
        tables = [[run.samples[name]] for run in (*new, *with_it)]
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
                variances = variances / np.maximum(points, 1e-6) ** 2  # delta method for the logarithm
                points = np.log(np.maximum(points, 1e-6))
            made.metrics.append(
                Estimate(
                    name=f"{name} {'mean' if share is None else f'p{share * 100:g}'}",
                    unit="ms",
                    relative=flow,
                    tolerance=math.log1p(tolerances.time_in_flow) if flow else tolerances.slip_ms,
                    new=points[:split],
                    old=points[split:],
                    old_runs=with_it,
                    least=variances,
                    # The whole run's distribution does not show changes over time; slip comes in bursts.
                    blocks=math.inf if flow else 10.0,
                    noise=0.0 if flow else 2.0,
                    both=flow,
                    too_few=1.0 if share is None else BEYOND / (float(totals.min()) * (1.0 - share)),
                )
            )


def _moments(buckets: Buckets, counts: Floats, totals: Floats, share: float | None) -> tuple[Floats, Floats]:
    """Return each run's mean (`share` None) or quantile, and its variance if calls are independent.

    The variance of a quantile is by Woodruff (1952), "Confidence intervals for medians and other position
    measures": the quantiles one standard error of the share above and below it.
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


def headroom(made: Estimates, new: Runs, old: Runs, tolerances: Tolerances) -> None:
    """Add the headroom of every quota.

    A forecast's headroom is compared with the same kind of forecast only: older versions computed it from the
    length of the test.
    """

    def kinds(run: Observation) -> dict[str, QuotaUse]:
        return {
            f"{key}\n{'measured' if use.peak is not None else 'planned' if run.planned else 'tested'}": use
            for key, use in run.quotas.items()
        }

    for key in dict.fromkeys(key for run in new for key in kinds(run)):
        with_it = [run for run in old if key in kinds(run)]
        uses = [use for run in (*new, *with_it) if (use := kinds(run).get(key)) is not None]
        if not with_it or len(uses) < len(new) + len(with_it):
            made.missing.append(f"headroom of {uses[0].name}: measured in some of the runs only")
            continue
        # A peak is the highest of many counts; the variance of one count (Poisson) bounds that of the
        # highest.
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
                new=points[: len(new)],
                old=points[len(new) :],
                old_runs=with_it,
                least=np.array(variances),
                worse=-1,
            )
        )
    named = {key for run in new for key in run.quotas}
    for key, use in {key: use for run in old for key, use in run.quotas.items() if key not in named}.items():
        if all(key in run.quotas and run.quotas[key].peak is not None for run in old):
            made.gone.append(f"headroom of {use.name}: measured in every baseline run, not in this run")
        else:
            made.missing.append(f"headroom of {use.name}: not in every run")


def coverage(made: Estimates, new: Runs, old: Runs, tolerances: Tolerances) -> None:
    """Add the branch coverage of the flows. Equal flows have equal coverage, so any difference is real."""

    def has(run: Observation) -> tuple[str, ...]:
        return ("branch coverage",) if run.coverage is not None else ()

    for name, with_it in matched(made, "", new, old, has):
        points = np.array(
            [run.coverage.count / run.coverage.of for run in (*new, *with_it) if run.coverage is not None]
        )
        made.metrics.append(
            Estimate(
                name=name,
                unit="share",
                relative=False,
                tolerance=tolerances.coverage,
                new=points[: len(new)],
                old=points[len(new) :],
                old_runs=with_it,
                least=np.zeros(len(points)),
                worse=-1,
                steady=True,
            )
        )


def demand(made: Estimates, new: Runs, old: Runs, tolerances: Tolerances) -> None:
    """Add the demand of one call by the forecast.

    The forecast simulates the same callers every time: equal flows have exactly equal demand. For different
    flows the half-widths of the means give the accuracy of the difference.
    """
    split = len(new)
    for name, with_it in matched(made, "demand per call:", new, old, lambda run: run.demand):
        each = [run.demand[name] for run in (*new, *with_it)]
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
                old_runs=with_it,
                least=errors**2,
                both=True,
                steady=True,
            )
        )


_TWO_SIDED = 1.96
"""Half-width of a 95 % interval in standard errors, for many degrees of freedom."""
