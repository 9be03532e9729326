"""A task, which can be paused: it leaves its queue or its agent's slot, and its flow waits until it is resumed.

Administrator Guide, "Pause and resume tasks": a paused task that waits is taken out of its queue, and is queued again when
it is resumed; one with an agent frees the agent's slot, and comes back even where the agent has as many as the routing
profile allows.
"""

from __future__ import annotations

from typing import cast

from busyhour.calls.acd.ticket import Ticket
from busyhour.calls.call_data import CallState
from busyhour.calls.live import LiveCall
from busyhour.flows.protocol import Effect, EndReason, Event


class PausableCall(LiveCall):
    """A call of the channel TASK. Made by `CallCentre.arrive`."""

    __slots__ = ("_held", "_left", "_until", "paused")

    def begin(self) -> None:
        """Start the call; called by `CallCentre.arrive`, once and before all else."""
        self.paused = False
        self._held: Effect | None = None
        self._until: float | None = None
        self._left: float | None = None
        super().begin()

    def pause(self) -> None:
        """Pause: what runs is finished, nothing new begins, and neither queue nor agent has the task."""
        self.paused = True
        ticket = self.ticket
        if ticket is None:
            return
        if self.state is CallState.QUEUED:
            self.centre.acd.leave(ticket, abandoned=False)
        elif self.state is CallState.CONNECTED:
            if self._until is not None:
                self._stop_waiting()
                self._left = self._until - self.centre.clock.now()
            self.centre.acd.set_aside(ticket)

    def resume(self) -> None:
        """Resume: back into the queue, at its end, or to the agent, for the rest of the conversation."""
        self.paused = False
        held, self._held = self._held, None
        ticket = self.ticket
        if ticket is not None and self.state is CallState.QUEUED:
            if self.join(ticket.queue, ticket.priority, 0.0) and self._offered:
                self._offered = False
                self._advance(self._agent_answered(cast("Ticket", self.ticket)))
                return
        elif ticket is not None and self.state is CallState.CONNECTED:
            self.centre.acd.take_up(ticket)
            if self._left is not None:
                self._converse(self._left)
        if held is not None:
            self._run(held)

    def converse_with_agent(self) -> None:
        """Begin the agent's work on the task."""
        self._converse(self.caller.talk())

    def _converse(self, seconds: float) -> None:
        self._left = None
        self._until = self.centre.clock.now() + seconds
        self._pending = self.centre.clock.call_later(seconds, self._end_conversation)

    def _run(self, effect: Effect) -> None:
        if self.paused:
            self._held = effect
        else:
            super()._run(effect)

    def _interrupt(self, event: Event, reason: EndReason) -> None:
        if self.paused and self.ended is None:
            self.paused, self._held = False, None
            if self.ticket is not None and self.state is CallState.CONNECTED:
                self.centre.acd.take_up(self.ticket)
        super()._interrupt(event, reason)
