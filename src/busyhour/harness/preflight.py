"""Before anything runs: the flow check, the forecast, and what a run would do."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from busyhour.harness.safety.gate import Intent
from busyhour.harness.verdict.reach import Reach, reach
from busyhour.project import Project
from busyhour.project.toml_file import shown
from busyhour.quotas.model import QuotaValue
from busyhour.quotas.table import quota_table
from busyhour.results.outcomes import CallOutcomes
from busyhour.results.record import FindingRecord, FlowCoverage
from busyhour.scenarios.model import Scenario

if TYPE_CHECKING:
    from busyhour.capacity.forecast.model import Forecast

_SECONDS_PER_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Preview:
    """The forecast as the run record needs it."""

    needs: dict[str, float] = field(default_factory=dict)
    """What the plan needs of each quota, by key, in the quota's unit: the rows of the list of limits."""
    as_json: dict[str, Any] = field(default_factory=dict)
    outcomes: CallOutcomes | None = None
    """What it expects of calls; None where the drive runs no flow."""
    reach: Reach | None = None
    """What the test reaches of the plan."""


def check_quotas(scenario: Scenario) -> None:
    """Every quota that the scenario names is one.

    Raises:
        BusyhourError: none has that code, key or name; says the nearest.
    """
    table = quota_table.load()
    for name in scenario.quotas:
        table.find(name)


def check_flows(scenario: Scenario, project: Project) -> list[FindingRecord]:
    """Findings of all rules, ours and the project's own, on the flows that the scenario names.

    Raises:
        BusyhourError: a flow or a rule cannot be read.
    """
    from busyhour.contracts.check import Checker
    from busyhour.contracts.loading import load_rules
    from busyhour.contracts.reading.sources import gather
    from busyhour.flows.export.document import load

    # A check takes what holds flows among other things; a run wants exports, and reports that before all else.
    for path in scenario.flows.files:
        load(path)
    report = Checker(load_rules(project.rules_folders())).check(
        gather([shown(path) for path in scenario.flows.files])
    )
    return [FindingRecord(**finding.as_dict()) for finding in report.findings]


def branches(scenario: Scenario) -> tuple[list[FlowCoverage], list[str]]:
    """Branch coverage of the scenario's flows, and the names of flows for which there was no time.

    Raises:
        BusyhourError: a flow cannot be read.
    """
    from busyhour.exploration.coverage import branches as explored

    return explored([str(path) for path in scenario.flows.files], scenario.flows.aliases)


def forecast(scenario: Scenario, values: Iterable[QuotaValue]) -> Preview:
    """Demand by calculation and simulation, compared with the values in force."""
    from busyhour.capacity.forecast.build import forecast as calculate

    made = calculate(scenario, values)
    needs = {
        rung.key: rung.needed
        for rung in reversed(made.ladder)  # of several rows of one quota (tables) the tightest counts
        if rung.kind in ("quota", "partition") and rung.needed is not None and math.isfinite(rung.needed)
    }
    return Preview(needs, made.as_json | _waves(scenario, made), made.outcomes, reach_of(scenario, made))


def reach_of(scenario: Scenario, made: Forecast) -> Reach:
    """What the scenario's test reaches of its plan, from its forecast."""
    longest = max(made.demand.lambda_seconds.values(), default=0.0)
    return reach(scenario, made.demand.mean("at once"), made.demand.holding, longest)


def _waves(scenario: Scenario, made: Forecast) -> dict[str, Any]:
    """The migration waves, compared with the values in force today; nothing where the scenario has none."""
    if not scenario.waves:
        return {}
    from datetime import UTC, datetime

    from busyhour.capacity.migration import lead_times
    from busyhour.capacity.migration.waves import plan_waves

    return {"waves": plan_waves(scenario.waves, made, datetime.now(UTC).date(), lead_times.load()).as_json}


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
    from busyhour.capacity.forecast.blocking import Refusals
    from busyhour.capacity.forecast.quota_values import Values
    from busyhour.capacity.theory import peakedness
    from busyhour.harness.verdict.measured_demands import pool_of
    from busyhour.scenarios.traffic_plan.rate import rate_of

    pool = pool_of(scenario)
    if pool is None:
        return 0.0
    values = Values((), scenario, quota_table.load())
    driven = Refusals(scenario, rate_of(scenario.traffic), values, values.limit(pool), made.demand.holding)
    load, _ = driven.peak_load()
    moments = max(1.0, scenario.traffic.duration / max(made.demand.mean("at once"), 1.0))
    return float(peakedness.quantile(load, 1.0 - 0.01 / moments, driven.z))
