"""Handlers of the flow machine's effects: each returns the answering event, or sets a timer and returns None."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from busyhour.flows.protocol import (
    AtCapacity,
    Audience,
    CheckHours,
    Collect,
    Connected,
    Converse,
    Dial,
    Done,
    Effect,
    Ended,
    Enqueue,
    Event,
    Failed,
    Hours,
    HungUp,
    Invoke,
    LambdaFailed,
    LambdaResult,
    Loop,
    Pause,
    Play,
    Queued,
    ReadMetrics,
    Service,
    Succeeded,
    Talk,
)

if TYPE_CHECKING:
    from busyhour.calls.live import LiveCall

CHAT = "CHAT"
TASK = "TASK"
"""The channel on which callers wait and may lose patience."""
AWAITED = object()
"""Stands for a function's result until it is known whether it arrives at once."""
DONE = Done()
AGENT_ENDS = Done("agent")
HUNG_UP = HungUp()
SUCCEEDED = Succeeded()
ACCEPTED = LambdaResult({})
"""Event for an asynchronous invocation: it was accepted."""


def play(call: LiveCall, effect: Play) -> Event | None:
    """Play a prompt to caller or agent."""
    if call.channel == CHAT:
        call.centre.emit(call, "message", {"text": effect.text, "audience": effect.audience})
    if effect.audience is Audience.AGENT:
        return call.later(effect.seconds, DONE)
    if call.reached_limit():
        return HUNG_UP
    return call.later(*call.caller.listen(effect.seconds))


def loop(call: LiveCall, effect: Loop) -> Event | None:
    """Play prompts until the interrupt, an agent, or the end of patience."""
    if effect.seconds < math.inf:
        return call.later(effect.seconds, DONE)
    if call.patience_timer is None and call.ticket is None:
        return call.later(call.caller.patience(), HUNG_UP)
    return None


def collect(call: LiveCall, effect: Collect) -> Event | None:
    """Collect keys from the caller."""
    if call.reached_limit():
        return HUNG_UP
    flow, display = call.centre.place(call, effect.action)
    return call.later(*call.caller.enter(effect, flow, display))


def converse(call: LiveCall, effect: Converse) -> Event | None:
    """Let the caller talk to a bot."""
    if call.reached_limit():
        return HUNG_UP
    call.lex_turns += 1
    flow, display = call.centre.place(call, effect.action)
    seconds, answer = call.caller.converse(effect, flow, display)
    bots = call.centre.bots
    if bots is not None:
        more = bots.turn(call, effect, seconds)
        if more is None:
            return Failed(detail="the bot rejected the conversation")
        seconds += more
    return call.later(seconds, answer)


def invoke(call: LiveCall, effect: Invoke) -> Event | None:
    """Invoke a function; the flow waits for it unless the invocation is asynchronous."""
    if call.reached_limit():
        return HUNG_UP
    invoker = call.centre.invoker
    if effect.asynchronous:
        invoker.invoke(call, effect, call.settled_in_background)
        return ACCEPTED
    call.inline = AWAITED
    invocation = invoker.invoke(call, effect, call.settled)
    result, call.inline = call.inline, None
    if result is AWAITED:
        call.pending = invocation
        return None
    return cast("LambdaResult | LambdaFailed", result)


def check_hours(call: LiveCall, effect: CheckHours) -> Event:
    """Check hours of operation."""
    return Hours(call.centre.is_open(call.caller, effect))


def read_metrics(call: LiveCall, effect: ReadMetrics) -> Event:
    """Read the centre's real-time metrics."""
    return call.centre.metrics(effect.queue, effect.agent)


def enqueue(call: LiveCall, effect: Enqueue) -> Event:
    """Put the call in a queue: it waits, is answered at once, or is rejected by a full queue."""
    centre = call.centre
    if effect.agent:
        queue = centre.acd.agent_queue(effect.agent)
    elif effect.queue:
        queue = centre.queue(effect.queue)
    else:
        return Failed(detail="no queue is set")
    if not queue.enabled:
        return Failed(detail="the queue is disabled")
    ticket = centre.acd.join(queue, call, effect.priority, effect.time_adjustment_seconds, call.channel)
    if ticket is None:
        centre.emit(call, "at_capacity", {"queue": queue.name})
        return AtCapacity()
    if call.ticket is not None:
        centre.acd.leave(call.ticket, abandoned=False)
    call.ticket = ticket
    call.queue_name = queue.name
    if call.enqueued is None:
        call.enqueued = ticket.since
    call.in_queue()
    centre.emit(call, "queued", {"queue": queue.name})
    if ticket.agent is not None:
        call.offered = True
    elif call.patience_timer is None and call.channel != TASK:
        call.patience_timer = centre.clock.call_later(call.caller.patience(), call.give_up)
    return Queued(queue.name, queue.arn)


def dial(call: LiveCall, effect: Dial) -> Event | None:
    """Call a third party."""
    if call.reached_limit():
        return HUNG_UP
    ring = call.centre.policy.dial_seconds
    if 0 < effect.timeout_seconds < ring:
        return call.later(effect.timeout_seconds, Failed("ConnectionTimeLimitExceeded"))
    seconds = ring + (call.caller.third_party_talk() if effect.resumes else 0.0)
    return call.later(seconds, Connected())


def pause(call: LiveCall, effect: Pause) -> Event | None:
    """Wait for a given time."""
    return call.later(effect.seconds, DONE)


def service(call: LiveCall, effect: Service) -> Event | None:
    """Run a step of another service."""
    if call.reached_limit():
        return HUNG_UP
    if call.count_of_services is None:
        call.count_of_services = {}
    call.count_of_services[effect.type] = call.count_of_services.get(effect.type, 0) + 1
    flow, display = call.centre.place(call, effect.action) if effect.branches else ("", "")
    if effect.type == "CheckOutboundCallStatus" and call.line_status is not None:
        branch: str | None = call.line_status
    else:
        branch = call.caller.branch(effect, flow, display)
    return call.later(
        call.centre.policy.service_seconds, SUCCEEDED if branch is None else Succeeded(branch=branch)
    )


def talk(call: LiveCall, effect: Talk) -> None:
    """Connect agent and caller."""
    call.pending = call.centre.clock.call_later(call.caller.talk(), call.end_conversation)


def end(call: LiveCall, effect: Ended) -> None:
    """End the contact."""
    call.finish(effect.reason, effect.terminal, effect.detail)


CARRY_OUT = cast(
    "Mapping[type[Effect], Callable[[LiveCall, Effect], Event | None]]",
    {
        Play: play,
        Loop: loop,
        Collect: collect,
        Converse: converse,
        Invoke: invoke,
        CheckHours: check_hours,
        ReadMetrics: read_metrics,
        Enqueue: enqueue,
        Talk: talk,
        Dial: dial,
        Pause: pause,
        Service: service,
        Ended: end,
    },
)
