"""From runs to estimates: every metric's value in each run, and how it would have varied.

Latencies, invocations per call and time in flow are compared by the logarithm of their ratio, shares by their
difference. Quantiles and ratios are resampled by blocks of windows (see `bootstrap`); shares get at least the
variance that Agresti and Caffo (2000), "Simple and effective confidence intervals for proportions and differences of
proportions", give them, so that no event in few calls does not count as proof; distributions that are known for the
whole run only (time in flow, slip) get the variance of independent calls.
"""

from __future__ import annotations

from collections.abc import Sequence

from busyhour.regression.metrics import run_metrics, windowed_metrics
from busyhour.regression.metrics.metric import Estimates
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.settings import Tolerances


def estimate(new: Sequence[Observation], old: Sequence[Observation], tolerances: Tolerances) -> Estimates:
    """Every metric that the candidate and some of the baseline have; `gone` and `missing` name the rest."""
    made = Estimates(missing=sorted({reason for run in (*new, *old) for reason in run.missing}))
    windowed_metrics.latencies(made, new, old, tolerances)
    windowed_metrics.in_seconds(made, new, old, tolerances)
    run_metrics.shares(made, new, old, tolerances)
    run_metrics.distributions(made, new, old, tolerances)
    run_metrics.headroom(made, new, old, tolerances)
    run_metrics.coverage(made, new, old, tolerances)
    run_metrics.demand(made, new, old, tolerances)
    return made
