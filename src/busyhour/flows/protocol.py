"""Protocol of the flow machine: the effects it yields and the events it receives.

The machine does no I/O. `Call.start()` and `Call.send(event)` return the next effect that needs an answer
(a prompt to play, a Lambda function to invoke, ...). The driver of the call answers with one event.
`HungUp`, `Stopped` and, while the contact is in a queue, `AgentAnswered` may be sent at any moment instead
of the answer that the pending effect waits for. Any other event that does not answer the pending effect raises
`ProtocolError`. Once a call has ended, `HungUp` and `Stopped` have no effect.

While the customer is held without a flow (no customer queue flow, or it has ended) the effect is a `Loop` with
an empty action and infinite seconds. A second `Enqueue` while queued moves the contact to another queue.

| effect | answered by |
|---|---|
| Play | Done, Failed |
| Loop | Done when the interrupt is due (never if `seconds` is infinite), Failed |
| Collect | Digits, Silence, Failed |
| Converse | LexResult, Silence, Failed |
| Invoke | LambdaResult, LambdaFailed |
| CheckHours | Hours, Failed |
| ReadMetrics | Metrics, Failed |
| Enqueue | Queued, AtCapacity, Failed |
| Whisper effects are Play with `audience` agent or customer | Done |
| Talk | Done (the conversation and hold are over), HungUp |
| Dial | Connected, Failed |
| Pause | Done, CustomerReturned, Failed |
| Service | Succeeded, Failed |
| Ended | no event: the call is over |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from busyhour.fast_dataclass import value


class ProtocolError(Exception):
    """The driver sent an event that does not answer the pending effect: a mistake in the driver."""


class Audience(StrEnum):
    """Who hears a prompt: customer or agent."""

    CUSTOMER = "customer"
    AGENT = "agent"


class EndReason(StrEnum):
    """Why a contact ended; values are Connect's DisconnectReason for voice where one exists."""

    FLOW_DISCONNECT = "CONTACT_FLOW_DISCONNECT"
    CUSTOMER_DISCONNECT = "CUSTOMER_DISCONNECT"
    AGENT_DISCONNECT = "AGENT_DISCONNECT"
    THIRD_PARTY_DISCONNECT = "THIRD_PARTY_DISCONNECT"
    STOPPED = "API"
    FLOW_ERROR = "FLOW_ERROR"
    """The flow could not continue: an error without a branch, or the action limit was reached."""


# --------------------------------------------------------------------------------------------- effects


@value
class Play:
    """Play a prompt for `seconds`; `text` is the prompt with references resolved."""

    action: str
    text: str
    seconds: float
    audience: Audience = Audience.CUSTOMER


@value
class Loop:
    """Loop prompts to the customer; `seconds` until the next interrupt (inf: none is set)."""

    action: str
    text: str
    seconds: float


@value
class Collect:
    """Play a prompt to the customer and collect digits.

    `timeout_seconds` runs from the end of the prompt to the first digit. `menu` separates menu from stored
    input; `choices` are the digits that have a branch (menu only).
    """

    action: str
    text: str
    prompt_seconds: float
    timeout_seconds: float
    menu: bool
    choices: tuple[str, ...] = ()
    max_digits: int = 1
    terminator: str = ""
    interdigit_seconds: float = 5.0


@value
class Converse:
    """Connect the customer to a Lex bot; `intents` are those that have a branch."""

    action: str
    text: str
    prompt_seconds: float
    bot: str
    intents: tuple[str, ...] = ()
    session_attributes: Mapping[str, str] = field(default_factory=dict)


@value
class Invoke:
    """Invoke a Lambda function with `event` (the ContactFlowEvent); the response must arrive within the limit.

    The driver retries: Connect retries throttles and 5xx up to 3 times within `timeout_seconds`.
    """

    action: str
    function_arn: str
    event: Mapping[str, Any]
    timeout_seconds: float
    asynchronous: bool = False


@value
class CheckHours:
    """Check whether the hours of operation are open; `hours` is None for those of the target queue `queue`."""

    action: str
    hours: str | None
    queue: str | None


@value
class ReadMetrics:
    """Read queue metrics; `metric` is the one for a branch, None for all."""

    action: str
    queue: str | None
    agent: str | None
    metric: str | None
    channel: str | None = None


@value
class Enqueue:
    """Put the contact in a queue (or the queue of one agent). Once Queued, its customer queue flow is run."""

    action: str
    queue: str | None
    agent: str | None = None
    priority: int = 5
    time_adjustment_seconds: float = 0.0


@value
class Talk:
    """Connect agent and customer."""

    action: str
    agent: str


@value
class Dial:
    """Call a third party; the flow continues afterwards if `resumes`."""

    action: str
    number: str
    timeout_seconds: float
    resumes: bool


@value
class Pause:
    """Pause the flow; `events` are those that end the wait early.

    `CustomerReturned` answers the event of that name; `Succeeded` with the event's name as its branch answers
    any other (`BotParticipantDisconnected`; `Continue` if the flow may continue meanwhile).
    """

    action: str
    seconds: float
    events: tuple[str, ...] = ()


@value
class Service:
    """Run a step of another service for the flow (task, case, profile, callback, any unmodelled type).

    `errors` are the error types that have a branch.
    """

    action: str
    type: str
    parameters: Mapping[str, Any]
    errors: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    """Results that have a branch, for types that branch on one. DistributeByPercentage: upper bounds (exclusive) of
    a number from 1 to 100, which `Succeeded.branch` gives as text."""


@value
class Ended:
    """The contact is over. `terminal` is the type of the action that ended it, None if no action did."""

    reason: EndReason
    terminal: str | None = None
    detail: str = ""


Effect = (
    Play
    | Loop
    | Collect
    | Converse
    | Invoke
    | CheckHours
    | ReadMetrics
    | Enqueue
    | Talk
    | Dial
    | Pause
    | Service
    | Ended
)

# ---------------------------------------------------------------------------------------------- events


@value
class Done:
    """The effect is complete: prompt played, wait over, conversation ended by `by`."""

    by: str = ""


@value
class Digits:
    """The customer pressed `digits` (terminator not included)."""

    digits: str


@value
class Silence:
    """The customer entered or said nothing within the timeout."""


@value
class LexResult:
    """The intent and slots that the bot recognised."""

    intent: str
    slots: Mapping[str, str] = field(default_factory=dict)
    session_attributes: Mapping[str, str] = field(default_factory=dict)
    turns: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)


@value
class LambdaResult:
    """The function's response, JSON decoded. The machine validates it."""

    payload: Any
    size: int | None = None
    """Size of the JSON text in bytes; None: the machine measures it if needed."""
    seconds: float = 0.0
    """Seconds of the invocation, retries included: counts towards the 20 s of consecutive functions."""


@value
class LambdaFailed:
    """The invocation returned no usable response.

    kind is `timeout`, `throttled`, `function_error`, `unreachable`, `invalid`, or `missing` (the function does
    not exist; not retried).
    """

    kind: str
    detail: str = ""
    seconds: float = 0.0
    """Seconds of the invocation, as in `LambdaResult`."""


@value
class Hours:
    """Whether the hours of operation are open now."""

    open: bool


@value
class Metrics:
    """Values by Connect's MetricType name (NumberOfAgentsAvailable, ...), plus `queue_name`, `queue_arn`."""

    values: Mapping[str, float | str]


@value
class Queued:
    """The contact is in the queue; `name` and `arn` are the queue's."""

    name: str = ""
    arn: str = ""


@value
class AtCapacity:
    """The queue is full."""


@value
class AgentAnswered:
    """An agent took the contact out of the queue. Allowed at any moment while queued."""

    agent: str
    username: str = ""


@value
class Connected:
    """The third party answered; if the flow resumes, the time until this event is the length of that leg."""


@value
class CustomerReturned:
    """The customer returned during a Pause with that event."""


@value
class Succeeded:
    """The service succeeded; `values` are its return values, by reference path (`Case.case_id`)."""

    values: Mapping[str, Any] = field(default_factory=dict)
    branch: str | None = None
    """The action's result if it branches on one (view action, module branch)."""


@value
class Failed:
    """The effect failed; the branch for `error_type` is taken, else NoMatchingError's."""

    error_type: str = "NoMatchingError"
    detail: str = ""


@value
class HungUp:
    """The customer hung up. Allowed at any moment."""


@value
class Stopped:
    """StopContact, or the end of the run. Allowed at any moment."""


Event = (
    Done
    | Digits
    | Silence
    | LexResult
    | LambdaResult
    | LambdaFailed
    | Hours
    | Metrics
    | Queued
    | AtCapacity
    | AgentAnswered
    | Connected
    | CustomerReturned
    | Succeeded
    | Failed
    | HungUp
    | Stopped
)
