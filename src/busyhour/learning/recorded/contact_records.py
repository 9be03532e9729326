"""Learn from contact records: JSON as Connect streams it to Kinesis and S3.

A record is delivered at least once, and again when it changes: the one with the latest LastUpdateTimestamp counts
(Administrator Guide, "Contact records data model").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from busyhour.errors import BusyhourError
from busyhour.learning import calls
from busyhour.learning.calls import Call
from busyhour.learning.exports.fields import YEARS
from busyhour.learning.learnt import Learnt
from busyhour.learning.recorded.documents import texts, values
from busyhour.project.toml_file import shown


def learn(path: Path, zone: ZoneInfo, queue: str = "") -> Learnt:
    """Learn from the contact records of a file or a folder.

    Args:
        path: JSON objects, one behind the other or one a line; gzip too.
        zone: of the days.
        queue: only calls of this queue; empty: all.

    Raises:
        BusyhourError: a file cannot be read, has no contact records, or a field of one cannot be read.
    """
    latest: dict[str, tuple[str, Call | None]] = {}
    left = dict.fromkeys((_AGAIN, _OTHER_CHANNEL, _NOT_INBOUND, _NO_RECORD), 0)
    for document in texts(path):
        for line, record in values(document):
            contact = record.get("ContactId")
            if not isinstance(contact, str) or "InitiationTimestamp" not in record:
                left[_NO_RECORD] += 1
                continue
            updated = str(record.get("LastUpdateTimestamp") or "")
            known = latest.get(contact)
            if known is not None:
                left[_AGAIN] += 1
                if known[0] >= updated:
                    continue
            try:
                latest[contact] = (updated, _call(record, zone))
            except _FieldError as error:
                raise BusyhourError(
                    f"{shown(document.path)}:{line}: {error}", "Give contact records as Connect writes them."
                ) from None
            except _LeftOut as reason:
                latest[contact] = (updated, None)
                left[str(reason)] += 1
    if not latest:
        raise BusyhourError(
            f"{shown(path)}: no contact record in it: no object with ContactId and InitiationTimestamp",
            "Give what Connect streams to Kinesis or S3 as contact records.",
        )
    found = [call for _, call in latest.values() if call is not None]
    notes = [f"{count:,} {name}." for name, count in left.items() if count]
    return calls.learn(shown(path), found, queue, notes)


_AGAIN = "records came again for a contact: the latest counts"
_OTHER_CHANNEL = "contacts of other channels than voice were left out"
_NOT_INBOUND = "contacts that are no new inbound call (transfers, callbacks, outbound) were left out"
_NO_RECORD = "objects that are no contact record were left out"


class _FieldError(ValueError):
    """A member of a record has another form than Connect writes."""


class _LeftOut(Exception):  # noqa: N818 - no error: the record is right, and not of what is learnt
    """Why a record does not count."""


def _call(record: Mapping[str, Any], zone: ZoneInfo) -> Call:
    if record.get("Channel") not in ("VOICE", None):
        raise _LeftOut(_OTHER_CHANNEL)
    if record.get("InitiationMethod") != "INBOUND":
        raise _LeftOut(_NOT_INBOUND)
    agent, queue = _object(record, "Agent"), _object(record, "Queue")
    start = _moment(record, "InitiationTimestamp", zone)
    if start is None:
        raise _FieldError("InitiationTimestamp is null")
    enqueued = _moment(queue, "EnqueueTimestamp", zone)
    talk, hold = _seconds(agent, "AgentInteractionDuration"), _seconds(agent, "CustomerHoldDuration")
    return Call(
        start,
        str(queue.get("Name") or ""),
        _answered(record, agent, queue),
        _seconds(queue, "Duration"),
        None if talk is None else talk + (hold or 0.0),
        _seconds(agent, "AfterContactWorkDuration"),
        _moment(record, "DisconnectTimestamp", zone),
        (enqueued - start).total_seconds() if enqueued is not None else None,
    )


def _answered(record: Mapping[str, Any], agent: Mapping[str, Any], queue: Mapping[str, Any]) -> bool | None:
    """Whether an agent answered; None: not queued, or the flow took the call out of the queue (a callback)."""
    if agent.get("ConnectedToAgentTimestamp"):
        return True
    gone = record.get("DisconnectReason") in ("CUSTOMER_DISCONNECT", None)
    return False if queue.get("EnqueueTimestamp") and gone else None


def _object(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = record.get(name)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise _FieldError(f"{name} is {found!r:.60}, not an object or null")
    return found


def _seconds(record: Mapping[str, Any], name: str) -> float | None:
    found = record.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 1e8:
        raise _FieldError(f"{name} is {found!r:.60}, not a number of seconds")
    return float(found)


def _moment(record: Mapping[str, Any], name: str, zone: ZoneInfo) -> datetime | None:
    found = record.get(name)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(found)
        if moment.year not in YEARS:
            raise ValueError
        return moment.astimezone(zone) if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    except (TypeError, ValueError, OverflowError):
        raise _FieldError(f"{name} is {found!r:.60}, not a time like 2026-03-02T10:00:00Z") from None
