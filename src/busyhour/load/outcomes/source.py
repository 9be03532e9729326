"""The outcome of contacts: how an end is told, and which contacts are asked for. Pure: no clock, no network.

StartOutboundVoiceContact only says that a contact was accepted. How it ended is asked later with DescribeContact, at a
pace that leaves the operation's quota (10 requests/s for the whole account) to others. Where there are more contacts
than can be asked for, a sample is watched, drawn by the number of the call, and each watched contact stands for 1/share
others. Or contact events tell the end of every one.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from busyhour.results.outcomes import Ending

QUESTIONS_PER_CONTACT = 3.0
"""About how often a contact is asked for until it has ended."""

FIRST_QUESTION_SECONDS = 5.0
"""When the first contacts are asked for, before it is known how long contacts last."""

_GOLDEN = 0.6180339887498949
TURNED_AWAY_SECONDS = 1.0


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
    """How a contact ended, as the target tells it. Times are seconds of the run; None: it did not happen."""

    at: float
    reason: str
    connected: float | None
    queued: float | None
    answered: float | None
    initiated: float | None = None

    @property
    def blocked(self) -> bool:
        """Inferred: it failed at once without reaching a flow, as when the concurrency quota is full."""
        at_once = self.initiated is not None and self.at - self.initiated <= TURNED_AWAY_SECONDS
        return self.reason == "TELECOM_PROBLEM" and self.connected is None and at_once

    @property
    def ending(self) -> Ending:
        """How far the call came, as far as the target tells."""
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
    """Where the ends of contacts are heard of."""

    def begin(self) -> None:
        """The run starts now."""

    def follow(self, index: int, identity: str, started: float) -> str | None:
        """Call `index` was accepted as contact `identity` at second `started`.

        Returns:
            A contact whose end nobody will tell: this one where it is not followed, or an older one that is given up
            for it. None: this one is followed, and none is given up.
        """

    @property
    def followed(self) -> Mapping[str, Contact]:
        """Contacts whose end is awaited, by id."""

    @property
    def weight(self) -> float:
        """Contacts that go on, where each of those followed stands for itself and those that are not."""

    def end(self) -> list[Contact]:
        """Follow no longer: contacts whose end is not known."""

    def last_words(self, known: int, unknown: int) -> list[str]:
        """What the report says of `known` ends and `unknown` contacts that were not followed."""


class Unknown:
    """Contacts whose end nobody tells: all are counted, and the newest ids kept. Long runs have millions of them.

    Args:
        kept: how many ids are kept.
    """

    def __init__(self, kept: int) -> None:
        self.ids: deque[str] = deque(maxlen=kept)
        """The newest ones, oldest first."""
        self.count = 0

    def add(self, identity: str) -> None:
        """One more."""
        self.ids.append(identity)
        self.count += 1

    @property
    def forgotten(self) -> int:
        """Those whose id was not kept."""
        return self.count - len(self.ids)


def read(contact: Mapping[str, Any], epoch: float) -> Ended | None:
    """The end of a contact from DescribeContact's `Contact`; None while it goes on. `epoch`: second 0 of the run."""

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
    """Which share of contacts can be watched at that many questions and accepted calls per second."""
    if questions_per_second <= 0:
        return 0.0
    if calls_per_second <= 0:
        return 1.0
    return min(1.0, questions_per_second / (QUESTIONS_PER_CONTACT * calls_per_second))


class Watch:
    """The contacts that are watched and when each is asked for next."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Contact]] = []
        self._sequence = 0
        self._known = 0
        self._seconds = 0.0
        self.contacts: dict[str, Contact] = {}
        self.weight = 0.0
        """Sum of the weights of all watched contacts: an estimate of the contacts that go on."""

    @property
    def typical(self) -> float:
        """Mean length of the contacts known to have ended, seconds."""
        return self._seconds / self._known if self._known else FIRST_QUESTION_SECONDS

    def begin(self, index: int, identity: str, started: float, share: float) -> Contact | None:
        """Watch a contact, if it falls into the sample."""
        if index * _GOLDEN % 1.0 >= share:
            return None
        contact = Contact(identity, started, 1.0 / share)
        self.contacts[identity] = contact
        self.weight += contact.weight
        self._push(started + max(1.0, self.typical), contact)
        return contact

    def next(self, now: float, *, eager: bool = False) -> Contact | None:
        """The contact to ask for now, None where none is due.

        Args:
            now: seconds of the run.
            eager: no more contacts will come, so ask before it is due for one that was not asked for within a second.
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

    def goes_on(self, contact: Contact, now: float) -> None:
        """It has not ended: ask again, after half as long as it has lasted."""
        self._push(now + max(1.0, min(0.5 * (now - contact.started), 60.0)), contact)

    def ended(self, contact: Contact, at: float) -> bool:
        """It has ended; False where that was known."""
        if self.contacts.pop(contact.id, None) is None:
            return False
        self.weight = max(0.0, self.weight - contact.weight) if self.contacts else 0.0
        self._known += 1
        self._seconds += max(0.0, at - contact.started)
        return True

    def _push(self, due: float, contact: Contact) -> None:
        self._sequence += 1
        heapq.heappush(self._due, (due, self._sequence, contact))
