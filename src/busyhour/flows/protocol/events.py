"""Events that answer effects of the flow machine, or interrupt them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from busyhour.fast_dataclass import value


@value
class Done:
    """The effect is complete: prompt played, wait over, conversation ended by `by`.

    `keys` were pressed while the prompt played; they are lost unless the DTMF buffer is on.
    """

    by: str = ""
    keys: str = ""


@value
class Digits:
    """The customer pressed the keys `digits`, in order, with those that end the input; `later` after it was over."""

    digits: str
    later: str = ""


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
    """Whether the hours of operation are open now; `override` is the name of the override in force, if any."""

    open: bool
    override: str = ""


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
class WaitOver:
    """The wait beside which the flow continued is over; `branch` is the event that ended it, empty for its time.

    Allowed at any moment during such a wait.
    """

    branch: str = ""


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
    | WaitOver
    | Succeeded
    | Failed
    | HungUp
    | Stopped
)
