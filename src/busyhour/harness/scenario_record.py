"""Members of a run record that describe the scenario: its plan, its test, its flows."""

from __future__ import annotations

from typing import Any

from busyhour.scenarios.business import business
from busyhour.scenarios.model import Scenario


def described(scenario: Scenario) -> dict[str, Any]:
    """Return the members of `RunRecord.scenario` that the scenario itself states."""
    traffic = scenario.traffic
    return {
        "name": scenario.name,
        "description": scenario.description,
        "path": str(scenario.path),
        "seed": scenario.seed,
        "direction": traffic.direction.value,
        "drive": scenario.drive.value,
        "arrivals": traffic.arrivals.value,
        "calls_per_hour": scenario.plan.calls_per_hour or None,
        "duration": traffic.duration,
        "plan": {
            "calls_per_hour": scenario.plan.calls_per_hour,
            "day": scenario.plan.day is not None,
            "basis": scenario.plan.basis,
        },
        "test": {
            name: getattr(scenario.test, name)
            for name in ("ramp_up", "hold", "ramp_down", "drain", "factor", "smoke")
        },
        "entry": scenario.flows.entry,
        "flows": [path.name for path in scenario.flows.files],
        "headroom": scenario.headroom,
        "retry": scenario.client.retry.value,
        **business(scenario),
    }
