"""Traces of sampled calls: the time of each step, apart from the wait for an agent.

The same caller runs through the flows twice: once with an agent free at once, once without agents. The first
run gives everything before the queue and after the answer, the second the time in the queue until the caller
or the queue flow gives up. A call with any wait in between is composed of the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from busyhour.calls.live import LiveCall
from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import FlowMachine
from busyhour.capacity.simulation.functions import Answers
from busyhour.capacity.simulation.simulate import INFINITE, Simulation
from busyhour.flows.protocol import EndReason
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic_plan.arrivals import Arrival

Invocations = list[tuple[float, str, float]]
"""(seconds after the phase began, function, seconds of execution including retries)."""

_PLENTY = 10**9


@dataclass(slots=True)
class Trace:
    """One call. `queue` is None for a call that does not enter a queue; `before` is then the whole call."""

    queue: str | None = None
    before: float = 0.0
    """Seconds from the start of the call until it is in the queue, or over."""
    agent: float = 0.0
    """Seconds with the agent: whispers and conversation."""
    wrap_up: float = 0.0
    after: float = 0.0
    """Seconds of a disconnect flow after the conversation."""
    gives_up: float = INFINITE
    """Seconds in the queue after which the call leaves it without an agent."""
    abandons: bool = True
    """Whether it leaves because the caller hangs up.

    False: the queue flow ends the call (a callback, a message).
    """
    invocations: Invocations = field(default_factory=list)
    """Invocations before the queue, from the start of the call."""
    waiting: Invocations = field(default_factory=list)
    """Invocations in the queue, from its beginning."""
    talking: Invocations = field(default_factory=list)
    """Invocations after the answer, from the answer."""


class _Recorder:
    """Listener of one of the two runs: keeps the invocations of each call with their absolute times."""

    def __init__(self) -> None:
        self.invocations: dict[int, Invocations] = {}
        self.ended: dict[int, LiveCall] = {}

    def heard(self, call: LiveCall, kind: str, at: float, detail: Mapping[str, Any]) -> None:
        if kind == "lambda":
            seconds = detail["seconds"]
            self.invocations.setdefault(call.index, []).append((at - seconds, detail["function"], seconds))
        elif kind == "ended":
            self.ended[call.index] = call


def traces_of(
    scenario: Scenario,
    machine: FlowMachine,
    calls: int,
    *,
    answers: Answers | None = None,
    policy: CallPolicy | None = None,
) -> tuple[list[Trace], list[str]]:
    """Compute the traces of calls 0 to `calls` - 1, and notes for the reader."""
    answered, notes = _run(scenario, machine, calls, _PLENTY, answers, policy)
    alone, _ = _run(scenario, machine, calls, 0, answers, policy)
    found = [_trace(answered, alone, index) for index in range(calls)]
    return found, notes


def _run(
    scenario: Scenario,
    machine: FlowMachine,
    calls: int,
    agents: int,
    answers: Answers | None,
    policy: CallPolicy | None,
) -> tuple[_Recorder, list[str]]:
    queues = {name: replace(queue, agents=agents, capacity=None) for name, queue in scenario.queues.items()}
    recorder = _Recorder()
    simulation = Simulation(
        replace(scenario, queues=queues),
        machine,
        arrivals=_spread(calls),
        answers=answers,
        policy=policy,
        listener=recorder.heard,
    )
    result = simulation.run(drain=INFINITE)
    return recorder, result.notes


def _spread(calls: int) -> Iterator[Arrival]:
    """Return starts so far apart that timers stay few; calls do not interact in either run."""
    return (Arrival(index, float(index)) for index in range(calls))


def _trace(answered: _Recorder, alone: _Recorder, index: int) -> Trace:
    call = answered.ended[index]
    assert call.ended is not None
    invocations = answered.invocations.get(index, [])
    trace = Trace()
    if call.enqueued is None or call.answered is None:
        trace.before = call.ended - call.started
        trace.invocations = _shift(invocations, call.started)
        return trace
    trace.queue = call.queue_name
    trace.before = call.enqueued - call.started
    talk_ended = call.ended if call.talk_ended is None else call.talk_ended
    trace.agent = talk_ended - call.answered
    trace.wrap_up = call.wrap_up_seconds
    trace.after = call.ended - talk_ended
    trace.invocations = _shift([i for i in invocations if i[0] < call.answered], call.started)
    trace.talking = _shift([i for i in invocations if i[0] >= call.answered], call.answered)
    waited = alone.ended[index]
    if waited.enqueued is not None and waited.ended is not None:
        trace.gives_up = waited.ended - waited.enqueued
        trace.abandons = waited.end_reason == EndReason.CUSTOMER_DISCONNECT
        since = waited.enqueued
        trace.waiting = _shift([i for i in alone.invocations.get(index, []) if i[0] > since], since)
    return trace


def _shift(invocations: Invocations, origin: float) -> Invocations:
    return [(at - origin, function, seconds) for at, function, seconds in invocations]
