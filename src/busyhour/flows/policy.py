"""Everything that the sources leave open about how Connect runs a flow, in one place, each with its default.

"D23" is AWS's administrator guide, "observed" what real exports imply; the rest is a decision of this project and
says so. A policy is data: two machines with the same flows and policy tell the same story.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from busyhour.flows.prompts import Speech

ALL = frozenset({"*"})
"""For `Policy.ask`: every action type that could fail and is otherwise taken to work."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a machine decides what AWS does not document."""

    ask: frozenset[str] = frozenset()
    """Action types that work by themselves (set attributes, set queue, transfer to flow, invoke module, ...) and
    unmodelled types that yield a `Service` effect first, so that whoever drives the call can make them fail.
    Default: none, they succeed at once."""

    silent_action_limit: int = 1_000
    """Actions run in one go, with no effect between them, before the flow is taken to be in an endless loop and
    the contact is disconnected. Decision; Connect's own limit is not published."""

    action_limit: int = 10_000
    """Actions run for one contact in all, then the contact is disconnected. Decision, as above."""

    okay_without_error_branch: frozenset[str] = frozenset(
        {
            "MessageParticipant",
            "MessageParticipantIteratively",
            "UpdateContactTextToSpeechVoice",
            "UpdateFlowLoggingBehavior",
            "UpdateContactRecordingBehavior",
            "UpdateContactRoutingBehavior",
            "CompleteOutboundCall",
            "Loop",
        }
    )
    """Types that go on with NextAction where an error has no branch: blocks without an Error branch "always take
    Okay" (D23). For every other type the flow stops: in a queue the contact goes on waiting, in a whisper it goes
    on to the agent, elsewhere it is disconnected (decision)."""

    stored_input_timeout_succeeds: bool = True
    """Store customer input with nothing entered takes the success branch with the value `Timeout` (D23, and twelve
    real flows compare with it). False: NoMatchingError's branch."""

    bot_without_intent_goes_on: bool = True
    """A Lex bot that ends without an intent takes NextAction, which real exports often lead elsewhere than
    NoMatchingCondition (40 of 92). False: NoMatchingCondition's branch. Not sourced."""

    module_depth: int = 20
    """How deep modules may invoke modules; beyond that InvokeFlowModule fails. D23 allows 1 (a module invokes none);
    whether that still holds is not sourced, and an export that nests them should run. Decision."""

    moved_contact_stays_in_queue_flow: bool = True
    """After DequeueContactAndTransferToQueue the queue flow goes on with NextAction. False: the queue flow begins
    again for the other queue. Not sourced."""

    empty_value_removes_attribute: bool = True
    """Setting a contact attribute to an empty value removes it (D23). False: it is kept as an empty string."""

    missing_reference: str | None = ""
    """What a reference to nothing becomes as a parameter of a Lambda function or a service; in text always empty."""

    string_map_strict: bool = True
    """A STRING_MAP answer with any value that is no string is an error, as documented. False: numbers, booleans and
    null are turned into text."""

    failed_invocation_clears_external: bool = False
    """Whether a failed Lambda invocation empties `$.External`. Not sourced; default: the last answer stays."""

    external_survives_transfer: bool = True
    """Whether `$.External`, `$.Lex` and stored input live on in the next flow. Not sourced."""

    lambda_limit_seconds: float = 8.0
    """Longest that a synchronous invocation may take, whatever the export says (D23)."""

    lambda_asynchronous_limit_seconds: float = 60.0
    """The same for an asynchronous one."""

    lambda_chain_seconds: float = 20.0
    """Longest for functions in a row with nothing heard in between (D23)."""

    lambda_response_bytes: int = 32_768
    """Largest answer of a function."""

    attribute_bytes: int = 32_768
    """Most that all attributes of a contact take, keys and values as UTF-8."""

    queue_age_in_milliseconds: bool = True
    """The console writes operands of OldestContactInQueueAgeSeconds in milliseconds (observed)."""

    disconnect_runs_remaining_hook: bool = True
    """DisconnectParticipant runs the flow of the hook CustomerRemaining, once, before the contact ends."""

    blank_references_work: bool = True
    """Ids that were emptied before an export was published stand for a resource that works, named by the layout
    where that names it. False: the empty id is an error, as it is for Connect."""

    hours_need_queue: bool = True
    """Checking the target queue's hours with no queue set is an error. Decision."""

    speech: Speech = field(default_factory=Speech)
    """How long prompts take."""

    def asks(self, type: str) -> bool:
        """Whether actions of this type yield a `Service` effect instead of just succeeding."""
        return bool(self.ask) and (type in self.ask or "*" in self.ask)
