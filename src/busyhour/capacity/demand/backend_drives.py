"""Demand of one arrival if a scenario drives one service alone and no flow runs."""

from __future__ import annotations

from collections.abc import Mapping

from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import FlowMachine
from busyhour.capacity.demand.per_call import CallDemand
from busyhour.capacity.demand.quantity import Quantity
from busyhour.capacity.simulation.functions import HANDLER_LATENCY, Answers
from busyhour.capacity.simulation.simulate import INFINITE, Simulation
from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.capacity.theory.holding_times import HoldingTime
from busyhour.scenarios.model import DriveKind, Scenario

_CALLS = 100
"""Arrivals that are simulated to find the assumptions about functions."""

_A_MOMENT = HoldingTime.of_atoms({1.0: 1.0})
"""Duration of one arrival, for the search of a day's busiest moment."""


def demand_of_drive(
    scenario: Scenario,
    machine: FlowMachine,
    *,
    calls: int = 2000,
    answers: Answers | None = None,
    policy: CallPolicy | None = None,
) -> CallDemand:
    """Compute the demand of one arrival; every mean is exact.

    Args:
        scenario: functions, tables, drive.
        machine: flow machine of its flows, none of which runs.
        calls: largest number of simulated arrivals.
        answers: of real handlers; not used, since nothing depends on an answer.
        policy: caller behaviour that the scenario has no key for.
    """
    rate = scenario.plan.calls_per_hour
    means: dict[str, float] = {}
    if scenario.drive is DriveKind.LAMBDA:
        share = 1.0 / len(scenario.functions)
        for name, function in scenario.functions.items():
            means[f"invocations:{name}"] = share
            _add_operations(means, function.operations, share)
        means["Lambda invocations"] = 1.0
    else:
        for function in scenario.functions.values():
            _add_operations(means, function.operations, 1.0)
        if not any(function.operations for function in scenario.functions.values()):
            _add_operations(means, {f"{table}.GetItem": 1.0 for table in scenario.tables}, 1.0)
    result = Simulation(scenario, machine, policy=policy, calls=min(calls, _CALLS)).run(drain=INFINITE)
    seconds = {
        name: ProbabilityDistribution(function.latency or HANDLER_LATENCY).mean_of_least(function.timeout)
        for name, function in scenario.functions.items()
        if f"invocations:{name}" in means
    }
    quantities = {name: Quantity.of([mean]).solved(mean) for name, mean in sorted(means.items())}
    return CallDemand(result.planned, rate, quantities, _A_MOMENT, seconds, result, flows=False)


def _add_operations(means: dict[str, float], operations: Mapping[str, float], times: float) -> None:
    for operation, count in operations.items():
        name = f"DynamoDB:{operation}"
        means[name] = means.get(name, 0.0) + times * count
