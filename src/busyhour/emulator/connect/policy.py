"""Decisions for what AWS does not document about Connect, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from busyhour.emulator.quotas.new_account import AccountAge


class OverQuota(StrEnum):
    """Behaviour of StartOutboundVoiceContact while the concurrent-calls quota is full.

    AWS documents neither. Its API responds before the call is placed, and an experiment observed
    the attempt ring and drop (published by Classmethod), hence the default.
    """

    ACCEPT_THEN_FAIL = "accept_then_fail"
    """200 with a ContactId; the contact ends at once as a failed call (reorder tone)."""
    LIMIT_EXCEEDED = "limit_exceeded"
    """LimitExceededException, HTTP 429; no contact."""


@dataclass(frozen=True, slots=True)
class ConnectPolicy:
    """Choices of the emulated Connect."""

    over_quota: OverQuota = OverQuota.ACCEPT_THEN_FAIL
    look_up: bool = True
    """Whether what a flow refers to must be in the instance that publishes it, as in AWS. Without, flows of exports whose
    resources are elsewhere can be created."""
    reorder_reason: str = "TELECOM_PROBLEM"
    """DisconnectReason of a call with the reorder tone; no documented reason matches exactly."""
    throttle_code: str = "TooManyRequestsException"
    """Error of a request above the rate; observed on live Connect APIs, modelled or not."""
    token_seconds: float = 7 * 86_400.0
    """A ClientToken refers to the same contact for 7 days (API reference of StartOutboundVoiceContact)."""
    ended_kept: int = 200_000
    """Number of ended contacts available to DescribeContact.

    Older ones are deleted and counted (AWS: 24 months).
    """
    tokens_kept: int = 200_000
    """Number of ClientTokens kept; an older one would refer to a deleted contact."""
    failures: Mapping[str, float] = field(default_factory=dict)
    """Share of outbound calls that end with each DisconnectReason before an answer. Empty by default, so that
    runs repeat; AWS expects about 1 % TELECOM_POTENTIAL_BLOCKING and 2 % TELECOM_PROBLEM (contact record data model)."""
    machines: Mapping[str, float] = field(default_factory=dict)
    """Share of calls with answering machine detection that end up at VoicemailBeep, VoicemailNoBeep or NotDetected
    (branches of CheckOutboundCallStatus); people answer the rest."""
    loopback_seconds: float = 2.0
    """Seconds from the start of an outbound call to a claimed number until it arrives there. Not documented."""
    chat_minutes: int = 1_500
    """A chat ends by itself after 25 hours (default of ChatDurationInMinutes)."""
    task_seconds: float = 7 * 86_400.0
    """A task ends by itself after 7 days (Administrator Guide, "Concept: tasks")."""
    age: AccountAge = AccountAge.MATURE
    """Age of the account; determines the limits of a new instance."""
    default_patience: float = 180.0
    """`busyhour emulator --flows`: mean patience of callers, seconds."""
    default_talk: float = 180.0
    """`busyhour emulator --flows`: mean talk time, seconds."""
    default_wrap_up: float = 30.0
    """`busyhour emulator --flows`: mean wrap-up, seconds."""
