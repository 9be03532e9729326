"""The intent of a run against AWS: calls placed, calls at once, voice minutes. Calls nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from busyhour.harness.safety.gate import Intent
from busyhour.quotas.table import quota_table
from busyhour.scenarios.model import Scenario

if TYPE_CHECKING:
    from busyhour.capacity.forecast.model import Forecast

_SECONDS_PER_MINUTE = 60.0


def intent(scenario: Scenario) -> Intent:
    """How many calls a run would place, how many at once, for how many voice minutes; calls nothing."""
    from busyhour.capacity.forecast.build import forecast as calculate

    return intent_of(scenario, calculate(scenario))


def intent_of(scenario: Scenario, made: Forecast) -> Intent:
    """The same, from a forecast that was made already."""
    from busyhour.scenarios.traffic_plan.arrivals import Schedule

    calls = len(Schedule(scenario.traffic, scenario.seed))
    minutes = calls * made.demand.mean("at once") * scenario.aws.legs / _SECONDS_PER_MINUTE
    return Intent(calls, _expected_peak(scenario, made) * scenario.aws.slots, minutes)


def _expected_peak(scenario: Scenario, made: Forecast) -> float:
    """Calls at once that 99 of 100 such tests never exceed; not what the plan needs, which a short test does not reach."""
    from busyhour.capacity.forecast.blocking import Blocking
    from busyhour.capacity.forecast.quota_values import Values
    from busyhour.capacity.theory import peakedness
    from busyhour.harness.verdict.measured_demands import pool_of
    from busyhour.scenarios.traffic_plan.rate import rate_of

    pool = pool_of(scenario)
    if pool is None:
        return 0.0
    values = Values((), scenario, quota_table.load())
    driven = Blocking(scenario, rate_of(scenario.traffic), values, values.limit(pool), made.demand.holding)
    load, _ = driven.peak_load()
    moments = max(1.0, scenario.traffic.duration / max(made.demand.mean("at once"), 1.0))
    return float(peakedness.quantile(load, 1.0 - 0.01 / moments, driven.z))
