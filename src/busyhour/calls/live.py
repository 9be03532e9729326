"""One call in progress: it executes each effect of the flow machine and passes the resulting event back.

No thread, task or greenlet belongs to a call. Between two events it is an object of a few hundred bytes with at
most two timers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from busyhour.calls.acd import AcdQueue, Ticket
from busyhour.calls.background import Background
from busyhour.calls.call_data import NOT_ANSWERED, TASK, CallData, CallState
from busyhour.calls.effects import AGENT_ENDS, CARRY_OUT, HUNG_UP
from busyhour.calls.invoker import Invocation
from busyhour.calls.ports import Handle
from busyhour.flows.protocol import (
    AgentAnswered,
    Converse,
    Effect,
    Ended,
    EndReason,
    Event,
    HungUp,
    Invoke,
    LambdaFailed,
    LambdaResult,
    Stopped,
)

_AWAITED = object()
"""Placeholder for the result of a function while it may still be returned at once."""


class LiveCall(CallData):
    """One call: its flow machine, its caller, its place in a queue.

    Made by `CallCentre.arrive`. Handlers of effects use the part of it that `effects.CallControl` declares.
    """

    __slots__ = ("_background", "_inline", "_offered", "_patience_timer", "_pending", "_reaction")

    @property
    def waits(self) -> bool:
        """Whether the call has entered a queue, or the caller's patience already runs."""
        return self.ticket is not None or self._patience_timer is not None

    # -------------------------------------------------------------------------------------- commands

    def begin(self) -> None:
        """Start the call; called by `CallCentre.arrive`, once and before all else."""
        self._offered = False
        self._background: Background | None = None
        self._pending: Handle | None = None
        self._patience_timer: Handle | None = None
        self._reaction: Event | None = None
        self._inline: object = None
        self.centre.emit(self, "started")
        if self.outbound:
            self.state = CallState.RINGING
            timeout = self.centre.policy.ring_timeout if self.ring_timeout is None else self.ring_timeout
            self._pending = self.centre.clock.call_later(*self._rings(timeout))
        else:
            self._enter()

    def pick_up(self) -> None:
        """Outbound: the destination answers now. No effect unless the call rings."""
        if self.state is CallState.RINGING:
            self._stop_waiting()
            self._enter()

    def fail(self, reason: str, detail: str = "") -> None:
        """Outbound: the attempt fails now with a DisconnectReason. No effect unless the call rings."""
        if self.state is CallState.RINGING:
            self._stop_waiting()
            self.finish(reason, None, detail)

    def hang_up(self) -> None:
        """The customer hangs up now. No effect when the call is over."""
        self._interrupt(HungUp(), EndReason.CUSTOMER_DISCONNECT)

    def stop(self, reason: str = "") -> None:
        """End the call (StopContact, or the end of the run). No effect when the call is over."""
        if self.ended is None:
            self.detail = reason
            self._interrupt(Stopped(), EndReason.STOPPED)

    def taken(self, ticket: Ticket) -> None:
        """Connect the call to the agent who took it from its queue; called by the ACD."""
        if self.ended is None and ticket is self.ticket:
            self._advance(self._agent_answered(ticket))

    def missed(self, ticket: Ticket) -> None:
        """Report that an agent did not answer; called by the ACD."""
        self.emit("missed", {"queue": ticket.queue.name})

    def bot_turn(self, effect: Converse, seconds: float) -> float | None:
        """Count a turn of a bot; return the seconds that it adds, None if the bot rejects it."""
        self.lex_turns += 1
        bots = self.centre.bots
        return 0.0 if bots is None else bots.turn(self, effect, seconds)

    # ----------------------------------------------------------------------------------------------- engine

    def _enter(self) -> None:
        self._pending = None
        self.state = CallState.IN_FLOW
        self.connected_to_system = self.centre.clock.now()
        if self.outbound:
            self.centre.emit(self, "connected")
        self._run(self.machine_call.start())

    def _rings(self, timeout: float) -> tuple[float, Callable[[], None]]:
        """Return the seconds of ringing and the callback that follows."""
        if self.answered_by_driver:
            return timeout, self._not_answered
        failure = self.caller.failure()
        if failure is not None:
            seconds = min(timeout, self.centre.policy.failure_seconds.get(failure, timeout))
            return seconds, partial(self.fail, failure, "the call failed before it was answered")
        seconds, answered = self.caller.ring(timeout)
        return seconds, self._enter if answered else self._not_answered

    def _stop_waiting(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None

    def _not_answered(self) -> None:
        self._pending = None
        self.finish(NOT_ANSWERED, None, "not answered")

    def _interrupt(self, event: Event, reason: EndReason) -> None:
        if self.ended is not None:
            return
        if self.connected_to_system is None:
            self._stop_waiting()
            self.finish(reason, None, self.detail)
            return
        self._advance(event)

    def _advance(self, event: Event) -> None:
        pending = self._pending
        if pending is not None:
            self._pending = None
            pending.cancel()
        self._continue(event)

    def _run(self, effect: Effect) -> None:
        """Execute effects until one takes time. A loop, not recursion: many effects take none."""
        send = self.machine_call.send
        while True:
            event = CARRY_OUT[type(effect)](self, effect)
            if event is None:
                return
            effect = send(event)
            if self._offered and type(effect) is not Ended:
                self._offered = False
                effect = send(self._agent_answered(cast("Ticket", self.ticket)))

    def later(self, seconds: float, reaction: Event) -> Event | None:
        """React after `seconds`; at once for 0."""
        if seconds <= 0.0:
            return reaction
        self._reaction = reaction
        self._pending = self.centre.clock.call_later(seconds, self._react)
        return None

    def _react(self) -> None:
        self._pending = None
        reaction = self._reaction
        self._reaction = None
        assert reaction is not None
        self._continue(reaction)

    def _continue(self, event: Event) -> None:
        if self._background is not None and not self.machine_call.continues_beside:
            self._background.end()
        self._run(self.machine_call.send(event))

    # --------------------------------------------------------------- results of effects that take time

    def invoke(self, effect: Invoke) -> LambdaResult | LambdaFailed | None:
        """Invoke a function; None if its result comes later."""
        self._inline = _AWAITED
        invocation = self.centre.invoker.invoke(self, effect, self._settled)
        result, self._inline = self._inline, None
        if result is _AWAITED:
            self._pending = invocation
            return None
        return cast("LambdaResult | LambdaFailed", result)

    @property
    def background(self) -> Background:
        """What goes on beside the flow."""
        if self._background is None:
            self._background = Background(self)
        return self._background

    def interrupt(self, event: Event) -> None:
        """Pass an event of the background to the flow in place of what it waits for. No effect when the call is over."""
        if self.ended is None:
            self._advance(event)

    def _settled(self, result: LambdaResult | LambdaFailed, invocation: Invocation) -> None:
        """Continue with the final result of the function that the flow waits for."""
        self.report_lambda(result, invocation)
        if self._inline is _AWAITED:
            self._inline = result
            return
        self._pending = None
        self._run(self.machine_call.send(result))

    def report_lambda(self, result: LambdaResult | LambdaFailed, invocation: Invocation) -> None:
        """Pass the outcome of an invocation to the listener."""
        if self.centre.listener is not None:
            self.centre.emit(self, "lambda", invocation.described(result))

    def join(self, queue: AcdQueue, priority: int, time_adjustment_seconds: float) -> bool:
        """Enter the queue, or move to it from another; return False if it is full."""
        centre = self.centre
        ticket = centre.acd.join(queue, self, priority, time_adjustment_seconds, self.channel)
        if ticket is None:
            centre.emit(self, "at_capacity", {"queue": queue.name})
            return False
        if self.ticket is not None:
            centre.acd.leave(self.ticket, abandoned=False)
        self.ticket = ticket
        self.queue_name = queue.name
        if self.enqueued is None:
            self.enqueued = ticket.since
        self.state = CallState.QUEUED
        self.caller.enter_queue()
        centre.emit(self, "queued", {"queue": queue.name})
        if ticket.agent is not None:
            self._offered = True
        elif self._patience_timer is None and self.channel != TASK:
            self._patience_timer = centre.clock.call_later(self.caller.patience(), self._abandon)
        return True

    def _abandon(self) -> None:
        """Leave the queue: the caller's patience is over."""
        self._patience_timer = None
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

    def converse_with_agent(self) -> None:
        """Begin the conversation of agent and caller."""
        self._pending = self.centre.clock.call_later(self.caller.talk(), self._end_conversation)

    def _end_conversation(self) -> None:
        self._pending = None
        self.release_agent()
        self._run(self.machine_call.send(AGENT_ENDS if self.centre.policy.agent_ends else HUNG_UP))

    def finish(self, reason: str, terminal: str | None, detail: str) -> None:
        """End the contact: leave the queue or the agent, and emit `ended`."""
        centre = self.centre
        self.ended = now = centre.clock.now()
        self.state = CallState.ENDED
        self.end_reason = reason
        self.terminal = terminal
        self.detail = detail or self.detail
        self._end_patience()
        if self._background is not None:
            self._background.end()
        self._offered = False
        ticket = self.ticket
        if ticket is not None and ticket.agent is None:
            abandoned = reason == EndReason.CUSTOMER_DISCONNECT
            centre.acd.leave(ticket, abandoned=abandoned)
            if abandoned:
                centre.emit(self, "abandoned", {"queue": ticket.queue.name, "wait": now - ticket.since})
        if reason == EndReason.FLOW_ERROR:
            centre.emit(self, "flow_error", {"detail": self.detail})
        centre.over(self)
        self.release_agent()

    def _end_patience(self) -> None:
        if self._patience_timer is not None:
            self._patience_timer.cancel()
            self._patience_timer = None
