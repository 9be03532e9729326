"""One call in progress: it carries each effect of the flow machine out and hands back what came of it.

No thread, task or greenlet belongs to a call. Between two events it is an object of a few hundred bytes and at
most two timers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from busyhour.calls.acd import Ticket
from busyhour.calls.caller import Caller
from busyhour.calls.invoker import Invocation
from busyhour.calls.ports import Handle, MachineCall
from busyhour.flows.protocol import (
    AgentAnswered,
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
    EndReason,
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
    Stopped,
    Succeeded,
    Talk,
)

if TYPE_CHECKING:
    from busyhour.calls.centre import CallCentre

NOTHING: Mapping[str, Any] = MappingProxyType({})

NOT_ANSWERED = "OUTBOUND_ATTEMPT_FAILED"
"""End reason of an outbound call that nobody answered."""


class CallState(StrEnum):
    """Where a call is in its life."""

    INITIATED = "initiated"
    RINGING = "ringing"
    """Outbound: the destination rings."""
    IN_FLOW = "in_flow"
    QUEUED = "queued"
    CONNECTED = "connected"
    """An agent has taken it: whispers, conversation, hold."""
    ENDED = "ended"
    """The contact is over; an agent may still be wrapping up."""
    WRAPPED_UP = "wrapped_up"
    """The contact is over and so is the agent's wrap-up. Calls that no agent took stay `ended`."""


class LiveCall:
    """A call: the machine's call, its caller, its place in a queue.

    Made by `CallCentre.arrive`. Times are those of the centre's clock in seconds; None: it did not happen.
    """

    __slots__ = (
        "__weakref__",
        "_caller",
        "_centre",
        "_inline",
        "_offered",
        "_patience",
        "_pending",
        "_reaction",
        "_retries",
        "_services",
        "_ticket",
        "answered",
        "connected_to_system",
        "contact_id",
        "detail",
        "end_reason",
        "ended",
        "enqueued",
        "index",
        "invocations",
        "lex_turns",
        "machine_call",
        "outbound",
        "queue_name",
        "ring_timeout",
        "started",
        "state",
        "tag",
        "talk_ended",
        "terminal",
    )

    def __init__(
        self,
        centre: CallCentre,
        index: int,
        contact_id: str,
        machine_call: MachineCall,
        caller: Caller,
        *,
        outbound: bool,
    ) -> None:
        self._centre = centre
        self.index = index
        self.contact_id = contact_id
        self.machine_call = machine_call
        self.outbound = outbound
        self.state = CallState.INITIATED
        self.started = centre.clock.now()
        self.connected_to_system: float | None = None
        """The flow began: at once for inbound, when the customer answered for outbound."""
        self.enqueued: float | None = None
        self.answered: float | None = None
        """An agent took it."""
        self.talk_ended: float | None = None
        self.ended: float | None = None
        self.end_reason: str | None = None
        """An `EndReason`, or `NOT_ANSWERED`."""
        self.terminal: str | None = None
        """Type of the action that ended the call, None when it did not end on one."""
        self.detail = ""
        self.queue_name: str | None = None
        """The last queue it was put in."""
        self.invocations: dict[str, int] = {}
        """Lambda invocations by function name (a retry is not one more: see `attempts`)."""
        self.lex_turns = 0
        self.ring_timeout: float | None = None
        """Outbound: seconds after which it ends unanswered; None: the policy's."""
        self.tag: Any = None
        """Free for whoever drives the call."""
        self._retries: dict[str, int] | None = None
        self._services: dict[str, int] | None = None
        self._caller = caller
        self._ticket: Ticket | None = None
        self._offered = False
        self._pending: Handle | None = None
        self._patience: Handle | None = None
        self._reaction: Event | None = None
        self._inline: object = None

    # ------------------------------------------------------------------------------------------ to be read

    @property
    def over(self) -> bool:
        """Whether the contact has ended."""
        return self.ended is not None

    @property
    def attributes(self) -> Mapping[str, str]:
        """The contact's attributes as they are now."""
        return self.machine_call.attributes

    @property
    def attempts(self) -> dict[str, int]:
        """Requests to Lambda by function name, Connect's retries included."""
        retries = self._retries or NOTHING
        return {name: count + retries.get(name, 0) for name, count in self.invocations.items()}

    @property
    def wrap_up_seconds(self) -> float:
        """Seconds that the agent needs after the conversation, whether or not it has been answered yet."""
        return self._caller.wrap_up()

    @property
    def services(self) -> Mapping[str, int]:
        """Steps that other services did, by action type."""
        return self._services or NOTHING

    # -------------------------------------------------------------------------------------- to be commanded

    def begin(self) -> None:
        """Let it start; `CallCentre.arrive` does."""
        self._centre.emit(self, "started")
        if self.outbound:
            self.state = CallState.RINGING
            timeout = self._centre.policy.ring_timeout if self.ring_timeout is None else self.ring_timeout
            seconds, answered = self._caller.ring(timeout)
            callback = self._enter if answered else self._not_answered
            self._pending = self._centre.clock.call_later(seconds, callback)
        else:
            self._enter()

    def hang_up(self) -> None:
        """The customer hangs up now. Nothing happens when the call is over."""
        self._interrupt(HungUp(), EndReason.CUSTOMER_DISCONNECT)

    def stop(self, reason: str = "") -> None:
        """StopContact, or the end of the run. Nothing happens when the call is over."""
        if self.ended is None:
            self.detail = reason
            self._interrupt(Stopped(), EndReason.STOPPED)

    def taken(self, ticket: Ticket) -> None:
        """An agent takes the call out of its queue; the ACD says so."""
        if self.ended is None and ticket is self._ticket:
            self._advance(self._agent_answered(ticket))

    def count_attempt(self, function: str, attempt: int) -> None:
        """Attempt number `attempt` (from 1) to invoke `function` is made."""
        if attempt == 1:
            self.invocations[function] = self.invocations.get(function, 0) + 1
        else:
            if self._retries is None:
                self._retries = {}
            self._retries[function] = self._retries.get(function, 0) + 1

    # ----------------------------------------------------------------------------------------------- engine

    def _enter(self) -> None:
        self._pending = None
        self.state = CallState.IN_FLOW
        self.connected_to_system = self._centre.clock.now()
        self._run(self.machine_call.start())

    def _not_answered(self) -> None:
        self._pending = None
        self._finish(NOT_ANSWERED, None, "nobody answered")

    def _interrupt(self, event: Event, reason: EndReason) -> None:
        if self.ended is not None:
            return
        if self.connected_to_system is None:
            if self._pending is not None:
                self._pending.cancel()
                self._pending = None
            self._finish(reason, None, self.detail)
            return
        self._advance(event)

    def _advance(self, event: Event) -> None:
        pending = self._pending
        if pending is not None:
            self._pending = None
            pending.cancel()
        self._run(self.machine_call.send(event))

    def _run(self, effect: Effect) -> None:
        """Carry effects out until one takes time. A loop, not recursion: many effects take none."""
        send = self.machine_call.send
        while True:
            event = _CARRY_OUT[type(effect)](self, effect)
            if event is None:
                return
            effect = send(event)
            if self._offered and type(effect) is not Ended:
                self._offered = False
                effect = send(self._agent_answered(cast("Ticket", self._ticket)))

    def _later(self, seconds: float, reaction: Event) -> Event | None:
        """React after `seconds`; at once when that is no time at all."""
        if seconds <= 0.0:
            return reaction
        self._reaction = reaction
        self._pending = self._centre.clock.call_later(seconds, self._react)
        return None

    def _react(self) -> None:
        self._pending = None
        reaction = self._reaction
        self._reaction = None
        assert reaction is not None
        self._run(self.machine_call.send(reaction))

    # ---------------------------------------------------------------------------------------- each effect

    def _play(self, effect: Play) -> Event | None:
        if effect.audience is Audience.AGENT:
            return self._later(effect.seconds, _DONE)
        if self._has_had_enough():
            return _HUNG_UP
        return self._later(*self._caller.hear(effect.seconds))

    def _loop(self, effect: Loop) -> Event | None:
        if effect.seconds < math.inf:
            return self._later(effect.seconds, _DONE)
        if self._patience is None and self._ticket is None:
            return self._later(self._caller.patience(), _HUNG_UP)
        return None

    def _collect(self, effect: Collect) -> Event | None:
        if self._has_had_enough():
            return _HUNG_UP
        flow, display = self._centre.place(self, effect.action)
        return self._later(*self._caller.enter(effect, flow, display))

    def _converse(self, effect: Converse) -> Event | None:
        if self._has_had_enough():
            return _HUNG_UP
        self.lex_turns += 1
        flow, display = self._centre.place(self, effect.action)
        return self._later(*self._caller.converse(effect, flow, display))

    def _invoke(self, effect: Invoke) -> Event | None:
        invoker = self._centre.invoker
        if effect.asynchronous:
            invoker.invoke(self, effect, self._settled_in_background)
            return _ACCEPTED
        self._inline = _AWAITED
        invocation = invoker.invoke(self, effect, self._settled)
        result, self._inline = self._inline, None
        if result is _AWAITED:
            self._pending = invocation
            return None
        return cast("LambdaResult | LambdaFailed", result)

    def _settled(self, result: LambdaResult | LambdaFailed, invocation: Invocation) -> None:
        self._report_lambda(result, invocation)
        if self._inline is _AWAITED:
            self._inline = result
            return
        self._pending = None
        self._run(self.machine_call.send(result))

    def _settled_in_background(self, result: LambdaResult | LambdaFailed, invocation: Invocation) -> None:
        self._report_lambda(result, invocation)

    def _report_lambda(self, result: LambdaResult | LambdaFailed, invocation: Invocation) -> None:
        centre = self._centre
        if centre.listener is not None:
            outcome = "succeeded" if isinstance(result, LambdaResult) else result.kind
            centre.emit(
                self,
                "lambda",
                {
                    "function": invocation.function,
                    "outcome": outcome,
                    "seconds": centre.clock.now() - invocation.started,
                    "attempts": invocation.attempts,
                    "asynchronous": invocation.effect.asynchronous,
                },
            )

    def _check_hours(self, effect: CheckHours) -> Event:
        return Hours(self._centre.is_open(self._caller, effect))

    def _read_metrics(self, effect: ReadMetrics) -> Event:
        return self._centre.metrics(effect.queue, effect.agent)

    def _enqueue(self, effect: Enqueue) -> Event:
        centre = self._centre
        if effect.agent:
            queue = centre.acd.agent_queue(effect.agent)
        elif effect.queue:
            queue = centre.queue(effect.queue)
        else:
            return Failed(detail="no queue is set")
        ticket = centre.acd.join(queue, self, effect.priority, effect.time_adjustment_seconds)
        if ticket is None:
            centre.emit(self, "at_capacity", {"queue": queue.name})
            return AtCapacity()
        if self._ticket is not None:
            centre.acd.leave(self._ticket, abandoned=False)
        self._ticket = ticket
        self.queue_name = queue.name
        if self.enqueued is None:
            self.enqueued = ticket.since
        self.state = CallState.QUEUED
        self._caller.enter_queue()
        centre.emit(self, "queued", {"queue": queue.name})
        if ticket.agent is not None:
            self._offered = True
        elif self._patience is None:
            self._patience = centre.clock.call_later(self._caller.patience(), self._give_up)
        return Queued(queue.name, queue.arn)

    def _give_up(self) -> None:
        self._patience = None
        if self.ended is None and self.state is CallState.QUEUED:
            self._advance(_HUNG_UP)

    def _agent_answered(self, ticket: Ticket) -> Event:
        self._end_patience()
        centre = self._centre
        self.state = CallState.CONNECTED
        self.answered = now = centre.clock.now()
        self._caller.leave_queue()
        agent = f"{ticket.queue.name}-agent-{ticket.agent}"
        if centre.listener is not None:
            detail = {"queue": ticket.queue.name, "agent": agent, "wait": now - ticket.since}
            centre.emit(self, "answered", detail)
        return AgentAnswered(agent, agent)

    def _talk(self, effect: Talk) -> Event | None:
        self._pending = self._centre.clock.call_later(self._caller.talk(), self._talk_over)
        return None

    def _talk_over(self) -> None:
        self._pending = None
        self._release_agent()
        self._run(self.machine_call.send(_AGENT_ENDS if self._centre.policy.agent_ends else _HUNG_UP))

    def _dial(self, effect: Dial) -> Event | None:
        ring = self._centre.policy.dial_seconds
        if 0 < effect.timeout_seconds < ring:
            return self._later(effect.timeout_seconds, Failed("ConnectionTimeLimitExceeded"))
        seconds = ring + (self._caller.third_party_talk() if effect.resumes else 0.0)
        return self._later(seconds, Connected())

    def _pause(self, effect: Pause) -> Event | None:
        return self._later(effect.seconds, _DONE)

    def _service(self, effect: Service) -> Event | None:
        if self._services is None:
            self._services = {}
        self._services[effect.type] = self._services.get(effect.type, 0) + 1
        flow, display = self._centre.place(self, effect.action) if effect.branches else ("", "")
        branch = self._caller.branch(effect, flow, display)
        return self._later(
            self._centre.policy.service_seconds, _SUCCEEDED if branch is None else Succeeded(branch=branch)
        )

    def _end(self, effect: Ended) -> None:
        self._finish(effect.reason, effect.terminal, effect.detail)

    def _finish(self, reason: str, terminal: str | None, detail: str) -> None:
        centre = self._centre
        self.ended = now = centre.clock.now()
        self.state = CallState.ENDED
        self.end_reason = reason
        self.terminal = terminal
        self.detail = detail or self.detail
        self._end_patience()
        self._offered = False
        ticket = self._ticket
        if ticket is not None and ticket.agent is None:
            abandoned = reason == EndReason.CUSTOMER_DISCONNECT
            centre.acd.leave(ticket, abandoned=abandoned)
            if abandoned:
                centre.emit(self, "abandoned", {"queue": ticket.queue.name, "wait": now - ticket.since})
        if reason == EndReason.FLOW_ERROR:
            centre.emit(self, "flow_error", {"detail": self.detail})
        centre.over(self)
        self._release_agent()

    def _end_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _release_agent(self) -> None:
        """The conversation is over: the agent wraps up and is then free."""
        ticket = self._ticket
        if ticket is None or ticket.agent is None or ticket.left:
            return
        ticket.left = True
        self.talk_ended = self._centre.clock.now()
        seconds = self._caller.wrap_up()
        if seconds > 0:
            self._centre.clock.call_later(seconds, partial(self._wrapped_up, ticket))
        else:
            self._wrapped_up(ticket)

    def _wrapped_up(self, ticket: Ticket) -> None:
        if self.ended is not None:
            self.state = CallState.WRAPPED_UP
        self._centre.emit(self, "wrapped_up", {"queue": ticket.queue.name})
        self._centre.acd.release(ticket.queue, cast("int", ticket.agent))

    def _has_had_enough(self) -> bool:
        """Callers do not listen for ever: see `CallPolicy.flow_limit`."""
        if self.enqueued is not None or self.connected_to_system is None:
            return False
        return self._centre.clock.now() - self.connected_to_system > self._centre.policy.flow_limit


_AWAITED = object()
_DONE = Done()
_AGENT_ENDS = Done("agent")
_HUNG_UP = HungUp()
_SUCCEEDED = Succeeded()
_ACCEPTED = LambdaResult({})
"""What the flow hears of an asynchronous invocation: it was accepted."""

_CARRY_OUT = cast(
    "dict[type[Effect], Callable[[LiveCall, Effect], Event | None]]",
    {
        Play: LiveCall._play,
        Loop: LiveCall._loop,
        Collect: LiveCall._collect,
        Converse: LiveCall._converse,
        Invoke: LiveCall._invoke,
        CheckHours: LiveCall._check_hours,
        ReadMetrics: LiveCall._read_metrics,
        Enqueue: LiveCall._enqueue,
        Talk: LiveCall._talk,
        Dial: LiveCall._dial,
        Pause: LiveCall._pause,
        Service: LiveCall._service,
        Ended: LiveCall._end,
    },
)
