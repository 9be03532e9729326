"""What AWS does not document about Connect and the emulator has to decide: one place, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from busyhour.emulator.quotas.new_account import AccountAge


class OverQuota(StrEnum):
    """What StartOutboundVoiceContact does while the concurrent-calls quota is full.

    AWS documents neither. Its API answers before the call is placed, and an experiment saw
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
    reorder_reason: str = "TELECOM_PROBLEM"
    """DisconnectReason of a call that met the reorder tone; no documented reason says just that."""
    throttle_code: str = "TooManyRequestsException"
    """Error of a request above the rate; seen on live Connect APIs, modelled or not."""
    token_seconds: float = 7 * 86_400.0
    """A ClientToken means the same contact for 7 days (API reference of StartOutboundVoiceContact)."""
    ended_kept: int = 200_000
    """Ended contacts that DescribeContact still knows; older ones are forgotten and counted (AWS: 24 months)."""
    tokens_kept: int = 200_000
    """ClientTokens that are still known; an older one would name a contact that has been forgotten."""
    failures: Mapping[str, float] = field(default_factory=dict)
    """Share of outbound calls that end with each DisconnectReason before anybody answers. None by default, so that
    runs repeat; AWS expects about 1 % TELECOM_POTENTIAL_BLOCKING and 2 % TELECOM_PROBLEM (contact record data model)."""
    machines: Mapping[str, float] = field(default_factory=dict)
    """Share of calls with answering machine detection that end up at VoicemailBeep, VoicemailNoBeep or NotDetected
    (branches of CheckOutboundCallStatus); people answer the rest."""
    loopback_seconds: float = 2.0
    """From the start of an outbound call to a number of ours until it comes in there. Not documented."""
    chat_minutes: int = 1_500
    """A chat ends by itself after 25 hours (default of ChatDurationInMinutes)."""
    task_seconds: float = 7 * 86_400.0
    """A task ends by itself after 7 days (Administrator Guide, "Concept: tasks")."""
    age: AccountAge = AccountAge.MATURE
    """How long the account has been in use; decides what a new instance may do."""
    default_patience: float = 180.0
    """`busyhour emulator --flows`: mean patience of callers, seconds."""
    default_talk: float = 180.0
    """`busyhour emulator --flows`: mean talk time, seconds."""
    default_wrap_up: float = 30.0
    """`busyhour emulator --flows`: mean wrap-up, seconds."""
