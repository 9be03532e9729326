"""Estimates from runs: every metric's value in each run, and its variance.

Latencies, invocations per call and time in flow are compared by the logarithm of their ratio, shares by their
difference. Quantiles and ratios are resampled by blocks of windows (see `block_bootstrap`). Shares have at
least the variance of Agresti and Caffo (2000), "Simple and effective confidence intervals for proportions and
differences of proportions", so that no event in few calls is not taken as proof. Distributions that are known
for the whole run only (time in flow, slip) have the variance of independent calls.
"""

from __future__ import annotations

from collections.abc import Sequence

from busyhour.regression.metrics import latency_metrics, rate_metrics, run_metrics
from busyhour.regression.metrics.metric import Estimates
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.settings import Tolerances


def estimate(new: Sequence[Observation], old: Sequence[Observation], tolerances: Tolerances) -> Estimates:
    """Estimate every metric that the candidate and part of the baseline have.

    `gone` and `missing` name the others.
    """
    made = Estimates(missing=sorted({reason for run in (*new, *old) for reason in run.missing}))
    latency_metrics.latencies(made, new, old, tolerances)
    rate_metrics.in_seconds(made, new, old, tolerances)
    run_metrics.shares(made, new, old, tolerances)
    run_metrics.distributions(made, new, old, tolerances)
    run_metrics.headroom(made, new, old, tolerances)
    run_metrics.coverage(made, new, old, tolerances)
    run_metrics.demand(made, new, old, tolerances)
    return made
