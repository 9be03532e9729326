"""A moment of a call at which something is drawn, and a step from one to the next."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from busyhour.capacity.theory import durations
from busyhour.capacity.theory.durations import Mixture
from busyhour.flows.call import Call

AT_ONCE: Mixture = {(): 1.0}
"""No time at all."""
END, WAITS = "end", "waits"
"""Targets of steps beside moments: the call is over; it depends on other calls from here on."""

UNTIMED = frozenset({"at once", "in flow", "with agent"})
"""Times that functions are part of."""
TIMES = UNTIMED | {"in queue", "wrap-up"}
CONTACTS, HANDLING = "contacts:", "handling:"
"""Contacts of a queue, and seconds that its agents are busy; no quantities, see `exact.ExactDemand.queues`."""
TO_QUEUE = "service:TransferContactToQueue"
"""In `moments.Moments.open` where calls may come to a queue after they have waited."""


class Phase(IntEnum):
    """Where a call's seconds count."""

    NEW = 0
    FLOW = 1
    AGENT = 2
    AFTER = 3
    """In a flow after the conversation."""


@dataclass(frozen=True, slots=True)
class State:
    """A call that waits for something to be drawn. `call` is never changed: steps go on with copies."""

    call: Call
    phase: Phase
    hours: frozenset[tuple[str, bool]]
    """Which hours this caller is known to have found open or closed."""
    number: int | None
    """Which of the callers' numbers it is; None: nothing has looked at it yet."""
    alike: Hashable
    """Equal for moments that differ in the number at most."""
    queue: str = ""
    """Whose agent the call is with."""

    @property
    def key(self) -> Hashable:
        """Equal for moments that are one state."""
        return self.alike, self.number


@dataclass(frozen=True, slots=True)
class Transition:
    """From a moment to the next (or `END`, `WAITS`), what is asked on the way, in the mean, and how long it lasts."""

    share: float
    asked: Mapping[str, float]
    target: State | str
    lasting: Mixture = field(default_factory=lambda: AT_ONCE)
    """Of the whole call's life: what `at once` is the mean of."""


def with_number(step: Transition, number: int | None) -> Transition:
    """The step of a caller with another number, where the number makes no difference."""
    target = step.target
    if isinstance(target, str) or target.number == number:
        return step
    return replace(step, target=replace(target, number=number))


def after(first: Transition, second: Transition) -> Transition:
    """Both steps in one."""
    asked = dict(first.asked)
    for name, amount in second.asked.items():
        asked[name] = asked.get(name, 0.0) + amount
    lasting = durations.in_a_row(first.lasting, second.lasting)
    return Transition(first.share * second.share, asked, second.target, lasting)


def together(one: Transition, other: Transition) -> Transition:
    """One step for two with the same target; what is asked is the mean."""
    share = one.share + other.share
    if share <= 0.0:
        return one
    asked = {
        name: (one.share * one.asked.get(name, 0.0) + other.share * other.asked.get(name, 0.0)) / share
        for name in {**one.asked, **other.asked}
    }
    lasting = durations.together(((one.share / share, one.lasting), (other.share / share, other.lasting)))
    return Transition(share, asked, one.target, lasting)
