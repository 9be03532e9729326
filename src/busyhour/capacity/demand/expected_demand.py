"""Exact expected demand of one call, if its flow is a finite Markov chain under the scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from busyhour.calls.centre import policy_of
from busyhour.calls.policy import CallPolicy
from busyhour.capacity.demand.handlers import HandlerAnswers
from busyhour.capacity.markov.chain import Solution, solve
from busyhour.capacity.markov.invocations import EXECUTING, Ask, MoreReadError
from busyhour.capacity.markov.lifetimes import Edge, holding_time
from busyhour.capacity.markov.outcomes import NotFiniteError
from busyhour.capacity.markov.reachable_demand import EVERY_FUNCTION
from busyhour.capacity.markov.state import CONTACTS, HANDLING, TIMES, TO_QUEUE
from busyhour.capacity.markov.states import States
from busyhour.capacity.markov.waits import with_waits
from busyhour.capacity.simulation.functions import Answers
from busyhour.capacity.theory.holding_times import HoldingTime
from busyhour.flows.machine import Machine
from busyhour.scenarios.model import Scenario

__all__ = ["ExactDemand", "NotFiniteError", "exact_demand"]

_INNER = (EXECUTING, CONTACTS, HANDLING)
"""Means that are not quantities of their own."""
_EVERYTHING = frozenset({()})
"""Attributes that an unknown handler is assumed to read."""


@dataclass(frozen=True, slots=True)
class ExactDemand:
    """Expected demand of one call by the names of `per_call.CallDemand.quantities`, solved without sampling.

    `open` are the quantities that are not known exactly, because they may grow where calls depend on other
    calls; `reasons` gives the dependence. `waiting` is the probability that a call gets there.
    `lambda_seconds` are the mean seconds of one execution, without cold starts, of functions whose
    invocations are known exactly. `queues` are those that a call enters at most once: contacts per call, and
    mean seconds that an agent is busy with one.
    """

    means: Mapping[str, float]
    states: int
    waiting: float
    open: frozenset[str]
    reasons: tuple[str, ...]
    lambda_seconds: Mapping[str, float] = field(default_factory=dict)
    queues: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    edges: Sequence[Edge] = ()

    def mean(self, name: str) -> float | None:
        """Return the exact mean of a quantity, 0 if no call uses it; None if it is not known exactly."""
        return None if name in self.open else self.means.get(name, 0.0)

    def holding(self) -> HoldingTime | None:
        """Return the distribution of call duration; None if it is not known exactly."""
        if not TIMES.isdisjoint(self.open):
            return None
        try:
            return holding_time(self.edges, self.means.get("at once", 0.0))
        except NotFiniteError:
            return None


def exact_demand(
    scenario: Scenario,
    machine: Machine,
    *,
    calls_per_hour: float,
    answers: Answers | None = None,
    policy: CallPolicy | None = None,
) -> ExactDemand:
    """Solve for the expected demand of one call.

    Args:
        scenario: callers, queues, functions, entry flow.
        machine: flow machine of its flows.
        calls_per_hour: arrival rate; with enough agents for it hardly any caller waits.
        answers: answers of real handlers.
        policy: caller behaviour that the scenario has no key for.

    Raises:
        NotFiniteError: the flow is not a finite chain; the message gives the reason.
    """
    policy = policy or policy_of(scenario)
    attributes: frozenset[str] | None = frozenset()
    at_once = True
    while True:
        moments = States(
            scenario,
            machine,
            policy=policy,
            answered_at_once=at_once,
            ask=_asking(answers),
            attributes=attributes,
        )
        try:
            found = solve(moments, policy.flow_limit)
        except MoreReadError as more:
            attributes = more.names
            continue
        except NotFiniteError:
            if not at_once:
                raise
            # The invocation may be after the queue.
            at_once = False
            continue
        found = with_waits(found, scenario, moments.beyond, calls_per_hour)
        open_ = _with_operations(found.open, scenario, found.means)
        means = {name: mean for name, mean in found.means.items() if not name.startswith(_INNER)}
        return ExactDemand(
            means,
            found.states,
            found.waiting,
            open_,
            found.reasons,
            _lambda_seconds(found.means, open_),
            _queues(found, open_),
            found.edges,
        )


def _lambda_seconds(means: Mapping[str, float], open_: frozenset[str]) -> dict[str, float]:
    """Compute the mean seconds of one execution, by function."""
    seconds = {}
    for key, executing in means.items():
        if key.startswith(EXECUTING):
            name = key.removeprefix(EXECUTING)
            attempts = means.get(EVERY_FUNCTION + name, 0.0)
            if attempts and EVERY_FUNCTION + name not in open_:
                seconds[name] = executing / attempts
    return seconds


def _queues(found: Solution, open_: frozenset[str]) -> dict[str, tuple[float, float]]:
    """Return contacts per call and mean handling time, by queue."""
    if TO_QUEUE in open_:
        return {}
    queues = {}
    for key, contacts in found.means.items():
        if key.startswith(CONTACTS) and contacts > 0.0:
            name = key.removeprefix(CONTACTS)
            seconds = found.means.get(HANDLING + name)
            if seconds is not None:
                queues[name] = contacts, seconds / contacts
    return queues


def _with_operations(open_: frozenset[str], scenario: Scenario, means: Mapping[str, float]) -> frozenset[str]:
    """Mark the operations of open functions as open too, and the sum over all functions."""
    functions = [name for name in open_ if name.startswith(EVERY_FUNCTION)]
    if EVERY_FUNCTION in functions:
        functions = [name for name in means if name.startswith(EVERY_FUNCTION)]
        functions += [EVERY_FUNCTION + name for name in scenario.functions]
    found = set(open_) | set(functions)
    for name in functions:
        found.add("Lambda invocations")
        function = scenario.functions.get(name.removeprefix(EVERY_FUNCTION))
        found |= {f"DynamoDB:{operation}" for operation in (function.operations if function else ())}
    return frozenset(found)


def _asking(answers: Answers | None) -> Ask | None:
    if answers is None:
        return None
    if isinstance(answers, HandlerAnswers):
        return answers.ask

    def ask(name: str, event: Mapping[str, Any]) -> Any:
        answer = answers(name, event)
        return None if answer is None else (answer, _EVERYTHING)

    return ask
