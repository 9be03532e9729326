"""Outcomes of contacts: the form of an end, and which contacts are polled. Pure: no clock, no network.

StartOutboundVoiceContact only confirms that a contact was accepted. Its outcome is polled later with
DescribeContact, at a rate that leaves most of the operation's quota (10 requests/s for the whole account) to
others. If there are more contacts than can be polled, a sample is watched, drawn by the number of the call, and
each watched contact represents 1/share contacts. Alternatively, contact events give the end of every contact.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from busyhour.results.outcomes import Ending

QUESTIONS_PER_CONTACT = 3.0
"""Approximate number of polls per contact until it has ended."""

FIRST_QUESTION_SECONDS = 5.0
"""Seconds until the first contacts are polled, before the typical length of contacts is known."""

_GOLDEN = 0.6180339887498949
BLOCKED_WHEN_STARTED_SECONDS = 1.0


@dataclass(slots=True, eq=False)
class Contact:
    """An accepted contact that is watched. Times are seconds of the run."""

    id: str
    started: float
    weight: float
    questions: int = 0
    asked_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a contact ended, as reported by the target. Times are seconds of the run; None: it did not happen."""

    at: float
    reason: str
    connected: float | None
    queued: float | None
    answered: float | None
    initiated: float | None = None

    @property
    def blocked(self) -> bool:
        """Whether the call was blocked: inferred from a failure at once, without reaching a flow."""
        at_once = self.initiated is not None and self.at - self.initiated <= BLOCKED_WHEN_STARTED_SECONDS
        return self.reason == "TELECOM_PROBLEM" and self.connected is None and at_once

    @property
    def ending(self) -> Ending:
        """How far the call got, as far as the target reports it."""
        if self.blocked:
            return Ending.BLOCKED
        if self.answered is not None:
            return Ending.AGENT
        if self.queued is not None:
            return Ending.QUEUE
        if self.connected is None:
            return Ending.NOT_ANSWERED
        return _ENDINGS.get(self.reason, Ending.OTHER)


_ENDINGS = {
    "CUSTOMER_DISCONNECT": Ending.HUNG_UP,
    "CONTACT_FLOW_DISCONNECT": Ending.FLOW_END,
    "THIRD_PARTY_DISCONNECT": Ending.THIRD_PARTY,
    "API": Ending.CUT_OFF,
}

Told = Callable[[Contact, Ended], None]


class Source(Protocol):
    """A source of the ends of contacts."""

    def begin(self) -> None:
        """Start: the run begins now."""

    def follow(self, index: int, identity: str, started: float) -> str | None:
        """Follow call `index`, accepted as contact `identity` at second `started`.

        Returns:
            A contact whose end will not be known: this one if it is not followed, or an older one that is given
            up for it. None: this one is followed, and none is given up.
        """

    @property
    def followed(self) -> Mapping[str, Contact]:
        """Contacts whose end is awaited, by id."""

    @property
    def weight(self) -> float:
        """Number of contacts in progress; each followed contact also represents those not followed."""

    def end(self) -> list[Contact]:
        """Stop following; return the contacts whose end is unknown."""

    def final_notes(self, known: int, unknown: int) -> list[str]:
        """Return notes for the report on `known` ends and `unknown` contacts that were not followed."""


class Unknown:
    """Contacts whose end is not followed: all are counted, and the newest ids kept.

    Long runs have millions of them.

    Args:
        kept: maximum number of ids kept.
    """

    def __init__(self, kept: int) -> None:
        self.ids: deque[str] = deque(maxlen=kept)
        """The newest ids, oldest first."""
        self.count = 0

    def add(self, identity: str) -> None:
        """Add one contact."""
        self.ids.append(identity)
        self.count += 1

    @property
    def forgotten(self) -> int:
        """Number of contacts whose id was not kept."""
        return self.count - len(self.ids)


def read(contact: Mapping[str, Any], epoch: float) -> Ended | None:
    """Read the end of a contact from DescribeContact's `Contact`; None while in progress.

    `epoch`: second 0 of the run.
    """

    def moment(value: Any) -> float | None:
        return float(value) - epoch if isinstance(value, int | float) else None

    at = moment(contact.get("DisconnectTimestamp"))
    if at is None:
        return None
    return Ended(
        at=at,
        reason=str(contact.get("DisconnectReason") or "unknown"),
        connected=moment(contact.get("ConnectedToSystemTimestamp")),
        queued=moment((contact.get("QueueInfo") or {}).get("EnqueueTimestamp")),
        answered=moment((contact.get("AgentInfo") or {}).get("ConnectedToAgentTimestamp")),
        initiated=moment(contact.get("InitiationTimestamp")),
    )


def share_watched(questions_per_second: float, calls_per_second: float) -> float:
    """Return the share of contacts that can be watched at these rates of polls and accepted calls per second."""
    if questions_per_second <= 0:
        return 0.0
    if calls_per_second <= 0:
        return 1.0
    return min(1.0, questions_per_second / (QUESTIONS_PER_CONTACT * calls_per_second))


class Watch:
    """The watched contacts, and the next poll time of each."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Contact]] = []
        self._sequence = 0
        self._known = 0
        self._seconds = 0.0
        self.contacts: dict[str, Contact] = {}
        self.weight = 0.0
        """Sum of the weights of all watched contacts: an estimate of the contacts in progress."""

    @property
    def typical(self) -> float:
        """Mean length of the contacts known to have ended, in seconds."""
        return self._seconds / self._known if self._known else FIRST_QUESTION_SECONDS

    def begin(self, index: int, identity: str, started: float, share: float) -> Contact | None:
        """Watch a contact if it is in the sample."""
        if index * _GOLDEN % 1.0 >= share:
            return None
        contact = Contact(identity, started, 1.0 / share)
        self.contacts[identity] = contact
        self.weight += contact.weight
        self._push(started + max(1.0, self.typical), contact)
        return contact

    def next(self, now: float, *, eager: bool = False) -> Contact | None:
        """Return the contact to poll now, None if none is due.

        Args:
            now: seconds of the run.
            eager: no more contacts will arrive, so poll a contact before it is due if its last poll was over a
                second ago.
        """
        while self._due and (self._due[0][0] <= now or eager):
            contact = self._due[0][2]
            if contact.id in self.contacts:
                if self._due[0][0] > now and contact.asked_at > now - 1.0:
                    return None
                heapq.heappop(self._due)
                contact.questions += 1
                contact.asked_at = now
                return contact
            heapq.heappop(self._due)
        return None

    def still_in_progress(self, contact: Contact, now: float) -> None:
        """Record that the contact is in progress: poll again after half of its length so far."""
        self._push(now + max(1.0, min(0.5 * (now - contact.started), 60.0)), contact)

    def ended(self, contact: Contact, at: float) -> bool:
        """Record that the contact has ended; return False if that was known."""
        if self.contacts.pop(contact.id, None) is None:
            return False
        self.weight = max(0.0, self.weight - contact.weight) if self.contacts else 0.0
        self._known += 1
        self._seconds += max(0.0, at - contact.started)
        return True

    def _push(self, due: float, contact: Contact) -> None:
        self._sequence += 1
        heapq.heappush(self._due, (due, self._sequence, contact))
