"""Demand of one call: Lambda, DynamoDB, Connect, queues and agents, with its distribution.

If the flow is a finite Markov chain, the means and the call duration are solved (`expected_demand`).
Quantities that depend on how long callers wait for agents are sampled: calls run through their flows in
virtual time, at the planned rate, with the scenario's callers and agents and without limits. Warm-up calls,
which find an empty centre, are not counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import FlowMachine
from busyhour.capacity.demand.expected_demand import ExactDemand, NotFiniteError, exact_demand
from busyhour.capacity.demand.handlers import HandlerAnswers
from busyhour.capacity.demand.quantity import Quantity
from busyhour.capacity.demand.sampled_calls import QueueDemand, SampledCalls
from busyhour.capacity.simulation.functions import Answers
from busyhour.capacity.simulation.simulate import SimulationResult
from busyhour.capacity.theory.holding_times import HoldingTime
from busyhour.flows.machine import Machine
from busyhour.results.outcomes import CallOutcomes
from busyhour.scenarios.model import Scenario

__all__ = ["CallDemand", "Quantity", "QueueDemand", "demand_of_call"]

_FILLING = (4, 10_000)
"""Warm-up calls per agent, and at most, where calls wait."""
_COUNTED = (10, 8000)
"""Fewest counted calls per agent, and at most, where calls wait: fewer calls would all wait together."""


@dataclass(frozen=True, slots=True)
class CallDemand:
    """Demand of one call.

    `holding` is the call duration, from the start to the end of the contact. `quantities` has the seconds
    `ringing`, `in flow`, `in queue`, `with agent`, `wrap-up`, `at once` (the contact's life, which counts as
    a concurrent call); `invocations:<function>`, `Lambda invocations`, `Lex turns`; `Connect:<operation>`;
    `service:<action type>`; `DynamoDB:<table>.<Operation>`.
    """

    calls: int
    calls_per_hour: float
    """Calls per hour of the sampled calls."""
    quantities: Mapping[str, Quantity]
    holding: HoldingTime
    lambda_seconds: Mapping[str, float]
    """Mean seconds of one execution by function, without cold starts."""
    result: SimulationResult
    states: int = 0
    """States of the chain that was solved for exact means; 0: all means are sampled."""
    flows: bool = True
    """Whether calls ran through flows.

    Otherwise they are arrivals at one service, whose means are arithmetic.
    """
    sampled_because: tuple[str, ...] = ()
    """Reasons why some or all means are sampled."""
    lambda_half_width: Mapping[str, float] = field(default_factory=dict)
    """Half-widths of the 95 % intervals of those `lambda_seconds` that are sampled."""
    queues: Mapping[str, QueueDemand] = field(default_factory=dict)
    """By name, for the queues that calls enter."""
    outcomes: CallOutcomes | None = None
    """Outcomes of the sampled calls without quotas; None if there were none."""

    def mean(self, name: str) -> float:
        """Return the mean of a quantity; 0 if no call uses it."""
        found = self.quantities.get(name)
        return found.mean if found else 0.0

    def as_json(self) -> dict[str, object]:
        """Return the demand for the run record."""
        return {
            "calls": self.calls,
            "calls_per_hour": self.calls_per_hour,
            "quantities": {name: quantity.as_json() for name, quantity in sorted(self.quantities.items())},
            "lambda_seconds": dict(self.lambda_seconds),
            "lambda_half_width": {name: _known(half) for name, half in self.lambda_half_width.items()},
            "queues": {
                name: {
                    "contacts": queue.contacts,
                    "contacts_half_width": _known(queue.contacts_half_width),
                    "handling": queue.handling,
                    "handling_half_width": _known(queue.handling_half_width),
                }
                for name, queue in self.queues.items()
            },
            "states": self.states,
            "sampled_because": list(self.sampled_because),
        }


def _known(half_width: float) -> float | None:
    return None if math.isinf(half_width) else half_width


def demand_of_call(
    scenario: Scenario,
    machine: FlowMachine,
    *,
    calls: int = 2000,
    warm_up: float = 0.1,
    answers: Answers | None = None,
    policy: CallPolicy | None = None,
    exact: bool = True,
) -> CallDemand:
    """Solve for the demand of one call, and sample `calls` calls for what is not known exactly.

    Args:
        scenario: callers and their destination.
        machine: flow machine of the scenario's flows.
        calls: number of counted calls; more where calls wait for many agents.
        warm_up: share of further calls that are run first and not counted; more where calls wait.
        answers: answers of real handlers.
        policy: caller behaviour that the scenario has no key for.
        exact: solve for the means where possible.
    """
    # Reserved concurrency is a limit like the quotas: the demand is computed without it.
    functions = {name: replace(each, reserved_concurrency=None) for name, each in scenario.functions.items()}
    scenario = replace(scenario, functions=functions)
    rate = scenario.plan.calls_per_hour
    solved, why = None, ""
    if exact and rate and isinstance(machine, Machine):
        try:
            solved = exact_demand(scenario, machine, calls_per_hour=rate, answers=answers, policy=policy)
        except NotFiniteError as error:
            why = str(error)
    skipped = math.ceil(calls * warm_up)
    if solved is None or solved.waiting:
        agents = sum(queue.agents for queue in scenario.queues.values())
        skipped = max(skipped, min(_FILLING[1], _FILLING[0] * agents))
        calls = max(calls, min(_COUNTED[1], _COUNTED[0] * agents))
    sample = SampledCalls(scenario, machine, rate, skipped, calls, answers, policy)
    quantities = sample.quantities(corrected=exact)
    seconds, around = sample.lambda_seconds(solved)
    found = CallDemand(
        sample.calls,
        rate,
        quantities,
        sample.holding(quantities.get("at once")),
        seconds,
        sample.result,
        lambda_half_width=around,
        queues=sample.queues(solved),
        outcomes=sample.outcomes(),
    )
    if solved is None:
        return replace(found, sampled_because=(why,) if why and found.calls else ())
    estimated = answers.observed if isinstance(answers, HandlerAnswers) else set()
    return _with_exact(found, solved, {f"DynamoDB:{operation}" for operation in estimated})


def _with_exact(found: CallDemand, solved: ExactDemand, estimated: set[str]) -> CallDemand:
    """Replace the means that are known exactly; add quantities that were never sampled but may occur."""
    quantities = dict(found.quantities)
    for name in {**quantities, **solved.means}:
        mean = None if name in estimated else solved.mean(name)
        if mean is not None and (mean or name in quantities):
            quantities[name] = quantities.get(name, Quantity.of([0.0])).solved(mean)
    holding = solved.holding()
    if holding is not None and "at once" in quantities:
        quantities["at once"] = quantities["at once"].distributed(holding)
    return replace(
        found,
        quantities=dict(sorted(quantities.items())),
        holding=holding or found.holding,
        states=solved.states,
        sampled_because=(*solved.reasons, *(["operations are estimated from handlers"] if estimated else [])),
    )
