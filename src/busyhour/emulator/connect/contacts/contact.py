"""A contact of any channel, and the store of all contacts."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from busyhour.calls.call_data import NOT_ANSWERED
from busyhour.calls.live import LiveCall
from busyhour.calls.ports import Handle
from busyhour.flows.protocol import EndReason


@dataclass(frozen=True, slots=True)
class Channel:
    """Differences between the channels."""

    pools: Mapping[str, str]
    """Code of the concurrency quota by traffic type."""
    reasons: Mapping[str, str]
    """DisconnectReason of the contact record, if it differs from the call's own end reason."""
    subtype: str

    def pool(self, traffic: str = "GENERAL") -> str:
        """Return the code of the quota for a contact of this channel."""
        return self.pools.get(traffic, self.pools["GENERAL"])

    def reason(self, ended_by: str) -> str:
        """Return the DisconnectReason (Administrator Guide, data model for contact records, by channel)."""
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
    """Code of its concurrency quota."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Name, Description, RelatedContactId, CampaignId, References, ... as given."""
    channel: str = "VOICE"
    call: LiveCall | None = None
    connected: float | None = None
    enqueued: float | None = None
    queue: str | None = None
    answered: float | None = None
    agent: str | None = None
    """ARN of the user, or the name of an agent staffed by the scenario."""
    username: str | None = None
    talk_ended: float | None = None
    wrap_up: float = 0.0
    """Seconds of after-call work."""
    ended: float | None = None
    reason: str | None = None
    terminal: str | None = None
    detail: str = ""
    reorder: bool = False
    """Whether the concurrency quota rejected it."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    invocations: Mapping[str, int] = field(default_factory=dict)
    errors: int = 0
    """Error branches of its flows that were already reported."""
    sequence: int = 0
    """Number of its contact record; 0 while in progress."""
    end_as: str | None = None
    """DisconnectReason that overrides the call's own."""
    line: str | None = None
    """Result of answering machine detection, as a branch of CheckOutboundCallStatus; None: no detection."""
    scheduled: float | None = None
    changed: float | None = None
    """Time of the last update of attributes or tags."""
    tags: dict[str, str] | None = None
    waiting: Handle | None = None
    """The timer of its beginning or its expiry."""
    peer: Contact | None = None
    """Loopback: the other leg."""
    updated: tuple[str, ...] = ()
    """Properties of the last change, as in updatedProperties of its event."""
    attempts: int = 0
    """Agents to whom it was offered and who did not take it."""
    pauses: int = 0
    paused_at: float | None = None
    resumed_at: float | None = None
    paused_seconds: float = 0.0
    transcript: list[dict[str, Any]] | None = None
    """Messages of a chat, in the shape of GetTranscript."""

    def current_attributes(self) -> dict[str, str]:
        """The current attributes."""
        return dict(self.call.attributes if self.call is not None else self.attributes)

    def update_attributes(self, changed: Mapping[str, str]) -> None:
        """Add and replace attributes; visible in the flow of a contact in progress."""
        if self.call is None:
            self.attributes = {**self.attributes, **changed}
            return
        live = self.call.attributes
        assert isinstance(live, dict)
        live.update(changed)

    def state(self) -> str:
        """State in its life cycle."""
        if self.call is None:
            return "ended" if self.sequence else "scheduled"
        return str(self.call.state)


class ContactStore:
    """All contacts: those in progress, and the last `kept` that ended.

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
        """Number of known contacts."""
        return len(self._contacts)

    @property
    def in_progress(self) -> int:
        """Contacts that have not ended."""
        return len(self._contacts) - len(self._ended)

    def add(self, contact: Contact) -> None:
        """Add a new contact."""
        self._contacts[contact.id] = contact
        self.started += 1

    def get(self, contact_id: str) -> Contact | None:
        """Return the contact with this id, if known."""
        return self._contacts.get(contact_id)

    def end(self, contact: Contact) -> None:
        """End a contact; its record is complete."""
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
        """Return every known contact, in the order of beginning."""
        return iter(tuple(self._contacts.values()))

    def after(self, sequence: int, limit: int) -> Iterator[Contact]:
        """Return ended contacts with a greater sequence number, in order, at most `limit`."""
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
        """Delete ended contacts; live ones remain."""
        for contact in self._ended:
            self._contacts.pop(contact.id, None)
        self._ended.clear()
        self.started = self.in_progress
        self.records = self.forgotten = 0
        self.reasons.clear()


def close(contact: Contact, call: LiveCall, epoch: float) -> None:
    """Copy what the record needs from an ended call, and release the call. `epoch` is the clock's zero."""

    def at(moment: float | None) -> float | None:
        return None if moment is None else epoch + moment

    contact.connected = at(call.connected_to_system)
    contact.enqueued = at(call.enqueued)
    contact.queue = call.queue_name
    contact.answered = at(call.answered)
    contact.talk_ended = at(call.talk_ended)
    contact.ended = at(call.ended)
    if contact.paused_at is not None and (contact.resumed_at or 0.0) < contact.paused_at:
        contact.paused_seconds += contact.ended - contact.paused_at if contact.ended is not None else 0.0
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
