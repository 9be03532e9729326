"""The runs behind `busyhour run --find-limit`: one whole run of the scenario for each step of the search."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from busyhour.capacity.demand import busiest_rate
from busyhour.harness.find_limit import Limit, search
from busyhour.harness.progress import Progress
from busyhour.harness.run import Options, execute
from busyhour.results import store
from busyhour.results.record import RunRecord
from busyhour.scenarios import reader

LIMIT_FILE = "limit.json"


def find(options: Options, folder: Path, progress: Progress, *, most_runs: int = 16) -> Limit:
    """Search the highest rate that holds; each run is kept in a folder of its own below `folder`.

    Raises:
        BusyhourError: as `execute`.
    """
    plan = options.scenario

    def measure(factor: float, number: int) -> RunRecord:
        """Growth carries the factor, so that shape and recorded intervals stay what they are."""
        overrides = (
            *plan.overrides,
            f"traffic.growth={plan.traffic.growth * factor:.6g}",
            f"seed={plan.seed + number}",
        )
        scenario = reader.load(plan.path, root=options.project.root, overrides=overrides)
        progress.stage(
            f"Run {number + 1}: {busiest_rate(scenario):,.0f} calls/h, {factor:.3g} times the plan"
        )
        below = folder / f"step-{number + 1:02d}"
        below.mkdir(parents=True, exist_ok=True)
        record = execute(replace(options, scenario=scenario, folder=below), below, progress)
        store.write_run(below, record)
        progress.say(f"  {record.verdict.summary}")
        return record

    found = search(measure, most_runs=most_runs)
    store.write_json(folder / LIMIT_FILE, as_json(found, busiest_rate(plan)))
    return found


def as_json(found: Limit, per_hour: float) -> dict[str, Any]:
    """limit.json. `per_hour`: the plan's busiest rate, calls per hour."""

    def rate(factor: float | None) -> float | None:
        return None if factor is None else factor * per_hour

    return {
        **asdict(found),
        "planned_calls_per_hour": per_hour,
        "holds_calls_per_hour": rate(found.holds),
        "breaks_calls_per_hour": rate(found.breaks),
        "confidence": found.confidence,
    }


def lines(found: Limit, per_hour: float) -> list[str]:
    """What was found, in words."""
    said = [
        f"  {step.factor * per_hour:>10,.0f} calls/h  {step.factor:>6.3g} x plan  {step.outcome}"
        f"{f': {step.cause}' if step.cause else ''}"
        for step in sorted(found.steps, key=lambda step: step.factor)
    ]
    if found.holds is None:
        said.append("No rate held.")
    else:
        said.append(
            f"Holds at {found.holds * per_hour:,.0f} calls/h, {found.holds:.3g} times the plan, {found.times} of "
            f"{found.times} times: with 95 % confidence at least {found.confidence:.0%} of such hours would hold."
        )
    if found.breaks is not None:
        said.append(f"Breaks at {found.breaks * per_hour:,.0f} calls/h. What binds: {found.cause}")
    if found.stopped:
        said.append(f"The search ended early: {found.stopped}.")
    return said
