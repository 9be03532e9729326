"""What a call centre needs of the world: a clock, a way to invoke functions, somebody who listens."""

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
        """Never run it; harmless when it has run."""


class Clock(Protocol):
    """Time and timers, in seconds; virtual, asyncio or gevent."""

    def now(self) -> float:
        """Seconds since an origin of the clock's own; never goes back."""

    def call_later(self, delay: float, callback: Callable[[], None]) -> Handle:
        """Run `callback` once, `delay` seconds from now."""


class MachineCall(Protocol):
    """One call in the flow machine (`flows.machine.Call`)."""

    @property
    def attributes(self) -> Mapping[str, str]:
        """The contact's attributes as they are now."""

    @property
    def flow_name(self) -> str:
        """Name of the flow or module that is being run, or was last."""

    @property
    def actions_run(self) -> int:
        """Actions run so far."""

    @property
    def unmodelled(self) -> tuple[str, ...]:
        """Action types that took the default path, each once."""

    @property
    def unresolved(self) -> tuple[str, ...]:
        """References to flows that are not there, each once."""

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Failures that it met, in order."""

    @property
    def error_branches(self) -> int:
        """How many times an error was met."""

    def lacks_function(self, function: str) -> None:
        """Note that the function which it waits for is not there."""

    def start(self) -> Effect:
        """Run to the first effect that needs the world."""

    def send(self, event: Event) -> Effect:
        """Hand in what happened; run to the next effect."""


class FlowMachine(Protocol):
    """What makes calls (`flows.machine.Machine`)."""

    @property
    def queue_names(self) -> Mapping[str, tuple[str, str]]:
        """Name and ARN of queues by the reference that flows make, as far as the exports say."""

    @property
    def library(self) -> FlowLibrary:
        """The flows."""

    def call(self, entry: str, contact: Contact) -> MachineCall:
        """A call of `contact` that starts in the flow `entry`."""


class Functions(Protocol):
    """One attempt to invoke a Lambda function. Retries and the time limit are not its business."""

    def invoke(
        self, call: LiveCall, effect: Invoke, done: Callable[[LambdaResult | LambdaFailed], None]
    ) -> None:
        """Start the attempt and return at once; `done` is called exactly once, maybe before this returns."""


class Bots(Protocol):
    """The bots that callers talk to; what they say is the scenario's business."""

    def turn(self, call: LiveCall, effect: Converse, seconds: float) -> float | None:
        """A turn of `call` that lasts `seconds` begins: seconds that the bot adds; None: the bot refuses it."""


class Listener(Protocol):
    """Hears the outcome of calls. Every method may do nothing."""

    def on_event(self, call: LiveCall, kind: str, at: float, detail: Mapping[str, Any]) -> None:
        """Hear what happened to `call` at `at` (seconds of the clock).

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
