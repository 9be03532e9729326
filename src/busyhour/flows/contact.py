"""The contact at the start of a call: customer, channel, known data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from busyhour.fast_dataclass import value

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    """Return one empty mapping, shared by all contacts."""
    return _NOTHING


INSTANCE_ARN = "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-000000000000"
"""Instance ARN of contacts that have none."""


@value
class Contact:
    """A contact as it enters its first flow. Immutable: changes by flows are in the `Call`.

    `customer_endpoint` and `system_endpoint` are addresses (phone numbers in E.164); None for contacts without
    one, such as contacts that an API created. `queue` is the queue set from the start (outbound contacts).
    """

    contact_id: str = "00000000-0000-4000-8000-000000000001"
    channel: str = "VOICE"
    initiation_method: str = "INBOUND"
    customer_endpoint: str | None = "+15555550100"
    system_endpoint: str | None = "+15555550199"
    instance_arn: str = INSTANCE_ARN
    region: str = "us-east-1"
    attributes: Mapping[str, str] = field(default_factory=_nothing)
    queue: str | None = None
    initial_contact_id: str | None = None
    previous_contact_id: str | None = None
    related_contact_id: str | None = None
    language: str = "en-US"
    name: str | None = None
    description: str | None = None
    customer_id: str | None = None
    references: Mapping[str, Any] = field(default_factory=_nothing)
    segment_attributes: Mapping[str, Any] = field(default_factory=_nothing)
    tags: Mapping[str, str] = field(default_factory=_nothing)
    media: Mapping[str, Any] = field(default_factory=_nothing)

    def customer(self) -> dict[str, str] | None:
        """Return the customer's endpoint as in a Lambda event."""
        return _endpoint(self.customer_endpoint)

    def system(self) -> dict[str, str] | None:
        """Return the system endpoint as in a Lambda event."""
        return _endpoint(self.system_endpoint)


def _endpoint(address: str | None) -> dict[str, str] | None:
    return None if address is None else {"Address": address, "Type": "TELEPHONE_NUMBER"}
