"""Learn from GetMetricDataV2: calls by quarter of an hour and queue, arrivals by the flows that numbers lead to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from busyhour.learning import intervals
from busyhour.learning.intervals import Row
from busyhour.learning.learnt import Learnt, arrivals_of

INTERVAL = 900.0
"""Seconds of FIFTEEN_MIN."""
QUEUE_METRICS = (
    "CONTACTS_QUEUED_BY_ENQUEUE",
    "CONTACTS_HANDLED",
    "CONTACTS_ABANDONED",
    "SUM_HANDLE_TIME",
    "SUM_AFTER_CONTACT_WORK_TIME",
    "AVG_QUEUE_ANSWER_TIME",
    "AVG_ABANDON_TIME",
)
"""Metrics by queue. Handle time is talk, hold and after-call work."""
FLOW_METRIC = "FLOWS_STARTED"

Result = Mapping[str, Any]
"""One of MetricResults."""


def learn(
    queues: Iterable[Result],
    flows: Iterable[Result],
    names: Mapping[str, str],
    source: str,
    zone: ZoneInfo,
    queue: str = "",
) -> Learnt:
    """Learn from metrics.

    Args:
        queues: results of `QUEUE_METRICS`, by queue.
        flows: results of `FLOW_METRIC` of the flows that numbers lead to; empty: calls are counted at the queues.
        names: of queues by id.
        source: the instance and the time.
        zone: of the days.
        queue: only calls of this queue; empty: all.

    Raises:
        BusyhourError: no call was queued.
    """
    rows = [_row(one, names, zone) for one in queues]
    started: dict[datetime, float] = {}
    for one in () if queue else flows:
        at = _start(one, zone)
        started[at] = started.get(at, 0.0) + (_values(one).get(FLOW_METRIC) or 0.0)
    if sum(started.values()):
        learnt = intervals.learn(source, rows, queue, [_AT_FLOWS])
        return replace(learnt, arrivals=arrivals_of(started, INTERVAL))
    return intervals.learn(source, rows, queue, [_AT_QUEUES])


_AT_FLOWS = (
    "Calls are counted at the flows that phone numbers lead to; shares and times are those of queued calls."
)
_AT_QUEUES = "Calls are counted at the queues, transfers included, not at the number: no flow that a number leads to has started."


def _row(result: Result, names: Mapping[str, str], zone: ZoneInfo) -> Row:
    values = _values(result)
    identity = str((result.get("Dimensions") or {}).get("QUEUE") or "")
    handled, abandoned = (values.get(name) or 0.0 for name in QUEUE_METRICS[1:3])
    handle, wrap_up = values.get("SUM_HANDLE_TIME"), values.get("SUM_AFTER_CONTACT_WORK_TIME")
    waited, gave_up = values.get("AVG_QUEUE_ANSWER_TIME"), values.get("AVG_ABANDON_TIME")
    return Row(
        _start(result, zone),
        names.get(identity.rpartition("/")[2], identity),
        values.get(QUEUE_METRICS[0]) or 0.0,
        handled,
        abandoned,
        handle=handle,
        talk=None if handle is None or wrap_up is None else max(0.0, handle - wrap_up),
        wrap_up=wrap_up,
        waited=None if waited is None else waited * handled,
        gave_up_after=None if gave_up is None else gave_up * abandoned,
    )


def _start(result: Result, zone: ZoneInfo) -> datetime:
    start: datetime = result["MetricInterval"]["StartTime"]
    return (start if start.tzinfo is not None else start.replace(tzinfo=UTC)).astimezone(zone)


def _values(result: Result) -> dict[str, float | None]:
    return {
        str(one["Metric"]["Name"]): None if one.get("Value") is None else float(one["Value"])
        for one in result.get("Collections") or ()
    }
