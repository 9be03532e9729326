"""StartOutboundVoiceContact: validation of a request, and the idempotency of ClientToken."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from busyhour.emulator.messages import ApiError
from busyhour.emulator.quotas.throttling import Limits

ATTRIBUTE_BYTES = "connect.contact-attributes-total-size"
COUNTRIES = "connect.countries-allowed-for-outbound-calls"
"""Keys of quotas whose rejections are counted."""
_KEY = re.compile(r"[A-Za-z0-9_-]+")


def check_attributes(attributes: Mapping[str, str], limits: Limits) -> None:
    """Check attributes: keys of alphanumeric characters, dashes and underscores, at most 32,768 UTF-8 bytes in all.

    Raises:
        ApiError: they are invalid.
    """
    size = 0
    for key, value in attributes.items():
        if _KEY.fullmatch(key) is None:
            raise ApiError(
                "InvalidParameterException",
                f"Attribute key {key[:60]!r} must have only alphanumeric characters, dashes and underscores.",
            )
        if not value.isascii() or not key.isascii():
            size += len(key.encode("utf-8", "surrogatepass")) + len(value.encode("utf-8", "surrogatepass"))
        else:
            size += len(key) + len(value)
    most = limits.applied(ATTRIBUTE_BYTES)
    if size > most:
        limits.use(ATTRIBUTE_BYTES, size)
        limits.reject(ATTRIBUTE_BYTES)
        raise ApiError(
            "InvalidParameterException",
            f"Attributes must have at most {most:g} UTF-8 bytes in all; they have {size}.",
        )


def check_campaign(params: Mapping[str, Any]) -> str:
    """Return the traffic type after checking it against answering machine detection.

    Raises:
        ApiError: detection is enabled for traffic other than CAMPAIGN, or an agent-first preview is requested.
    """
    traffic: str = params.get("TrafficType") or "GENERAL"
    detection = params.get("AnswerMachineDetectionConfig") or {}
    if detection.get("EnableAnswerMachineDetection") and traffic != "CAMPAIGN":
        raise ApiError(
            "InvalidRequestException",
            "TrafficType must be CAMPAIGN when EnableAnswerMachineDetection is true.",
        )
    if params.get("OutboundStrategy"):
        raise ApiError(
            "OutboundContactNotPermittedException",
            "OutboundStrategy is for the outbound campaigns service; the emulator does not serve it.",
            403,
        )
    return traffic


class ClientTokens:
    """The contact that each ClientToken started; a token is kept for `seconds`, at most `kept` of them."""

    def __init__(self, seconds: float, kept: int) -> None:
        self._seconds = seconds
        self._kept = kept
        # Ordered, since finding the oldest key of a plain dict walks over all keys removed before it.
        self._tokens: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self.forgotten = 0

    def find(self, token: str, at: float) -> str | None:
        """Return the contact that `token` started, if kept."""
        known = self._tokens.get(token)
        if known is None or at - known[1] > self._seconds:
            return None
        return known[0]

    def remember(self, token: str, contact_id: str, at: float) -> None:
        """Record that `token` started this contact."""
        self._tokens[token] = (contact_id, at)
        if len(self._tokens) > self._kept:
            self._tokens.popitem(last=False)
            self.forgotten += 1

    def clear(self) -> None:
        """Delete all tokens."""
        self._tokens.clear()
