"""Before anything runs: the flow check, the forecast, and what a run would do."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from busyhour.harness.verdict.reach import Reach, reach_of
from busyhour.project import Project
from busyhour.project.toml_file import shown
from busyhour.quotas.model import QuotaValue
from busyhour.quotas.table import quota_table
from busyhour.results.entries import FindingRecord, FlowCoverage
from busyhour.results.outcomes import CallOutcomes
from busyhour.scenarios.model import Scenario

if TYPE_CHECKING:
    from busyhour.capacity.forecast.model import Forecast


@dataclass(frozen=True, slots=True)
class Preview:
    """The forecast as the run record needs it."""

    needs: dict[str, float] = field(default_factory=dict)
    """Need of the plan on each quota, by key, in the quota's unit: the rows of the list of limits."""
    as_json: dict[str, Any] = field(default_factory=dict)
    outcomes: CallOutcomes | None = None
    """Expected outcomes of calls; None where the drive runs no flow."""
    unmet: list[str] = field(default_factory=list)
    """Reasons about several limits together, for which the plan does not hold."""
    reach: Reach | None = None
    """Share of the plan that the test reaches."""


def check_quotas(scenario: Scenario) -> None:
    """Every quota that the scenario names is one.

    Raises:
        BusyhourError: none has that code, key or name; the message has the nearest.
    """
    table = quota_table.load()
    for name in scenario.quotas:
        table.find(name)


def check_flows(scenario: Scenario, project: Project, *, own_rules: bool) -> list[FindingRecord]:
    """Findings of all rules, ours and the project's own where these may run, on the flows that the scenario names.

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
    rules = load_rules(project.rules_folders() if own_rules else ())
    report = Checker(rules.narrowed()).check(gather([shown(path) for path in scenario.flows.files]))
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
        row.key: row.needed
        for row in reversed(made.limits)  # of several rows of one quota (tables) the tightest counts
        if row.kind in ("quota", "partition") and row.needed is not None and math.isfinite(row.needed)
    }
    known = made.as_json | _waves(scenario, made)
    return Preview(needs, known, made.outcomes, made.unmet, reach_of(scenario, made))


def _waves(scenario: Scenario, made: Forecast) -> dict[str, Any]:
    """The migration waves, compared with the values in force today; nothing where the scenario has none."""
    if not scenario.waves:
        return {}
    from datetime import UTC, datetime

    from busyhour.capacity.demand.machine import machine_of
    from busyhour.capacity.migration import lead_times
    from busyhour.capacity.migration.together import links
    from busyhour.capacity.migration.waves import plan_waves

    found = links(scenario, machine_of(scenario).library)
    plan = plan_waves(scenario.waves, made, datetime.now(UTC).date(), lead_times.load(), found)
    return {"waves": plan.as_json}
