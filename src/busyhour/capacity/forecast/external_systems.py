"""Limits of external systems in the forecast: a row for each, and what the simulation rejected."""

from __future__ import annotations

from busyhour.capacity.forecast.sheet import Sheet
from busyhour.capacity.simulation.simulate import SimulationResult
from busyhour.scenarios.model import DriveKind, Scenario


def add_external(sheet: Sheet, scenario: Scenario) -> None:
    """Add the rows and notes of every limit that the scenario's traffic uses."""
    for name, limit in scenario.limits.items():
        reached = scenario.drive.has_calls or (scenario.drive is DriveKind.LAMBDA and limit.functions)
        row = sheet.bottlenecks.external(limit) if reached else None
        if row is None:
            unused = "no call invokes them" if limit.functions else "no call starts"
            why = unused if reached else f"the scenario drives {scenario.drive.value} alone"
            sheet.notes.append(f"limit {name} is not used: {why}")
            continue
        sheet.add_limit(row)

        def counts(run: SimulationResult, name: str = name) -> tuple[float, float]:
            use = run.external[name]
            return use.first_rejected, use.first_attempts

        sheet.notes.append(
            f"limit {name} = {row.value:g} {row.unit}: {row.rejected_at_plan:.1%} of first attempts are rejected by "
            f"calculation{sheet.runs.printed(counts)}"
        )
