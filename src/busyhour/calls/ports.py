"""Interfaces that a call centre needs: a clock, a way to invoke functions, a listener for events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from busyhour.flows.failure import Failure
from busyhour.flows.protocol import Converse, Effect, Event, Invoke, LambdaFailed, LambdaResult

if TYPE_CHECKING:
    from busyhour.calls.live import LiveCall
    from busyhour.flows.contact import Contact
    from busyhour.flows.library import FlowLibrary


class Handle(Protocol):
    """A scheduled callback."""

    def cancel(self) -> None:
        """Cancel the callback; no effect when it has run."""


class Clock(Protocol):
    """Time and timers, in seconds; virtual, asyncio or gevent."""

    def now(self) -> float:
        """Seconds since the clock's origin; never decreases."""

    def call_later(self, delay: float, callback: Callable[[], None]) -> Handle:
        """Run `callback` once, `delay` seconds from now."""


class MachineCall(Protocol):
    """One call in the flow machine (`flows.machine.Call`)."""

    @property
    def attributes(self) -> Mapping[str, str]:
        """The contact's attributes as they are now."""

    @property
    def flow_name(self) -> str:
        """Name of the current or last flow or module."""

    @property
    def actions_run(self) -> int:
        """Number of actions run."""

    @property
    def unmodelled(self) -> tuple[str, ...]:
        """Action types that took the default path, each once."""

    @property
    def unresolved(self) -> tuple[str, ...]:
        """References to flows that do not exist, each once."""

    @property
    def after_disconnect(self) -> tuple[str, ...]:
        """Disconnect flows that ran after a flow's own disconnect of a contact that is not a task."""

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Failures that the call met, in order."""

    @property
    def error_branches(self) -> int:
        """Number of errors met."""

    @property
    def continues_beside(self) -> bool:
        """Whether the contact continues beside a wait, which `WaitOver` ends."""

    def lacks_function(self, function: str) -> None:
        """Record that the function the call waits for does not exist."""

    def start(self) -> Effect:
        """Run to the first effect that needs an answer."""

    def send(self, event: Event) -> Effect:
        """Pass in an event; run to the next effect."""


class FlowMachine(Protocol):
    """Creates calls (`flows.machine.Machine`)."""

    @property
    def queue_names(self) -> Mapping[str, tuple[str, str]]:
        """Name and ARN of queues by the reference that flows use, as far as the exports contain them."""

    @property
    def library(self) -> FlowLibrary:
        """The flows."""

    def call(self, entry: str, contact: Contact) -> MachineCall:
        """Create a call of `contact` that starts in the flow `entry`."""


class Functions(Protocol):
    """One attempt to invoke a Lambda function, without retries or time limit."""

    def invoke(
        self, call: LiveCall, effect: Invoke, done: Callable[[LambdaResult | LambdaFailed], None]
    ) -> None:
        """Start the attempt and return at once; `done` is called exactly once, maybe before this returns."""


class Bots(Protocol):
    """The bots that callers talk to; the scenario determines what callers say."""

    def turn(self, call: LiveCall, effect: Converse, seconds: float) -> float | None:
        """Begin a turn of `call` that lasts `seconds`.

        Return the seconds that the bot adds, None if it rejects the turn.
        """


class Listener(Protocol):
    """Receives call events. Every method may do nothing."""

    def on_event(self, call: LiveCall, kind: str, at: float, detail: Mapping[str, Any]) -> None:
        """Receive an event of `call` at time `at` (seconds of the clock).

        | kind | detail |
        |---|---|
        | started | |
        | connected | outbound: the far end answered |
        | message | text, audience; chats: the flow shows a text |
        | queued, at_capacity | queue |
        | answered | queue, agent, wait (seconds) |
        | abandoned | queue, wait |
        | lambda | function, outcome (succeeded or a kind of LambdaFailed), seconds, attempts, asynchronous |
        | flow_error | detail |
        | unmodelled | type; once for each type in a centre |
        | ended | reason, terminal, detail |
        | wrapped_up | queue; the agent is free again. May come after `ended`, and does unless wrap-up takes no time |
        """
