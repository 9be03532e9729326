"""Metrics of GetMetricDataV2 as data: each selects contacts and a value of them.

Definitions follow the Administrator Guide ("Metrics definitions"); a contact belongs to the interval of the
time to which the metric refers. Flow metrics refer to the flow in which a contact begins: from its start until
the contact is queued or ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from busyhour.emulator.connect.contacts.contact import Contact

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A contact at this time. Times are epoch seconds; None: it has not happened yet."""

    contact: Contact
    created: float
    connected: float | None
    queued: float | None
    answered: float | None
    talked: float | None
    ended: float | None

    @property
    def abandoned(self) -> bool:
        """Whether the customer abandoned a queue."""
        return (
            self.ended is not None
            and self.queued is not None
            and self.answered is None
            and self.contact.reason == "CUSTOMER_DISCONNECT"
        )

    @property
    def wait(self) -> float | None:
        """Seconds in queue; None: in none, or still in one."""
        left = self.answered if self.answered is not None else self.ended
        return None if self.queued is None or left is None else left - self.queued

    @property
    def interaction(self) -> float | None:
        """Seconds with an agent; None: with none, or still with one."""
        until = self.talked if self.talked is not None else self.ended
        return None if self.answered is None or until is None else until - self.answered

    @property
    def flow_seconds(self) -> float | None:
        """Seconds in the first flow; None: not begun or not over."""
        until = self.queued if self.queued is not None else self.ended
        return None if self.connected is None or until is None else until - self.connected

    @property
    def flow_ended(self) -> float | None:
        """End of the first flow."""
        return None if self.connected is None else self.queued if self.queued is not None else self.ended

    @property
    def outcome(self) -> str:
        """FLOWS_OUTCOME_TYPE of the first flow."""
        if self.queued is not None:
            return "TRANSFERRED_TO_QUEUE"
        if self.contact.reason == "CUSTOMER_DISCONNECT":
            return "DROPPED"
        return _OUTCOMES.get(self.contact.terminal or "", "OTHER")


_OUTCOMES = {
    "DisconnectParticipant": "DISCONNECTED_PARTICIPANT",
    "EndFlowExecution": "FLOW_ENDED",
    "TransferParticipantToThirdParty": "TRANSFERRED_TO_PHONE_NUMBER",
}


def seen(contact: Contact, epoch: float) -> Seen:
    """Return a contact's current state; `epoch` is the zero of the calls' clock."""
    call = contact.call

    def now(known: float | None, live: str) -> float | None:
        moment = getattr(call, live) if call is not None else None
        return known if known is not None or moment is None else epoch + moment

    return Seen(
        contact,
        contact.initiated,
        now(contact.connected, "connected_to_system"),
        now(contact.enqueued, "enqueued"),
        now(contact.answered, "answered"),
        now(contact.talk_ended, "talk_ended"),
        contact.ended,
    )


@dataclass(frozen=True, slots=True)
class Metric:
    """`at` returns the time at which a contact counts (None: it does not), `of` its value, `sum_up` combines all values."""

    at: Callable[[Seen], float | None]
    of: Callable[[Seen, Params], float | None]
    sum_up: Callable[[Sequence[float]], float | None]


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _percent(values: Sequence[float]) -> float | None:
    return 100.0 * math.fsum(values) / len(values) if values else None


def _largest(values: Sequence[float]) -> float | None:
    return max(values, default=None)


def _smallest(values: Sequence[float]) -> float | None:
    return min(values, default=None)


def _one(seen: Seen, metric: Params) -> float:
    return 1.0


def _handled(seen: Seen) -> float | None:
    return seen.ended if seen.answered is not None else None


def _abandoned(seen: Seen) -> float | None:
    return seen.ended if seen.abandoned else None


def _offered(seen: Seen) -> float | None:
    """Whether a queued contact was answered or abandoned."""
    return seen.ended if seen.answered is not None or seen.abandoned else None


def _handle_seconds(seen: Seen, metric: Params) -> float | None:
    return None if seen.interaction is None else seen.interaction + seen.contact.wrap_up


def _within(seen: Seen, metric: Params) -> bool:
    """Whether a contact left the queue within the metric's threshold in seconds; 20 s without one."""
    threshold: Params = next(iter(metric.get("Threshold") or ()), {})
    limit, wait = threshold.get("ThresholdValue", 20.0), seen.wait or 0.0
    return bool(wait < limit if threshold.get("Comparison") == "LT" else wait <= limit)


def _in_time(seen: Seen, metric: Params) -> float:
    return float(seen.answered is not None and _within(seen, metric))


def _if_within(seen: Seen, metric: Params) -> float | None:
    return 1.0 if _within(seen, metric) else None


def _queued_at(seen: Seen) -> float | None:
    return seen.queued


def _ended_at(seen: Seen) -> float | None:
    return seen.ended


def _flow_ended(seen: Seen) -> float | None:
    return seen.flow_ended


def _of_contact(value: Callable[[Seen], float | None]) -> Callable[[Seen, Params], float | None]:
    return lambda seen, metric: value(seen)


_wait = _of_contact(lambda seen: seen.wait)
_flow = _of_contact(lambda seen: seen.flow_seconds)
_interaction = _of_contact(lambda seen: seen.interaction)
_work = _of_contact(lambda seen: seen.contact.wrap_up)

METRICS: Mapping[str, Metric] = {
    "CONTACTS_CREATED": Metric(lambda seen: seen.created, _one, math.fsum),
    "CONTACTS_QUEUED": Metric(_queued_at, _one, math.fsum),
    "CONTACTS_QUEUED_BY_ENQUEUE": Metric(_queued_at, _one, math.fsum),
    "CONTACTS_HANDLED": Metric(_handled, _one, math.fsum),
    "CONTACTS_HANDLED_BY_CONNECTED_TO_AGENT": Metric(lambda seen: seen.answered, _one, math.fsum),
    "CONTACTS_ABANDONED": Metric(_abandoned, _one, math.fsum),
    "ABANDONMENT_RATE": Metric(_offered, lambda seen, metric: float(seen.abandoned), _percent),
    "SERVICE_LEVEL": Metric(_offered, _in_time, _percent),
    "SUM_CONTACTS_ANSWERED_IN_X": Metric(_handled, _if_within, math.fsum),
    "SUM_CONTACTS_ABANDONED_IN_X": Metric(_abandoned, _if_within, math.fsum),
    "MAX_QUEUED_TIME": Metric(_ended_at, _wait, _largest),
    "AVG_QUEUE_ANSWER_TIME": Metric(_handled, _wait, _mean),
    "AVG_ABANDON_TIME": Metric(_abandoned, _wait, _mean),
    "AVG_CONTACT_DURATION": Metric(
        _handled, _of_contact(lambda seen: (seen.ended or 0.0) - seen.created), _mean
    ),
    "AVG_HANDLE_TIME": Metric(_handled, _handle_seconds, _mean),
    "SUM_HANDLE_TIME": Metric(_handled, _handle_seconds, math.fsum),
    "AVG_INTERACTION_TIME": Metric(_handled, _interaction, _mean),
    "SUM_INTERACTION_TIME": Metric(_handled, _interaction, math.fsum),
    "AVG_AFTER_CONTACT_WORK_TIME": Metric(_handled, _work, _mean),
    "SUM_AFTER_CONTACT_WORK_TIME": Metric(_handled, _work, math.fsum),
    "FLOWS_STARTED": Metric(lambda seen: seen.connected, _one, math.fsum),
    "FLOWS_OUTCOME": Metric(_flow_ended, _one, math.fsum),
    "AVG_FLOW_TIME": Metric(_flow_ended, _flow, _mean),
    "MAX_FLOW_TIME": Metric(_flow_ended, _flow, _largest),
    "MIN_FLOW_TIME": Metric(_flow_ended, _flow, _smallest),
}
"""The supported metrics, by name."""
