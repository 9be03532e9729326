"""GetMetricData (the first version): the last 24 hours, by queue and channel.

Names, statistics and times follow the API reference; values are computed as for GetMetricDataV2. A metric without a figure in
the emulator has no Value, as Connect leaves it out for metrics without data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

from busyhour.emulator.connect.contacts.contact import CHANNELS
from busyhour.emulator.connect.contacts.describe import queue_id
from busyhour.emulator.connect.contacts.times import epoch_seconds
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.metrics.interval_store import METRICS, Metric, Seen, seen
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_DAY = 86_400.0
_FIVE_MINUTES = 300.0
_GROUPINGS = frozenset({"QUEUE", "CHANNEL"})


@dataclass(frozen=True, slots=True)
class _Old:
    """A metric of the first version: what it is computed from, its statistic and its unit."""

    metric: Metric
    statistic: str
    unit: str


def _counted(
    at: Callable[[Seen], float | None], of: Callable[[Seen], float | None] = lambda one: 1.0
) -> _Old:
    return _Old(Metric(at, lambda one, metric: of(one), math.fsum), "SUM", "COUNT")


def _handled(*methods: str) -> _Old:
    """Count contacts that an agent had, of these initiation methods."""
    return _counted(
        lambda one: one.ended if one.answered is not None and one.contact.method in methods else None
    )


def _ended_as(reason: str) -> Callable[[Seen], float | None]:
    return lambda one: one.ended if one.queued is not None and one.contact.reason == reason else None


def _transferred_in(one: Seen) -> float | None:
    return one.queued if one.contact.method == "TRANSFER" else None


def _offered(one: Seen) -> float | None:
    return one.ended if one.ended is not None else one.queued


_NONE = Metric(lambda one: None, lambda one, metric: None, math.fsum)
"""Nothing that is counted happens in the emulator: 0."""
_UNKNOWN = Metric(lambda one: None, lambda one, metric: None, lambda values: None)
"""No data: AWS would have a value that the emulator cannot know."""
_INCOMING = ("INBOUND", "TRANSFER", "QUEUE_TRANSFER")


def _as_later(name: str, statistic: str, unit: str) -> _Old:
    return _Old(METRICS[name], statistic, unit)


_METRICS: Mapping[str, _Old] = {
    "CONTACTS_QUEUED": _as_later("CONTACTS_QUEUED", "SUM", "COUNT"),
    "CONTACTS_HANDLED": _as_later("CONTACTS_HANDLED", "SUM", "COUNT"),
    "CONTACTS_ABANDONED": _as_later("CONTACTS_ABANDONED", "SUM", "COUNT"),
    "CONTACTS_CONSULTED": _Old(_NONE, "SUM", "COUNT"),
    "CONTACTS_AGENT_HUNG_UP_FIRST": _counted(
        lambda one: (
            one.ended if one.answered is not None and one.contact.reason == "AGENT_DISCONNECT" else None
        )
    ),
    "CONTACTS_HANDLED_INCOMING": _handled(*_INCOMING),
    "CONTACTS_HANDLED_OUTBOUND": _handled("OUTBOUND"),
    "CONTACTS_HOLD_ABANDONS": _Old(_NONE, "SUM", "COUNT"),
    "CONTACTS_TRANSFERRED_IN": _counted(_transferred_in),
    "CONTACTS_TRANSFERRED_OUT": _counted(_ended_as("TRANSFERRED")),
    "CONTACTS_TRANSFERRED_IN_FROM_QUEUE": _Old(_UNKNOWN, "SUM", "COUNT"),
    "CONTACTS_TRANSFERRED_OUT_FROM_QUEUE": _Old(_UNKNOWN, "SUM", "COUNT"),
    "CONTACTS_MISSED": _counted(_offered, lambda one: float(one.contact.attempts)),
    "CALLBACK_CONTACTS_HANDLED": _Old(_UNKNOWN, "SUM", "COUNT"),
    "API_CONTACTS_HANDLED": _handled("API"),
    "OCCUPANCY": _Old(_UNKNOWN, "AVG", "PERCENT"),
    "QUEUED_TIME": _as_later("MAX_QUEUED_TIME", "MAX", "SECONDS"),
    "QUEUE_ANSWER_TIME": _as_later("AVG_QUEUE_ANSWER_TIME", "AVG", "SECONDS"),
    "ABANDON_TIME": _as_later("AVG_ABANDON_TIME", "AVG", "SECONDS"),
    "HANDLE_TIME": _as_later("AVG_HANDLE_TIME", "AVG", "SECONDS"),
    "HOLD_TIME": _Old(_UNKNOWN, "AVG", "SECONDS"),
    "INTERACTION_TIME": _as_later("AVG_INTERACTION_TIME", "AVG", "SECONDS"),
    "INTERACTION_AND_HOLD_TIME": _as_later("AVG_INTERACTION_TIME", "AVG", "SECONDS"),
    "AFTER_CONTACT_WORK_TIME": _as_later("AVG_AFTER_CONTACT_WORK_TIME", "AVG", "SECONDS"),
    "SERVICE_LEVEL": _as_later("SERVICE_LEVEL", "AVG", "PERCENT"),
}


@operation("GetMetricData")
def get_metric_data(site: InstanceRuntime, params: Params) -> Params:
    """GetMetricData.

    Raises:
        ApiError: InvalidParameterException: times, statistics, filters or groupings that the reference refuses, or that
            the emulator does not serve.
    """
    start, end = (epoch_seconds(params[edge]) for edge in ("StartTime", "EndTime"))
    _check_times(start, end, site.state.time())
    metrics = params["HistoricalMetrics"]
    for metric in metrics:
        _check_metric(metric)
    groupings = params.get("Groupings") or []
    for grouping in groupings:
        if grouping not in _GROUPINGS:
            raise _refused(f"Grouping {grouping} is not served by the emulator.")
    filters = params["Filters"]
    if filters.get("RoutingProfiles"):
        raise _refused("Filters.RoutingProfiles is not served by the emulator for historical metrics.")
    queues = [site.find(kinds.QUEUE, one, "Queues") for one in filters.get("Queues") or ()]
    if not queues:
        raise _refused("Filters must name at least one queue.")
    channels = [one for one in CHANNELS if one in (filters.get("Channels") or CHANNELS)]
    contacts = [seen(contact, site.contacts.epoch) for contact in site.contacts.store.recent()]
    by_queue = [[one] for one in queues] if "QUEUE" in groupings else [queues]
    by_channel = [[one] for one in channels] if "CHANNEL" in groupings else [channels]
    results = []
    for some, on in product(by_queue, by_channel):
        ids = {queue.id for queue in some}
        members = [
            one
            for one in contacts
            if one.contact.channel in on and queue_id(one.contact, site.instance) in ids
        ]
        dimensions: Params = {}
        if "QUEUE" in groupings:
            dimensions["Queue"] = {"Id": some[0].id, "Arn": some[0].arn}
        if "CHANNEL" in groupings:
            dimensions["Channel"] = on[0]
        collections = [_measured(metric, members, start, end) for metric in metrics]
        results.append({"Dimensions": dimensions, "Collections": collections})
    chosen, token = page(results, params)
    return {"MetricResults": chosen, **token}


def _measured(metric: Params, members: list[Seen], start: float, end: float) -> Params:
    about = _METRICS[metric["Name"]].metric
    threshold = metric.get("Threshold")
    given = {"Threshold": [threshold]} if threshold else {}
    values = [
        value
        for one in members
        if (at := about.at(one)) is not None
        and start <= at < end
        and (value := about.of(one, given)) is not None
    ]
    result = about.sum_up(values)
    return {"Metric": metric, **({} if result is None else {"Value": float(result)})}


def _check_metric(metric: Params) -> None:
    name = metric.get("Name") or ""
    known = _METRICS.get(name)
    if known is None:
        raise _refused(f"There is no metric {name!r}.")
    for member, expected in (("Statistic", known.statistic), ("Unit", known.unit)):
        if metric.get(member) not in (None, expected):
            raise _refused(f"{member} of {name} must be {expected}.")
    if name == "SERVICE_LEVEL" and not metric.get("Threshold"):
        raise _refused("SERVICE_LEVEL needs a Threshold.")


def _check_times(start: float, end: float, now: float) -> None:
    if not start < end:
        raise _refused("StartTime must be before EndTime.")
    if start % _FIVE_MINUTES or end % _FIVE_MINUTES:
        raise _refused("StartTime and EndTime must be multiples of 5 minutes.")
    if start < now - _DAY - _FIVE_MINUTES:
        raise _refused("StartTime must be within the last 24 hours.")
    if end - start > _DAY:
        raise _refused("StartTime and EndTime must be at most 24 hours apart.")


def _refused(text: str) -> ApiError:
    return ApiError("InvalidParameterException", text)
