"""Choices for the behaviour of flows that AWS does not document, each with its default and source.

"D23" is AWS's administrator guide, "observed" what real exports imply; the rest is marked as a decision of this
project. A policy is data: two machines with the same flows and policy behave the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from busyhour.flows.action_types import DECLARED
from busyhour.flows.prompts import Speech

ALL = frozenset({"*"})
"""For `Policy.ask`: every action type that could fail and otherwise always succeeds."""


OKAY_WITHOUT_ERROR = frozenset(type for type, one in DECLARED.items() if one.okay_without_error)
"""Default of `Policy.okay_without_error_branch`: `x-okay-without-error` of the schemas."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Decisions of a machine where AWS documents nothing."""

    ask: frozenset[str] = frozenset()
    """Action types that always succeed (set attributes, set queue, transfer to flow, invoke module, ...) and
    unmodelled types for which a `Service` effect is yielded first, so that the driver can make them fail.
    Default: none, they succeed at once."""

    person_seconds: float = 20.0
    """Seconds that a person takes for a view or for signing in, if the action allows that long. Decision: no public
    figure."""

    silent_action_limit: int = 1_000
    """Actions run without an effect in between before the flow is considered an endless loop and
    the contact is disconnected. Decision; Connect's own limit is not published."""

    action_limit: int = 10_000
    """Actions run for one contact in total, after which the contact is disconnected. Decision, as above."""

    okay_without_error_branch: frozenset[str] = OKAY_WITHOUT_ERROR
    """Types that continue with NextAction on an error without a branch: blocks without an Error branch "always take
    Okay" (D23). For every other type the flow stops: in a queue the contact keeps waiting, in a whisper it
    continues to
    the agent, elsewhere it is disconnected (decision)."""

    stored_input_timeout_succeeds: bool = True
    """Store customer input without input takes the success branch with the value `Timeout` (D23, and twelve
    real flows compare with it). False: NoMatchingError's branch."""

    bot_without_intent_goes_on: bool = True
    """A Lex bot that ends without an intent takes NextAction, which in real exports often differs from
    NoMatchingCondition (40 of 92). False: NoMatchingCondition's branch. Not sourced."""

    module_depth: int = 5
    """Maximum nesting of modules; beyond that InvokeFlowModule takes its error branch (AWS administrator guide, flow
    modules)."""

    queue_transfers: int = 11
    """Maximum number of transfers of a contact from one queue to another; the next takes its error branch (AWS
    administrator guide, Transfer to queue)."""

    moved_contact_stays_in_queue_flow: bool = True
    """After DequeueContactAndTransferToQueue the queue flow continues with NextAction. False: the queue flow begins
    again for the other queue. Not sourced."""

    empty_value_removes_attribute: bool = True
    """Setting a contact attribute to an empty value removes it (D23). False: it is kept as an empty string."""

    missing_reference: str | None = ""
    """Value of a reference to nothing as a parameter of a Lambda function or a service; in text always empty."""

    string_map_strict: bool = True
    """A STRING_MAP response with any value that is not a string is an error, as documented. False: numbers, booleans
    and null are converted to text."""

    failed_invocation_clears_external: bool = False
    """Whether a failed Lambda invocation empties `$.External`. Not sourced; default: the last response remains."""

    external_survives_transfer: bool = True
    """Whether `$.External`, `$.Lex` and stored input persist in the next flow. Not sourced."""

    lambda_limit_seconds: float = 8.0
    """Longest duration of a synchronous invocation in seconds, regardless of the export (D23)."""

    lambda_asynchronous_limit_seconds: float = 60.0
    """Longest duration of an asynchronous invocation in seconds."""

    lambda_chain_seconds: float = 20.0
    """Longest total duration of consecutive functions without a prompt in between, in seconds (D23)."""

    lambda_response_bytes: int = 32_768
    """Largest response of a function, in bytes."""

    attribute_bytes: int = 32_768
    """Largest total size of a contact's attributes, keys and values in UTF-8, in bytes."""

    queue_age_in_milliseconds: bool = True
    """The console writes operands of OldestContactInQueueAgeSeconds in milliseconds (observed)."""

    disconnect_runs_remaining_hook: bool = True
    """DisconnectParticipant runs the flow of the hook CustomerRemaining, once, before the contact ends. AWS's pages
    describe this for tasks; for other channels it is a decision, named in traces and forecasts."""

    blank_references_work: bool = True
    """Ids that were emptied before an export was published refer to a working resource, named by the layout
    if it has a name. False: the empty id is an error, as in Connect."""

    hours_need_queue: bool = True
    """Checking the target queue's hours without a queue is an error. Decision."""

    speech: Speech = field(default_factory=Speech)
    """Model of prompt lengths."""

    def asks(self, type: str) -> bool:
        """Whether actions of this type yield a `Service` effect instead of always succeeding."""
        return bool(self.ask) and (type in self.ask or "*" in self.ask)


def unsourced_disconnect(flow: str) -> str:
    """Return the warning about a disconnect flow that ran after a flow's own disconnect of a call or chat."""
    return (
        f"the disconnect flow {flow!r} ran after a flow's own disconnect: AWS's pages describe that for tasks only, so its "
        "seconds and functions may not come"
    )
