"""The data of one call: who calls, its times, its place in a queue, its counts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from busyhour.calls.acd.ticket import Ticket
from busyhour.calls.caller import Caller
from busyhour.calls.ports import MachineCall
from busyhour.flows.failure import Failure

if TYPE_CHECKING:
    from busyhour.calls.centre import CallCentre
    from busyhour.calls.live import LiveCall

NOTHING: Mapping[str, Any] = MappingProxyType({})

NOT_ANSWERED = "OUTBOUND_ATTEMPT_FAILED"
"""End reason of an outbound call that was not answered."""
VOICE = "VOICE"
TASK = "TASK"
"""The channel without a waiting customer: a task has no patience."""


class CallState(StrEnum):
    """State of a call in its life cycle."""

    INITIATED = "initiated"
    RINGING = "ringing"
    """Outbound: the destination is ringing."""
    IN_FLOW = "in_flow"
    QUEUED = "queued"
    CONNECTED = "connected"
    """An agent has taken it: whispers, conversation, hold."""
    ENDED = "ended"
    """The contact is over; an agent may still be wrapping up."""
    WRAPPED_UP = "wrapped_up"
    """The contact and the agent's wrap-up are over. Calls that no agent took stay `ended`."""


class CallData:
    """Data of one call. Times are in seconds of the centre's clock; None if the event did not happen."""

    __slots__ = (
        "__weakref__",
        "_retries",
        "_services",
        "answered",
        "answered_by_driver",
        "caller",
        "centre",
        "channel",
        "connected_to_system",
        "contact_id",
        "detail",
        "end_reason",
        "ended",
        "enqueued",
        "index",
        "invocations",
        "latest_attempt",
        "lex_turns",
        "line_status",
        "machine_call",
        "outbound",
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
        """Start of the flow: at once for inbound, when the customer answered for outbound."""
        self.enqueued: float | None = None
        self.answered: float | None = None
        """An agent took it."""
        self.talk_ended: float | None = None
        self.ended: float | None = None
        self.end_reason: str | None = None
        """An `EndReason`, or `NOT_ANSWERED`."""
        self.terminal: str | None = None
        """Type of the action that ended the call; None if no action did."""
        self.detail = ""
        self.queue_name: str | None = None
        """The last queue that the call entered."""
        self.invocations: dict[str, int] = {}
        """Lambda invocations by function name, without retries (see `attempts`)."""
        self.latest_attempt = 0
        """Number, from 1, of the most recent attempt of an invocation."""
        self.lex_turns = 0
        self.ring_timeout: float | None = None
        """Outbound: seconds until it ends unanswered; None: the policy's."""
        self.answered_by_driver = False
        """Outbound: the driver decides whether the call is answered (`pick_up`, `fail`), not the caller model."""
        self.line_status: str | None = None
        """Result of answering machine detection, on which CheckOutboundCallStatus branches; None: no detection."""
        self.tag: Any = None
        """Free for use by the driver."""
        self._retries: dict[str, int] | None = None
        self._services: dict[str, int] | None = None
        self.caller = caller
        self.ticket: Ticket | None = None

    @property
    def over(self) -> bool:
        """Whether the contact has ended."""
        return self.ended is not None

    @property
    def attributes(self) -> Mapping[str, str]:
        """The contact's current attributes."""
        return self.machine_call.attributes

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Failures that the call met in its flows, in order."""
        return self.machine_call.failures

    @property
    def attempts(self) -> dict[str, int]:
        """Requests to Lambda by function name, Connect's retries included."""
        retries = self._retries or NOTHING
        return {name: count + retries.get(name, 0) for name, count in self.invocations.items()}

    @property
    def wrap_up_seconds(self) -> float:
        """Seconds of wrap-up after the conversation, whether or not the call has been answered yet."""
        return self.caller.wrap_up()

    @property
    def services(self) -> Mapping[str, int]:
        """Number of steps by other services, by action type."""
        return self._services or NOTHING

    def place(self, action: str) -> tuple[str, str]:
        """Return flow and display name of the current action, as keys of the scenario's menus and inputs."""
        return self.centre.place(self, action)

    def count_attempt(self, function: str, attempt: int) -> None:
        """Count attempt number `attempt` (from 1) to invoke `function`."""
        self.latest_attempt = attempt
        if attempt == 1:
            self.invocations[function] = self.invocations.get(function, 0) + 1
        else:
            if self._retries is None:
                self._retries = {}
            self._retries[function] = self._retries.get(function, 0) + 1

    def count_service(self, type: str) -> None:
        """Count a step by another service."""
        if self._services is None:
            self._services = {}
        self._services[type] = self._services.get(type, 0) + 1

    def reached_limit(self) -> bool:
        """Whether the caller has reached `CallPolicy.flow_limit` (seconds) or `action_limit`."""
        if self.enqueued is not None or self.connected_to_system is None:
            return False
        centre = self.centre
        if self.machine_call.actions_run > centre.policy.action_limit:
            centre.endless[self.machine_call.flow_name] = None
            return True
        return centre.clock.now() - self.connected_to_system > centre.policy.flow_limit

    def emit(self, kind: str, detail: Mapping[str, Any] = NOTHING) -> None:
        """Pass an event of the call to the listener."""
        self.centre.emit(cast("LiveCall", self), kind, detail)

    def release_agent(self) -> None:
        """End the conversation: the agent wraps up and then becomes free."""
        ticket = self.ticket
        if ticket is None or not ticket.end_conversation():
            return
        self.talk_ended = self.centre.clock.now()
        seconds = self.caller.wrap_up()
        if seconds > 0:
            self.centre.clock.call_later(seconds, partial(self._wrapped_up, ticket))
        else:
            self._wrapped_up(ticket)

    def _wrapped_up(self, ticket: Ticket) -> None:
        if self.ended is not None:
            self.state = CallState.WRAPPED_UP
        self.emit("wrapped_up", {"queue": ticket.queue.name})
        self.centre.acd.wrapped_up(ticket)
