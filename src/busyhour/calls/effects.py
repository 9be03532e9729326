"""Handlers of the flow machine's effects: each returns the answering event, or sets a timer and returns None."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, cast

from busyhour.flows.action_types import declared
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
    from busyhour.calls.acd import AcdQueue
    from busyhour.calls.background import Background
    from busyhour.calls.caller import Caller
    from busyhour.calls.centre import CallCentre

CHAT = "CHAT"
CONTINUES = Succeeded(branch="Continue")
DONE = Done()
AGENT_ENDS = Done("agent")
HUNG_UP = HungUp()
SUCCEEDED = Succeeded()
ACCEPTED = LambdaResult({})
"""Event for an asynchronous invocation: it was accepted."""


class CallControl(Protocol):
    """The part of a call that handlers of effects use (`live.LiveCall`)."""

    @property
    def caller(self) -> Caller:
        """The caller's choices and durations."""

    @property
    def centre(self) -> CallCentre:
        """The call centre."""

    @property
    def channel(self) -> str:
        """VOICE, CHAT or TASK."""

    @property
    def line_status(self) -> str | None:
        """Result of answering machine detection; None: no detection."""

    @property
    def waits(self) -> bool:
        """Whether the call has entered a queue, or the caller's patience already runs."""

    def later(self, seconds: float, reaction: Event) -> Event | None:
        """React after `seconds`; at once for 0."""

    def reached_limit(self) -> bool:
        """Whether the caller stays no longer in a flow without an end."""

    def emit(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Pass an event of the call to the listener."""

    def place(self, action: str) -> tuple[str, str]:
        """Return flow and display name of the current action."""

    def count_service(self, type: str) -> None:
        """Count a step by another service."""

    def bot_turn(self, effect: Converse, seconds: float) -> float | None:
        """Count a turn of a bot; return the seconds that it adds, None if the bot rejects it."""

    def invoke(self, effect: Invoke) -> LambdaResult | LambdaFailed | None:
        """Invoke a function; None if its result comes later."""

    @property
    def background(self) -> Background:
        """What goes on beside the flow."""

    def join(self, queue: AcdQueue, priority: int, time_adjustment_seconds: float) -> bool:
        """Enter the queue; return False if it is full."""

    def converse_with_agent(self) -> None:
        """Begin the conversation of agent and caller."""

    def finish(self, reason: str, terminal: str | None, detail: str) -> None:
        """End the contact."""


def play(call: CallControl, effect: Play) -> Event | None:
    """Play a prompt to caller or agent."""
    if call.channel == CHAT:
        call.emit("message", {"text": effect.text, "audience": effect.audience})
    if effect.audience is Audience.AGENT:
        return call.later(effect.seconds, DONE)
    if call.reached_limit():
        return HUNG_UP
    if effect.buffered:
        return call.later(*call.caller.press_ahead(effect, *call.place(effect.action)))
    return call.later(*call.caller.listen(effect.seconds))


def loop(call: CallControl, effect: Loop) -> Event | None:
    """Play prompts until the interrupt, an agent, or the end of patience."""
    if effect.seconds < math.inf:
        return call.later(effect.seconds, DONE)
    if not call.waits:
        return call.later(call.caller.patience(), HUNG_UP)
    return None


def collect(call: CallControl, effect: Collect) -> Event | None:
    """Collect keys from the caller."""
    if call.reached_limit():
        return HUNG_UP
    flow, display = call.place(effect.action)
    return call.later(*call.caller.enter(effect, flow, display))


def converse(call: CallControl, effect: Converse) -> Event | None:
    """Let the caller talk to a bot."""
    if call.reached_limit():
        return HUNG_UP
    flow, display = call.place(effect.action)
    seconds, answer = call.caller.converse(effect, flow, display)
    more = call.bot_turn(effect, seconds)
    if more is None:
        return Failed(detail="the bot rejected the conversation")
    longest = call.centre.policy.chat_bot_seconds
    if call.channel == CHAT and more > longest:
        return call.later(longest, Failed(detail=f"the bot did not answer the chat within {longest:g} s"))
    return call.later(seconds + more, answer)


def invoke(call: CallControl, effect: Invoke) -> Event | None:
    """Invoke a function; the flow waits for it unless the invocation is asynchronous."""
    if call.reached_limit():
        return HUNG_UP
    if effect.asynchronous:
        call.background.invoke(effect)
        return ACCEPTED
    return call.invoke(effect)


def check_hours(call: CallControl, effect: CheckHours) -> Event:
    """Check hours of operation."""
    return Hours(call.centre.is_open(call.caller, effect))


def read_metrics(call: CallControl, effect: ReadMetrics) -> Event:
    """Read the centre's real-time metrics."""
    return call.centre.metrics(effect.queue, effect.agent)


def enqueue(call: CallControl, effect: Enqueue) -> Event:
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
    if not call.join(queue, effect.priority, effect.time_adjustment_seconds):
        return AtCapacity()
    return Queued(queue.name, queue.arn)


def dial(call: CallControl, effect: Dial) -> Event | None:
    """Call a third party."""
    if call.reached_limit():
        return HUNG_UP
    ring = call.centre.policy.dial_seconds
    if 0 < effect.timeout_seconds < ring:
        return call.later(effect.timeout_seconds, Failed("ConnectionTimeLimitExceeded"))
    seconds = ring + (call.caller.third_party_talk() if effect.resumes else 0.0)
    return call.later(seconds, Connected())


def pause(call: CallControl, effect: Pause) -> Event | None:
    """Wait for a given time, for a function, or until the wait beside which the flow continued is over."""
    if effect.continues:
        call.background.wait_beside(effect)
        return CONTINUES
    if effect.seconds == math.inf:
        return None
    return call.background.wait(effect) if effect.returned else call.later(effect.seconds, DONE)


def service(call: CallControl, effect: Service) -> Event | None:
    """Run a step of another service."""
    if call.reached_limit():
        return HUNG_UP
    call.count_service(effect.type)
    if declared(effect.type).behaviour == "load-result":
        return call.background.loaded(effect)
    flow, display = call.place(effect.action) if effect.branches else ("", "")
    if effect.type == "CheckOutboundCallStatus" and call.line_status is not None:
        branch: str | None = call.line_status
    else:
        branch = call.caller.branch(effect, flow, display)
    return call.later(
        effect.person_seconds or call.centre.policy.service_seconds,
        SUCCEEDED if branch is None else Succeeded(branch=branch),
    )


def talk(call: CallControl, effect: Talk) -> None:
    """Connect agent and caller."""
    call.converse_with_agent()


def end(call: CallControl, effect: Ended) -> None:
    """End the contact."""
    call.finish(effect.reason, effect.terminal, effect.detail)


CARRY_OUT = cast(
    "Mapping[type[Effect], Callable[[CallControl, Effect], Event | None]]",
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
