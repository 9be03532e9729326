"""Effects that the flow machine yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from busyhour.fast_dataclass import value


class Audience(StrEnum):
    """Audience of a prompt: customer or agent."""

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


@value
class Play:
    """Play a prompt for `seconds`; `text` is the prompt with references resolved.

    `buffered` is whether the DTMF buffer keeps keys that are pressed meanwhile.
    """

    action: str
    text: str
    seconds: float
    audience: Audience = Audience.CUSTOMER
    buffered: bool = False


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
    input; `choices` are the digits that have a branch (menu only). `terminator` is the flow's own, empty for `#`;
    `cancel_key` whether `*` deletes what was entered before it; `entered` are keys from the DTMF buffer; `buffered`
    whether keys pressed after the input is over are kept for the next one.
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
    cancel_key: bool = True
    entered: str = ""
    buffered: bool = False


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
    invocation_id: str = ""
    """Of an asynchronous invocation: the id by which the flow loads its result later."""


@value
class CheckHours:
    """Check whether the hours of operation are open; `hours` is None for those of the target queue `queue`.

    `overrides` are names of overrides of the hours that have a branch of their own.
    """

    action: str
    hours: str | None
    queue: str | None
    overrides: tuple[str, ...] = ()


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

    `CustomerReturned` answers the event of that name; `Succeeded` with the event's name as its branch answers any
    other (`BotParticipantDisconnected`). If the contact `continues` meanwhile, `Succeeded` with the branch `Continue`
    answers at once, and `WaitOver` ends the wait later, regardless of the effect pending then. `seconds` is infinite where
    the contact waits for that `WaitOver` alone.
    """

    action: str
    seconds: float
    events: tuple[str, ...] = ()
    continues: bool = False

    @property
    def returned(self) -> str:
        """The event that an asynchronous function has returned; empty if the wait has none.

        Its name in exports is not published (AWS administrator guide, Wait: "Lambda returned").
        """
        return next((one for one in self.events if "lambda" in one.lower()), "")


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
    person_seconds: float = 0.0
    """Seconds that a person takes for it (a view, signing in); 0: no person takes part."""
    limit_seconds: float = 0.0
    """Seconds after which it gives up waiting for the person."""


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
