"""Waits: until a time is over or an event comes, with the flow paused or continuing meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from busyhour.flows import protocol as p
from busyhour.flows.call import Call
from busyhour.flows.compiled import Compiled, Node
from busyhour.flows.failure import Cause
from busyhour.flows.matching import number
from busyhour.flows.model import Action, FlowType
from busyhour.flows.references import compile_text, text_of

if TYPE_CHECKING:
    from busyhour.flows.machine import Machine

CONTINUE = "Continue"
_SECONDS = ("TimeLimitSeconds", "TimeoutSeconds", "MinimumWaitTimeSeconds", "WaitTime")
_INBOUND = {None, FlowType.CONTACT_FLOW, FlowType.MODULE}
"""Types of flows in which voice contacts wait; a module's depends on its caller."""


class Wait(Node):
    """Wait: pauses the contact for a time or until an event.

    With "keep running while waiting" the contact takes the Continue branch at once, and leaves it for another branch of
    the wait when the time is over or an event comes. Voice contacts wait in inbound flows only, and only so or for an
    event (AWS administrator guide, Wait).
    """

    __slots__ = ("_continues", "_events", "_seconds")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        parameters = action.parameters
        self._seconds = compile_text(next((parameters[key] for key in _SECONDS if key in parameters), None))
        events = parameters.get("Events")
        self._events = tuple(str(event) for event in events) if isinstance(events, list) else ()
        self._continues = text_of(parameters.get("ContinueExecution")) == "True"

    def run(self, call: Call) -> Node | None:
        """Pause, or continue beside the wait."""
        if call.beside is not None:
            detail = "Unsupported Action In Wait Action's Continue Branch: a wait within a wait"
            return self.fail(call, detail=detail)
        if call.contact.channel == "VOICE":
            if self.flow.flow.type not in _INBOUND:
                detail = f"voice contacts do not wait in a {self.flow.flow.type} flow"
                return self.fail(call, detail=detail, cause=Cause.CHANNEL)
            if not self._continues and not self._events:
                detail = "voice contacts wait only for an event, or while the flow continues"
                return self.fail(call, detail=detail, cause=Cause.CHANNEL)
        seconds = number(self._seconds(call) if callable(self._seconds) else self._seconds)
        if seconds is None or seconds < 0:
            return self.fail(call, detail="the time to wait is not a number")
        call.lambda_seconds = 0.0
        call.pending = p.Pause(self.identifier, seconds, self._events, self._continues)
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Take the branch for the end of the wait, or Continue."""
        match event:
            case p.Succeeded(branch=branch) if self._continues and branch == CONTINUE:
                following = self.match(call, CONTINUE)
                if following is None:
                    return self.fail(call, detail="the wait has no Continue branch")
                call.beside = (self, len(call.frames or ()))
                return following
            case p.Done():
                return self.over(call, "")
            case p.CustomerReturned() if "CustomerReturned" in self._events:
                return self.over(call, "CustomerReturned")
            case p.Succeeded(branch=str(happened)) if happened in self._events:
                return self.over(call, happened)
            case p.Failed(error, detail):
                return self.fail(call, error, detail)
            case _:
                return super().resume(call, event)

    def over(self, call: Call, event: str) -> Node | None:
        """Take the branch of the event that ended the wait; empty: its time is over.

        Raises:
            ProtocolError: the wait has no such event.
        """
        if event and event not in self._events:
            raise p.ProtocolError(f"the wait {self.identifier!r} has no event {event!r}")
        return self.match(call, event or "WaitCompleted") or self.unmatched(call)


class Holds(Node):
    """The Continue branch has ended: the contact stays until the wait is over."""

    __slots__ = ("effect",)
    counts = False

    def __init__(self, flow: Compiled, machine: Machine) -> None:
        super().__init__(Action("", "", {}, None), flow, machine)
        self.effect = p.Pause("", float("inf"))

    def run(self, call: Call) -> Node | None:
        """Yield a pause without an end of its own."""
        call.pending = self.effect
        return None
