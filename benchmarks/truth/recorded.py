"""Calls of a shipped scenario told as plain numbers: each played alone, with every agent free and no limit.

So the lengths of prompts and the choices of callers are busyhour's own here; what happens when calls meet limits and each
other is not. Functions answer by a declared response after a model's latency in all four ways, since a real handler takes
wall time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from busyhour.capacity.demand.machine import machine_of
from busyhour.capacity.simulation.functions import HANDLER_LATENCY
from busyhour.capacity.simulation.simulate import INFINITE, Simulation
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic_plan.plan import with_traffic

from .independent.plan import Plan, Step

CALLS = 3_000
RESPONSE = {
    "found": "yes",
    "firstName": "Grace",
    "tier": "standard",
    "status": "open",
    "ticket": "1001",
    "ok": "yes",
}
SPACING = 3600.0
"""Seconds between the recorded calls: none meets another."""


def without_handlers(scenario: Scenario) -> Scenario:
    """The scenario with models in place of real handlers, and no table behind them."""
    functions = {
        name: replace(function, handler=None, latency=HANDLER_LATENCY, response=RESPONSE, operations={})
        for name, function in scenario.functions.items()
    }
    return replace(scenario, functions=functions, tables={})


def with_paths(plan: Plan, scenario: Scenario) -> Plan:
    """The plan with its calls as they were recorded."""
    return replace(
        plan,
        paths=tuple(_record(scenario)),
        staff=tuple((name, queue.agents) for name, queue in scenario.queues.items()),
    )


class _Recorder:
    """Hears the events of calls and writes each down as steps."""

    def __init__(self) -> None:
        self.paths: list[tuple[Step, ...]] = []
        self._steps: dict[int, list[Step]] = {}
        self._since: dict[int, float] = {}

    def __call__(self, call: Any, kind: str, at: float, detail: Mapping[str, Any]) -> None:
        key = call.index
        if kind == "started":
            self._steps[key], self._since[key] = [], at
        elif kind == "lambda":
            self._gap(key, at - detail["seconds"])
            self._steps[key].append(Step("invoke", detail["seconds"]))
            self._since[key] = at
        elif kind == "queued":
            self._gap(key, at)
        elif kind == "ended":
            if call.answered is not None:
                seconds = at - call.answered
                self._steps[key].append(Step("queue", seconds, call.wrap_up_seconds, call.queue_name or ""))
            else:
                self._gap(key, at)
            self.paths.append(tuple(self._steps.pop(key)))

    def _gap(self, key: int, at: float) -> None:
        if at - self._since[key] > 1e-9:
            self._steps[key].append(Step("time", at - self._since[key]))
        self._since[key] = at


def _record(scenario: Scenario) -> list[tuple[Step, ...]]:
    alone = replace(
        scenario.traffic,
        calls_per_hour=3600.0 / SPACING,
        growth=1.0,
        shape=(),
        intervals=(),
        layers=(),
        duration=CALLS * SPACING,
    )
    heard = _Recorder()
    Simulation(with_traffic(scenario, alone), machine_of(scenario), listener=heard, calls=CALLS).run(
        drain=INFINITE
    )
    return heard.paths
