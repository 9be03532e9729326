"""A state of the call's Markov chain, and a transition between states."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from busyhour.capacity.theory import durations
from busyhour.capacity.theory.durations import Mixture
from busyhour.flows.call import Call

AT_ONCE: Mixture = {(): 1.0}
"""A duration of zero."""
END, WAITS = "end", "waits"
"""Targets of transitions that are not states: the call is over, or depends on other calls from here on."""

UNTIMED = frozenset({"at once", "in flow", "with agent"})
"""Times that include invocations of functions."""
TIMES = UNTIMED | {"in queue", "wrap-up"}
CONTACTS, HANDLING = "contacts:", "handling:"
"""Contacts of a queue, and busy seconds of its agents.

Not quantities, see `expected_demand.ExactDemand.queues`.
"""
TO_QUEUE = "service:TransferContactToQueue"
"""Member of `States.open` if calls may get to a queue again after they have waited."""


class Phase(IntEnum):
    """The part of a call to which its seconds are added."""

    NEW = 0
    FLOW = 1
    AGENT = 2
    AFTER = 3
    """In a flow after the conversation."""


@dataclass(frozen=True, slots=True)
class State:
    """A call at a position at which something is drawn. `call` is never changed: transitions use copies."""

    call: Call
    phase: Phase
    hours: frozenset[tuple[str, bool]]
    """Opening hours that this caller has found open or closed."""
    number: int | None
    """Index of the caller's number; None: the number has not been read yet."""
    alike: Hashable
    """Equal for states that differ at most in the number."""
    queue: str = ""
    """Queue whose agent the call is with."""

    @property
    def key(self) -> Hashable:
        """Equal for positions that are one state."""
        return self.alike, self.number


@dataclass(frozen=True, slots=True)
class Transition:
    """A transition to another state (or `END`, `WAITS`), with its mean demand and its duration."""

    share: float
    demand: Mapping[str, float]
    target: State | str
    lasting: Mixture = field(default_factory=lambda: AT_ONCE)
    """Of the call's whole life: distributions of which `at_once` has the means."""


def with_number(step: Transition, number: int | None) -> Transition:
    """Return the transition of a caller with another number, if the number makes no difference."""
    target = step.target
    if isinstance(target, str) or target.number == number:
        return step
    return replace(step, target=replace(target, number=number))


def after(first: Transition, second: Transition) -> Transition:
    """Concatenate two transitions."""
    demand = dict(first.demand)
    for name, amount in second.demand.items():
        demand[name] = demand.get(name, 0.0) + amount
    lasting = durations.in_a_row(first.lasting, second.lasting)
    return Transition(first.share * second.share, demand, second.target, lasting)


def together(one: Transition, other: Transition) -> Transition:
    """Merge two transitions with the same target; the demand is the mean."""
    share = one.share + other.share
    if share <= 0.0:
        return one
    demand = {
        name: (one.share * one.demand.get(name, 0.0) + other.share * other.demand.get(name, 0.0)) / share
        for name in {**one.demand, **other.demand}
    }
    lasting = durations.together(((one.share / share, one.lasting), (other.share / share, other.lasting)))
    return Transition(share, demand, one.target, lasting)
