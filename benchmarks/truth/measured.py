"""All four ways of one plan, as rows of the table."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path

from busyhour.project import Project
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.reader import load

from . import drawn, known, recorded
from .calculated import Stated, forecast_of, simulation_of, verdict_of
from .compared import Row, compare, same
from .emulated import emulated
from .independent import judge
from .independent.estimate import Estimate
from .independent.plan import Plan
from .independent.reference import Reference
from .project_run import run_record
from .verdicts import with_test
from .written import written


@dataclasses.dataclass(frozen=True)
class Skipped:
    """A plan that could not be looked at, and why."""

    plan: str
    why: str


_NONE_GIVEN = ("not decided", "not shown")
"""A forecast that cannot tell, a run that was too short to."""
SHORT = ("lines_000", "dialler_001", "function_014", "small_inbound")
"""Plans of the short form, which takes seconds."""


def plans(random_ones: int, seed: int) -> list[tuple[Plan, Path | None]]:
    """Known plans with their files, then random ones that have yet to be written."""
    of_their_own = ((plan, None) for plan in known.PATIENT)
    return [
        *known.files(),
        *of_their_own,
        *((drawn.plan(number, seed), None) for number in range(random_ones)),
    ]


def measure(plan: Plan, path: Path | None, *, calls: int) -> list[Row] | Skipped:
    """Rows of one plan."""
    if path is not None and not path.exists():
        return Skipped(plan.name, f"there is no {path.parent.parent.name}/{path.parent.name}/{path.name}")
    with tempfile.TemporaryDirectory() as folder:
        if path is None:
            plan = with_test(plan, 1.0)
            path = written(plan, Path(folder))
            (Path(folder) / "busyhour.toml").touch()
        scenario = load(path)
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
        rows += needs_judged(plan, needs, right)
    record = run_record(scenario, Project.find(scenario.path.parent))
    return [
        *rows,
        verdict_judged(plan, "forecast", verdict_of(made), right),
        verdict_judged(plan, "run", str(record.verdict.outcome), right),
    ]


def verdict_judged(plan: Plan, way: str, verdict: str, right: Reference) -> Row:
    """A verdict beside the one that the plan must get; none given is not wrong, and `truth.verdicts` counts those.

    A run has the callers of one test: where the plan holds, but less than 10 % away from a bound, it may miss it by chance.
    So may a forecast where invocations seldom take too long: it has some thousand calls.
    """
    expected = right.verdict()
    near = [bound.limit for bound in judge.bounds(plan) if bound.low <= 1.0 + judge.FAR]
    if expected == "holds" and (near if way == "run" else judge.TIME_LIMIT in near):
        expected = "holds, close"
    fits = "close" in expected or verdict in (expected, *_NONE_GIVEN)
    return same(plan.name, "verdict", way, verdict, expected, fits=fits, source="independent")


def _compared(plan: Plan, way: str, values: Mapping[str, Estimate], right: Reference) -> list[Row]:
    rows = []
    for name, value in values.items():
        reference, source = right.alone(name) if way == "forecast" else right.of(name)
        if reference is not None:
            rows.append(compare(plan.name, name, way, value, reference, source))
    return rows


def needs_judged(plan: Plan, needs: Mapping[str, Stated], right: Reference) -> list[Row]:
    """Each need beside the right one: by a closed form, or by running SimPy at the need and at one less.

    A need for a sampled load is right where it is one of the needs of the loads within the interval that is stated; that
    of lines must also be exactly the need of the very load that is stated.
    """
    rows = []

    def judged(what: str, value: float, text: str, fits: bool, source: str) -> None:
        rows.append(same(plan.name, f"need of {what}", "forecast", value, text, fits=fits, source=source))

    closed, tried = (
        right.needs(),
        {
            "executions": right.executions_fit,
            "agents": right.agents_fit,
            "lines": right.lines_fit,
        },
    )
    for name, stated in needs.items():
        spread = stated.load.error / stated.load.value if stated.load.value else 0.0
        if name in closed:
            need = closed[name](spread)
            text = f"{need.low:g}" if need.low == need.high else f"{need.low:g} to {need.high:g}"
            judged(name, stated.need, text, need.low <= stated.need <= need.high, "closed form")
            if name == "lines" and spread and not plan.agents:
                at = right.lines_at(stated.load.value)
                judged("lines at the stated load", stated.need, f"{at:g}", stated.need == at, "closed form")
        elif name in tried and plan.table is None and not plan.paths:
            fits = tried[name](stated.need, spread)
            judged(name, stated.need, "fewest that do" if fits else "not the fewest that do", fits, "SimPy")
    return rows
