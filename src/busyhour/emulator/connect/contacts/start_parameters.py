"""Parameters of a contact about to be created."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from busyhour.emulator.connect.resources.instance import FlowResource
from busyhour.fast_dataclass import value

_NOTHING: Mapping[str, Any] = {}


@value
class Placed:
    """Parameters of a new contact."""

    flow: FlowResource
    method: str
    customer: str
    system: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    traffic: str = "GENERAL"
    ring_timeout: float | None = None
    queue: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Name, Description, References and the like, by their names in the API."""
    channel: str = "VOICE"
    detect: bool = False
    """Whether answering machine detection is enabled."""
    expires: float | None = None
    """Seconds after which it ends by itself (chats, tasks)."""
    scheduled: float | None = None
    """Epoch seconds at which it begins (tasks)."""


VOICE_SEGMENT: Mapping[str, Any] = {"connect:Subtype": {"ValueString": "connect:PSTN"}}
"""SegmentAttributes of a telephone call in the event of a function, as a published event has them."""


def contact_fields(placed: Placed, subtype: str) -> dict[str, Any]:
    """Return the members that only chats, tasks and calls with references have."""
    extra = placed.extra
    voice = placed.channel == "VOICE"
    segment = VOICE_SEGMENT if voice else {"connect:Subtype": {"ValueString": subtype}}
    return {
        "channel": placed.channel,
        "references": {
            name: {"Type": value["Type"], "Value": value.get("Value")}
            for name, value in (extra.get("References") or _NOTHING).items()
        },
        "segment_attributes": {**segment, **(extra.get("SegmentAttributes") or _NOTHING)},
        "previous_contact_id": extra.get("PreviousContactId"),
        "initial_contact_id": extra.get("InitialContactId"),
        "customer_id": extra.get("CustomerId"),
    }
