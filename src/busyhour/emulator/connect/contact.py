"""A contact as Connect's API and contact record know it, and the memory of all of them."""

from __future__ import annotations

import datetime
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from busyhour.calls.live import NOT_ANSWERED, LiveCall
from busyhour.flows.protocol import EndReason

REASONS = {
    EndReason.STOPPED.value: "OTHER",
    EndReason.FLOW_ERROR.value: "CONTACT_FLOW_DISCONNECT",
    NOT_ANSWERED: "TELECOM_UNANSWERED",
}
"""DisconnectReason of the contact record where the call's own end reason is another word."""


@dataclass(slots=True)
class Contact:
    """One voice contact. Times are epoch seconds; None: it did not happen."""

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
    """Name, Description, RelatedContactId, CampaignId, References as they were given."""
    call: LiveCall | None = None
    connected: float | None = None
    enqueued: float | None = None
    queue: str | None = None
    answered: float | None = None
    agent: str | None = None
    talk_ended: float | None = None
    ended: float | None = None
    reason: str | None = None
    terminal: str | None = None
    detail: str = ""
    reorder: bool = False
    """It was turned away by the concurrency quota."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    invocations: Mapping[str, int] = field(default_factory=dict)
    errors: int = 0
    """Error branches of its flows that were reported already."""
    sequence: int = 0
    """Number of its contact record; 0 while it is going on."""

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
        return "ended" if self.call is None else str(self.call.state)


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
    contact.reason = REASONS.get(reason, reason)
    if reason == NOT_ANSWERED and contact.traffic == "CAMPAIGN":
        contact.reason = NOT_ANSWERED
    contact.terminal = call.terminal
    contact.detail = call.detail
    contact.attributes = dict(call.attributes)
    contact.invocations = dict(call.invocations)
    contact.call = None


def described(contact: Contact, arn: str, queue_id: str | None, epoch: float) -> dict[str, Any]:
    """The Contact of DescribeContact; absent members are left out. `epoch` is the zero of the calls' clock."""
    call = contact.call
    info: dict[str, Any] = {
        "Arn": arn,
        "Id": contact.id,
        "InitiationMethod": contact.method,
        "Channel": "VOICE",
        "InitiationTimestamp": contact.initiated,
        "LastUpdateTimestamp": contact.ended or contact.initiated,
        "Attributes": contact.current_attributes(),
        "SegmentAttributes": {"connect:Subtype": {"ValueString": "connect:Telephony"}},
    }
    for member, number in (("CustomerEndpoint", contact.customer), ("SystemEndpoint", contact.system)):
        if number:
            info[member] = {"Type": "TELEPHONE_NUMBER", "Address": number}
    for member in ("Name", "Description", "RelatedContactId"):
        if contact.extra.get(member):
            info[member] = contact.extra[member]
    if contact.extra.get("CampaignId"):
        info["Campaign"] = {"CampaignId": contact.extra["CampaignId"]}
    times = {
        "ConnectedToSystemTimestamp": _later(
            contact.connected, call.connected_to_system if call else None, epoch
        ),
        "DisconnectTimestamp": contact.ended,
    }
    info |= {name: value for name, value in times.items() if value is not None}
    enqueued = _later(contact.enqueued, call.enqueued if call else None, epoch)
    if enqueued is not None and queue_id:
        info["QueueInfo"] = {"Id": queue_id, "EnqueueTimestamp": enqueued}
    answered = _later(contact.answered, call.answered if call else None, epoch)
    if answered is not None:
        info["AgentInfo"] = {"Id": contact.agent or "agent", "ConnectedToAgentTimestamp": answered}
    if contact.reason is not None:
        info["DisconnectReason"] = contact.reason
    return info


def _later(known: float | None, live: float | None, epoch: float) -> float | None:
    return known if known is not None else None if live is None else live + epoch


def record(contact: Contact, account_id: str, instance_arn: str, queue_arn: str | None) -> dict[str, Any]:
    """The contact record, in the words of Connect's data model; `Emulator` holds what only we know."""
    enqueued, answered = contact.enqueued, contact.answered
    entry: dict[str, Any] = {
        "AWSAccountId": account_id,
        "InstanceARN": instance_arn,
        "ContactId": contact.id,
        "InitialContactId": None,
        "Channel": "VOICE",
        "InitiationMethod": contact.method,
        "InitiationTimestamp": _iso(contact.initiated),
        "ConnectedToSystemTimestamp": _iso(contact.connected),
        "DisconnectTimestamp": _iso(contact.ended),
        "LastUpdateTimestamp": _iso(contact.ended),
        "DisconnectReason": contact.reason,
        "CustomerEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": contact.customer}
        if contact.customer
        else None,
        "SystemEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": contact.system} if contact.system else None,
        "Attributes": dict(contact.attributes),
        "Queue": None,
        "Agent": None,
        "Emulator": {
            "Sequence": contact.sequence,
            "Index": contact.index,
            "TrafficType": contact.traffic,
            "Reorder": contact.reorder,
            "Quota": contact.pool if contact.reorder else None,
            "Terminal": contact.terminal,
            "Detail": contact.detail,
            "LambdaInvocations": dict(contact.invocations),
            "Seconds": None if contact.ended is None else contact.ended - contact.initiated,
        },
    }
    if contact.queue is not None and enqueued is not None:
        left = answered if answered is not None else contact.ended
        entry["Queue"] = {
            "Name": contact.queue,
            "ARN": queue_arn,
            "EnqueueTimestamp": _iso(enqueued),
            "DequeueTimestamp": _iso(left),
            "Duration": None if left is None else round(left - enqueued, 3),
        }
    if answered is not None:
        until = contact.talk_ended if contact.talk_ended is not None else contact.ended
        entry["Agent"] = {
            "Username": contact.agent,
            "ConnectedToAgentTimestamp": _iso(answered),
            "AgentInteractionDuration": None if until is None else round(until - answered, 3),
        }
    return entry


def _iso(moment: float | None) -> str | None:
    if moment is None:
        return None
    when = datetime.datetime.fromtimestamp(moment, datetime.UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
