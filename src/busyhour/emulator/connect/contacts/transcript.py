"""Messages of a chat in the shape of GetTranscript, and the identity of its customer."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.contacts.times import iso

_SYSTEM = {"ParticipantRole": "SYSTEM", "DisplayName": "SYSTEM_MESSAGE"}
_EVENT = "application/vnd.amazonaws.connect.event"
_EVENTS = {
    f"{_EVENT}.typing": "TYPING",
    f"{_EVENT}.connection.acknowledged": "CONNECTION_ACK",
    f"{_EVENT}.message.delivered": "MESSAGE_DELIVERED",
    f"{_EVENT}.message.read": "MESSAGE_READ",
    f"{_EVENT}.participant.joined": "PARTICIPANT_JOINED",
    f"{_EVENT}.participant.left": "PARTICIPANT_LEFT",
    f"{_EVENT}.chat.ended": "CHAT_ENDED",
}


def participant_id(contact: Contact) -> str:
    """Return the customer's id in a chat; the same for the same contact."""
    return str(uuid.uuid5(uuid.UUID(contact.id), "customer"))


def join(contact: Contact) -> dict[str, str]:
    """Record the customer's data from StartChatContact."""
    return {"ParticipantId": participant_id(contact), "ParticipantToken": token_of("participant", contact)}


def token_of(kind: str, contact: Contact) -> str:
    """Return the token of a chat's customer; it contains its purpose and the chat."""
    return base64.urlsafe_b64encode(f"{kind}:{contact.id}".encode()).decode()


def customer(contact: Contact) -> dict[str, str]:
    """Return the customer's identity in the transcript, for `say`."""
    return {
        "ParticipantRole": "CUSTOMER",
        "ParticipantId": participant_id(contact),
        "DisplayName": contact.extra.get("DisplayName", ""),
    }


def say(
    contact: Contact, content: str, at: float, content_type: str = "text/plain", **who: str
) -> dict[str, Any]:
    """Add a message or event to a chat; `who` are ParticipantRole, ParticipantId, DisplayName."""
    if contact.transcript is None:
        contact.transcript = []
    number = len(contact.transcript)
    kind = _EVENTS.get(content_type, "MESSAGE")
    entry = {
        "AbsoluteTime": iso(at),
        "ContentType": content_type,
        "Id": str(uuid.uuid5(uuid.UUID(contact.id), f"message/{number}")),
        "Type": kind,
        "ContactId": contact.id,
        **({"Content": content} if content else {}),
        **(who or _SYSTEM),
    }
    contact.transcript.append(entry)
    return entry
