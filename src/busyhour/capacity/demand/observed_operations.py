"""Observed DynamoDB operations of functions whose scenario does not declare any."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import FlowMachine
from busyhour.capacity.demand.handlers import HandlerAnswers
from busyhour.capacity.simulation.simulate import INFINITE, Simulation
from busyhour.scenarios.model import Access, Function, Scenario
from busyhour.scenarios.resources import OPERATIONS
from busyhour.scenarios.traffic_plan.arrivals import Arrival

CALLS = 300
"""Calls that are run to observe the handlers' operations."""


def with_observed_operations(
    scenario: Scenario, machine: FlowMachine, handlers: HandlerAnswers, policy: CallPolicy | None = None
) -> tuple[Scenario, list[str]]:
    """Add observed mean operations of one invocation to the scenario where it declares none.

    Args:
        scenario: functions, some with handlers.
        machine: flow machine of its flows.
        handlers: run the handlers; `HandlerAnswers.observed` then names the functions.
        policy: caller behaviour that the scenario has no key for.

    Returns:
        the scenario, and what was observed, for notes.
    """
    silent = [f for f in scenario.functions.values() if f.handler is not None and not f.operations]
    if not silent:
        return scenario, []
    # No call waits: operations do not depend on waiting, and no warm-up is needed.
    queues = {name: replace(queue, agents=10**9, capacity=None) for name, queue in scenario.queues.items()}
    arrivals = (Arrival(index, float(index)) for index in range(CALLS))
    alone = replace(scenario, queues=queues)
    Simulation(alone, machine, arrivals=arrivals, answers=handlers, policy=policy).run(drain=INFINITE)
    functions, notes = dict(scenario.functions), []
    for function in silent:
        seen = _data_operations(handlers, function)
        if seen:
            access = _access(handlers.operations(function.name), seen)
            functions[function.name] = replace(function, operations=seen, access=access)
            shown = ", ".join(f"{mean:.3g} {operation}" for operation, mean in seen.items())
            notes.append(
                f"operations of {function.name!r} are not in the scenario; its handler made {shown} an invocation"
            )
            handlers.observed.update(seen)
    return replace(scenario, functions=functions), notes


def _access(counts: Mapping[str, float], operations: Mapping[str, float]) -> dict[str, Access]:
    """Return how operations were made.

    Consistent or of an index if most of them were, and on how many items.
    """
    found = {}
    for name, mean in operations.items():
        items = counts.get(f"{name}:items", 0.0) / mean
        indexes = {
            key.removeprefix(f"{name}:index:"): count
            for key, count in counts.items()
            if key.startswith(f"{name}:index:")
        }
        most = max(indexes, key=indexes.__getitem__, default=None)
        found[name] = Access(
            consistent=counts.get(f"{name}:consistent", 0.0) > mean / 2,
            items=math.ceil(items) if items > 1 else None,
            index=most if most is not None and indexes[most] > mean / 2 else None,
        )
    return {name: access for name, access in found.items() if access != Access()}


def _data_operations(handlers: HandlerAnswers, function: Function) -> dict[str, float]:
    seen = handlers.operations(function.name)
    return {name: mean for name, mean in seen.items() if name.rpartition(".")[2] in OPERATIONS}
