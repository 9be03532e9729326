"""All four ways of one plan, as rows of the table."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path

from busyhour.scenarios.model import Scenario
from busyhour.scenarios.reader import load

from . import drawn, known, recorded
from .calculated import forecast_of, simulation_of, verdict_of
from .compared import Row, compare, same
from .emulated import emulated
from .independent.estimate import Estimate
from .independent.plan import Plan
from .independent.reference import Need, Reference
from .written import written


@dataclasses.dataclass(frozen=True)
class Skipped:
    """A plan that could not be looked at, and why."""

    plan: str
    why: str


SHORT = ("lines_000", "dialler_001", "function_014", "small_inbound")
"""Plans of the short form, which takes seconds."""


def plans(random_ones: int, seed: int) -> list[tuple[Plan, Path | None]]:
    """Known plans with their files, then random ones that have yet to be written."""
    return [*known.files(), *((drawn.plan(number, seed), None) for number in range(random_ones))]


def measure(plan: Plan, path: Path | None, *, calls: int) -> list[Row] | Skipped:
    """Rows of one plan."""
    if path is not None and not path.exists():
        return Skipped(plan.name, f"there is no {path.parent.parent.name}/{path.parent.name}/{path.name}")
    with tempfile.TemporaryDirectory() as folder:
        scenario = load(path or written(plan, Path(folder)))
        if plan.name in known.RECORDED:
            scenario = recorded.without_handlers(scenario)
            plan = recorded.with_paths(plan, scenario)
        return _rows(scenario, plan, calls)


def _rows(scenario: Scenario, plan: Plan, calls: int) -> list[Row]:
    right, rows = Reference(plan, calls=calls), list[Row]()
    made, forecast, needs = forecast_of(scenario, plan)
    if plan.name not in known.VERDICT_ONLY:
        rows += _compared(plan, "forecast", forecast, right)
        if plan.table is None and scenario.drive.has_calls:
            rows += _compared(plan, "simulation", simulation_of(scenario, plan, calls), right)
        rows += _compared(plan, "run", emulated(scenario, plan, calls=calls), right)
        rows += _needs(plan, needs, right)
    verdict, expected = verdict_of(made), right.verdict()
    fits = "close" in expected or verdict in (expected, "not decided")
    rows.append(same(plan.name, "verdict", "forecast", verdict, expected, fits=fits, source="independent"))
    return rows


def _compared(plan: Plan, way: str, values: Mapping[str, Estimate], right: Reference) -> list[Row]:
    rows = []
    for name, value in values.items():
        reference, source = right.alone(name) if way == "forecast" else right.of(name)
        if reference is not None:
            rows.append(compare(plan.name, name, way, value, reference, source))
    return rows


def _needs(plan: Plan, needs: Mapping[str, float], right: Reference) -> list[Row]:
    rows = []
    for name, ask in right.needs().items():
        if name in needs:
            need: Need = ask()
            fits = need.low <= needs[name] <= need.high
            text = f"{need.low:g}" if need.low == need.high else f"{need.low:g} to {need.high:g}"
            rows.append(
                same(
                    plan.name,
                    f"need of {name}",
                    "forecast",
                    needs[name],
                    text,
                    fits=fits,
                    source="closed form",
                )
            )
    tried = {"executions": right.executions_fit, "agents": right.agents_fit}
    for name, fit in tried.items():
        if name in needs and name not in right.needs() and plan.table is None and not plan.paths:
            fits = fit(needs[name])
            text = "fewest that do" if fits else "not the fewest that do"
            rows.append(
                same(plan.name, f"need of {name}", "forecast", needs[name], text, fits=fits, source="SimPy")
            )
    return rows
