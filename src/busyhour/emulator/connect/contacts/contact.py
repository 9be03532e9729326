"""A contact of any channel, and the memory of all of them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from busyhour.calls.live import NOT_ANSWERED, LiveCall
from busyhour.calls.ports import Handle
from busyhour.flows.protocol import EndReason


@dataclass(frozen=True, slots=True)
class Channel:
    """What differs between the channels."""

    pools: Mapping[str, str]
    """Code of the concurrency quota by traffic type."""
    reasons: Mapping[str, str]
    """DisconnectReason of the contact record where the call's own end reason is another word."""
    subtype: str

    def pool(self, traffic: str = "GENERAL") -> str:
        """Code of the quota that a contact of this channel counts against."""
        return self.pools.get(traffic, self.pools["GENERAL"])

    def reason(self, ended_by: str) -> str:
        """DisconnectReason (Administrator Guide, data model for contact records, by channel)."""
        return self.reasons.get(ended_by, ended_by)


_FLOW_ERROR = {EndReason.FLOW_ERROR.value: "CONTACT_FLOW_DISCONNECT"}
CHANNELS: Mapping[str, Channel] = {
    "VOICE": Channel(
        {"GENERAL": "L-12AB7C57", "CAMPAIGN": "L-E908C3A1"},
        {**_FLOW_ERROR, EndReason.STOPPED.value: "OTHER", NOT_ANSWERED: "TELECOM_UNANSWERED"},
        "connect:Telephony",
    ),
    "CHAT": Channel({"GENERAL": "L-D4BA6F6E"}, _FLOW_ERROR, "connect:Chat"),
    "TASK": Channel(
        {"GENERAL": "L-60553137"},
        {**_FLOW_ERROR, EndReason.AGENT_DISCONNECT.value: "AGENT_COMPLETED"},
        "connect:Task",
    ),
}


@dataclass(slots=True)
class Contact:
    """One contact. Times are epoch seconds; None: it did not happen."""

    id: str
    index: int
    method: str
    """InitiationMethod: API or INBOUND."""
    initiated: float
    customer: str = ""
    system: str = ""
    flow: str = ""
    traffic: str = "GENERAL"
    pool: str = ""
    """Code of the concurrency quota that it counts against."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Name, Description, RelatedContactId, CampaignId, References, ... as they were given."""
    channel: str = "VOICE"
    call: LiveCall | None = None
    connected: float | None = None
    enqueued: float | None = None
    queue: str | None = None
    answered: float | None = None
    agent: str | None = None
    """ARN of the user, or the name of an agent whom the scenario staffs."""
    username: str | None = None
    talk_ended: float | None = None
    wrap_up: float = 0.0
    """Seconds of after contact work."""
    ended: float | None = None
    reason: str | None = None
    terminal: str | None = None
    detail: str = ""
    reorder: bool = False
    """It was rejected by the concurrency quota."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    invocations: Mapping[str, int] = field(default_factory=dict)
    errors: int = 0
    """Error branches of its flows that were reported already."""
    sequence: int = 0
    """Number of its contact record; 0 while it is going on."""
    end_as: str | None = None
    """DisconnectReason that it ends with whatever the call says."""
    line: str | None = None
    """What answering machine detection found, as a branch of CheckOutboundCallStatus; None: it was not asked for."""
    scheduled: float | None = None
    changed: float | None = None
    """Attributes or tags were last updated."""
    tags: dict[str, str] | None = None
    waiting: Handle | None = None
    """The timer of its beginning or its expiry."""
    peer: Contact | None = None
    """Loopback: the other leg."""
    transcript: list[dict[str, Any]] | None = None
    """Messages of a chat, in the shape of GetTranscript."""

    def current_attributes(self) -> dict[str, str]:
        """The attributes as they are now."""
        return dict(self.call.attributes if self.call is not None else self.attributes)

    def update_attributes(self, changed: Mapping[str, str]) -> None:
        """Add and replace attributes; a contact that is going on sees them in its flow."""
        if self.call is None:
            self.attributes = {**self.attributes, **changed}
            return
        live = self.call.attributes
        assert isinstance(live, dict)
        live.update(changed)

    def state(self) -> str:
        """Where it is in its life."""
        if self.call is None:
            return "ended" if self.sequence else "scheduled"
        return str(self.call.state)


class ContactStore:
    """All contacts: those going on, and the last `kept` that ended.

    Every contact that ends gets one record with the next sequence number.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._contacts: dict[str, Contact] = {}
        self._ended: deque[Contact] = deque()
        self.started = 0
        self.records = 0
        self.forgotten = 0
        self.reasons: Counter[str] = Counter()

    def __len__(self) -> int:
        """Contacts that are known."""
        return len(self._contacts)

    @property
    def in_progress(self) -> int:
        """Contacts that have not ended."""
        return len(self._contacts) - len(self._ended)

    def add(self, contact: Contact) -> None:
        """A contact begins."""
        self._contacts[contact.id] = contact
        self.started += 1

    def get(self, contact_id: str) -> Contact | None:
        """The contact with this id, if it is known."""
        return self._contacts.get(contact_id)

    def end(self, contact: Contact) -> None:
        """A contact is over; its record is complete."""
        self.records += 1
        contact.sequence = self.records
        self.reasons[contact.reason or ""] += 1
        self._ended.append(contact)
        if len(self._ended) > self._kept:
            self._contacts.pop(self._ended.popleft().id, None)
            self.forgotten += 1

    def live(self) -> Iterator[Contact]:
        """Contacts that have not ended."""
        return (contact for contact in tuple(self._contacts.values()) if not contact.sequence)

    def recent(self) -> Iterator[Contact]:
        """Every contact that is known, in the order in which they began."""
        return iter(tuple(self._contacts.values()))

    def after(self, sequence: int, limit: int) -> Iterator[Contact]:
        """Ended contacts with a greater sequence number, in order, at most `limit`."""
        if not self._ended:
            return
        first = self._ended[0].sequence
        start = max(0, sequence + 1 - first)
        # A deque is slow in the middle; a page is copied from it once.
        for index, contact in enumerate(self._ended):
            if index >= start + limit:
                return
            if index >= start:
                yield contact

    def clear(self) -> None:
        """Forget what has ended; live contacts stay."""
        for contact in self._ended:
            self._contacts.pop(contact.id, None)
        self._ended.clear()
        self.started = self.in_progress
        self.records = self.forgotten = 0
        self.reasons.clear()


def close(contact: Contact, call: LiveCall, epoch: float) -> None:
    """Take over from an ended call what the record needs, and let the call go. `epoch` is the clock's zero."""

    def at(moment: float | None) -> float | None:
        return None if moment is None else epoch + moment

    contact.connected = at(call.connected_to_system)
    contact.enqueued = at(call.enqueued)
    contact.queue = call.queue_name
    contact.answered = at(call.answered)
    contact.talk_ended = at(call.talk_ended)
    contact.ended = at(call.ended)
    reason = str(call.end_reason or "")
    contact.reason = contact.end_as or CHANNELS[contact.channel].reason(reason)
    if reason == NOT_ANSWERED and contact.traffic == "CAMPAIGN":
        contact.reason = NOT_ANSWERED
    if contact.answered is not None:
        contact.wrap_up = call.wrap_up_seconds
    contact.terminal = call.terminal
    contact.detail = call.detail
    contact.attributes = dict(call.attributes)
    contact.invocations = dict(call.invocations)
    contact.call = None
