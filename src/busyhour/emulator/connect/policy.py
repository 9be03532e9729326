"""What AWS does not document about Connect and the emulator has to decide: one place, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
    tokens_kept: int = 1_000_000
    default_patience: float = 180.0
    """`busyhour emulator --flows`: mean patience of callers, seconds."""
    default_talk: float = 180.0
    """`busyhour emulator --flows`: mean talk time, seconds."""
    default_wrap_up: float = 30.0
    """`busyhour emulator --flows`: mean wrap-up, seconds."""
