"""One call in progress: it carries each effect of the flow machine out and hands back what came of it.

No thread, task or greenlet belongs to a call. Between two events it is an object of a few hundred bytes and at
most two timers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from busyhour.calls.acd import Ticket
from busyhour.calls.caller import Caller
from busyhour.calls.effects import AGENT_ENDS, AWAITED, CARRY_OUT, HUNG_UP
from busyhour.calls.invoker import Invocation
from busyhour.calls.ports import Handle, MachineCall
from busyhour.flows.failure import Failure
from busyhour.flows.protocol import (
    AgentAnswered,
    Effect,
    Ended,
    EndReason,
    Event,
    HungUp,
    LambdaFailed,
    LambdaResult,
    Stopped,
)

if TYPE_CHECKING:
    from busyhour.calls.centre import CallCentre

NOTHING: Mapping[str, Any] = MappingProxyType({})

NOT_ANSWERED = "OUTBOUND_ATTEMPT_FAILED"
"""End reason of an outbound call that nobody answered."""
VOICE = "VOICE"


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

    Made by `CallCentre.arrive`. What `effects` and this module use of each other comes last and is not for drivers.
    Times are those of the centre's clock in seconds; None: it did not happen.
    """

    __slots__ = (
        "__weakref__",
        "_reaction",
        "_retries",
        "answered",
        "caller",
        "centre",
        "channel",
        "connected_to_system",
        "contact_id",
        "count_of_services",
        "detail",
        "end_reason",
        "ended",
        "enqueued",
        "index",
        "inline",
        "invocations",
        "latest_attempt",
        "lex_turns",
        "line_status",
        "machine_call",
        "offered",
        "outbound",
        "outside",
        "patience_timer",
        "pending",
        "queue_name",
        "ring_timeout",
        "started",
        "state",
        "tag",
        "talk_ended",
        "terminal",
        "ticket",
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
        channel: str = VOICE,
    ) -> None:
        self.centre = centre
        self.channel = channel
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
        self.latest_attempt = 0
        """Number, from 1, of the attempt of an invocation that was begun last."""
        self.lex_turns = 0
        self.ring_timeout: float | None = None
        """Outbound: seconds after which it ends unanswered; None: the policy's."""
        self.outside = False
        """Outbound: whether it is answered is not the caller's to say; `pick_up` and `fail` do."""
        self.line_status: str | None = None
        """What answering machine detection finds, as CheckOutboundCallStatus branches on it; None: not looked for."""
        self.tag: Any = None
        """Free for whoever drives the call."""
        self._retries: dict[str, int] | None = None
        self.count_of_services: dict[str, int] | None = None
        self.caller = caller
        self.ticket: Ticket | None = None
        self.offered = False
        self.pending: Handle | None = None
        self.patience_timer: Handle | None = None
        self._reaction: Event | None = None
        self.inline: object = None

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
    def failures(self) -> tuple[Failure, ...]:
        """Failures that it met in its flows, in order."""
        return self.machine_call.failures

    @property
    def attempts(self) -> dict[str, int]:
        """Requests to Lambda by function name, Connect's retries included."""
        retries = self._retries or NOTHING
        return {name: count + retries.get(name, 0) for name, count in self.invocations.items()}

    @property
    def wrap_up_seconds(self) -> float:
        """Seconds that the agent needs after the conversation, whether or not it has been answered yet."""
        return self.caller.wrap_up()

    @property
    def services(self) -> Mapping[str, int]:
        """Steps that other services did, by action type."""
        return self.count_of_services or NOTHING

    # -------------------------------------------------------------------------------------- to be commanded

    def begin(self) -> None:
        """Let it start; `CallCentre.arrive` does."""
        self.centre.emit(self, "started")
        if self.outbound:
            self.state = CallState.RINGING
            timeout = self.centre.policy.ring_timeout if self.ring_timeout is None else self.ring_timeout
            self.pending = self.centre.clock.call_later(*self._rings(timeout))
        else:
            self._enter()

    def pick_up(self) -> None:
        """Outbound: the far end answers now. Nothing happens unless the call rings."""
        if self.state is CallState.RINGING:
            self._stop_waiting()
            self._enter()

    def fail(self, reason: str, detail: str = "") -> None:
        """Outbound: the attempt is over now, for a DisconnectReason. Nothing happens unless the call rings."""
        if self.state is CallState.RINGING:
            self._stop_waiting()
            self.finish(reason, None, detail)

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
        if self.ended is None and ticket is self.ticket:
            self._advance(self._agent_answered(ticket))

    def count_attempt(self, function: str, attempt: int) -> None:
        """Attempt number `attempt` (from 1) to invoke `function` is made."""
        self.latest_attempt = attempt
        if attempt == 1:
            self.invocations[function] = self.invocations.get(function, 0) + 1
        else:
            if self._retries is None:
                self._retries = {}
            self._retries[function] = self._retries.get(function, 0) + 1

    # ----------------------------------------------------------------------------------------------- engine

    def _enter(self) -> None:
        self.pending = None
        self.state = CallState.IN_FLOW
        self.connected_to_system = self.centre.clock.now()
        if self.outbound:
            self.centre.emit(self, "connected")
        self._run(self.machine_call.start())

    def _rings(self, timeout: float) -> tuple[float, Callable[[], None]]:
        """Seconds of ringing, and what comes after it."""
        if self.outside:
            return timeout, self._not_answered
        failure = self.caller.failure()
        if failure is not None:
            seconds = min(timeout, self.centre.policy.failure_seconds.get(failure, timeout))
            return seconds, partial(self.fail, failure, "the call failed before it was answered")
        seconds, answered = self.caller.ring(timeout)
        return seconds, self._enter if answered else self._not_answered

    def _stop_waiting(self) -> None:
        if self.pending is not None:
            self.pending.cancel()
            self.pending = None

    def _not_answered(self) -> None:
        self.pending = None
        self.finish(NOT_ANSWERED, None, "nobody answered")

    def _interrupt(self, event: Event, reason: EndReason) -> None:
        if self.ended is not None:
            return
        if self.connected_to_system is None:
            self._stop_waiting()
            self.finish(reason, None, self.detail)
            return
        self._advance(event)

    def _advance(self, event: Event) -> None:
        pending = self.pending
        if pending is not None:
            self.pending = None
            pending.cancel()
        self._run(self.machine_call.send(event))

    def _run(self, effect: Effect) -> None:
        """Carry effects out until one takes time. A loop, not recursion: many effects take none."""
        send = self.machine_call.send
        while True:
            event = CARRY_OUT[type(effect)](self, effect)
            if event is None:
                return
            effect = send(event)
            if self.offered and type(effect) is not Ended:
                self.offered = False
                effect = send(self._agent_answered(cast("Ticket", self.ticket)))

    def later(self, seconds: float, reaction: Event) -> Event | None:
        """React after `seconds`; at once when that is no time at all."""
        if seconds <= 0.0:
            return reaction
        self._reaction = reaction
        self.pending = self.centre.clock.call_later(seconds, self._react)
        return None

    def _react(self) -> None:
        self.pending = None
        reaction = self._reaction
        self._reaction = None
        assert reaction is not None
        self._run(self.machine_call.send(reaction))

    # --------------------------------------------------------------- what came of effects that others settle

    def settled(self, result: LambdaResult | LambdaFailed, invocation: Invocation) -> None:
        """The function that the flow waits for has answered or failed for good."""
        self._report_lambda(result, invocation)
        if self.inline is AWAITED:
            self.inline = result
            return
        self.pending = None
        self._run(self.machine_call.send(result))

    def settled_in_background(self, result: LambdaResult | LambdaFailed, invocation: Invocation) -> None:
        """An asynchronous invocation is over; the flow went on long ago."""
        self._report_lambda(result, invocation)

    def _report_lambda(self, result: LambdaResult | LambdaFailed, invocation: Invocation) -> None:
        centre = self.centre
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

    def in_queue(self) -> None:
        """The call is in a queue from now on."""
        self.state = CallState.QUEUED
        self.caller.enter_queue()

    def give_up(self) -> None:
        """The caller's patience is over."""
        self.patience_timer = None
        if self.ended is None and self.state is CallState.QUEUED:
            self._advance(HUNG_UP)

    def _agent_answered(self, ticket: Ticket) -> Event:
        self._end_patience()
        centre = self.centre
        self.state = CallState.CONNECTED
        self.answered = now = centre.clock.now()
        self.caller.leave_queue()
        agent, username = ticket.agent_name, ticket.username
        if centre.listener is not None:
            detail = {"queue": ticket.queue.name, "agent": agent, "wait": now - ticket.since}
            centre.emit(self, "answered", detail)
        return AgentAnswered(agent, username)

    def talk_over(self) -> None:
        """The conversation has lasted as long as it should."""
        self.pending = None
        self._release_agent()
        self._run(self.machine_call.send(AGENT_ENDS if self.centre.policy.agent_ends else HUNG_UP))

    def finish(self, reason: str, terminal: str | None, detail: str) -> None:
        """The contact is over: leave the queue or the agent, and say so."""
        centre = self.centre
        self.ended = now = centre.clock.now()
        self.state = CallState.ENDED
        self.end_reason = reason
        self.terminal = terminal
        self.detail = detail or self.detail
        self._end_patience()
        self.offered = False
        ticket = self.ticket
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
        if self.patience_timer is not None:
            self.patience_timer.cancel()
            self.patience_timer = None

    def _release_agent(self) -> None:
        """The conversation is over: the agent wraps up and is then free."""
        ticket = self.ticket
        if ticket is None or ticket.agent is None or ticket.left:
            return
        ticket.left = True
        if ticket.member is not None:
            ticket.member.talking -= 1
        self.talk_ended = self.centre.clock.now()
        seconds = self.caller.wrap_up()
        if seconds > 0:
            self.centre.clock.call_later(seconds, partial(self._wrapped_up, ticket))
        else:
            self._wrapped_up(ticket)

    def _wrapped_up(self, ticket: Ticket) -> None:
        if self.ended is not None:
            self.state = CallState.WRAPPED_UP
        self.centre.emit(self, "wrapped_up", {"queue": ticket.queue.name})
        self.centre.acd.wrapped_up(ticket)

    def has_had_enough(self) -> bool:
        """Callers do not stay in flows for ever: see `CallPolicy.flow_limit` and `action_limit`."""
        if self.enqueued is not None or self.connected_to_system is None:
            return False
        centre = self.centre
        if self.machine_call.actions_run > centre.policy.action_limit:
            centre.endless[self.machine_call.flow_name] = None
            return True
        return centre.clock.now() - self.connected_to_system > centre.policy.flow_limit
