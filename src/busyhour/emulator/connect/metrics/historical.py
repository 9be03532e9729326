"""GetMetricDataV2: outcomes of the stored contacts in an interval, by queue, channel, flow, ..."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from busyhour.emulator.connect.contacts.describe import queue_id
from busyhour.emulator.connect.contacts.times import epoch_seconds
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.metrics.interval_store import METRICS, Seen, seen
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import resource_id
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_DAY = 86_400.0
_PERIODS = {"FIFTEEN_MIN": 900.0, "THIRTY_MIN": 1800.0, "HOUR": 3600.0, "DAY": _DAY, "WEEK": 7 * _DAY}
_SHORT = ("FIFTEEN_MIN", "THIRTY_MIN", "HOUR")
_SHORT_SPAN = 3 * _DAY
_SPAN = 35 * _DAY
_HISTORY = 93 * _DAY
"""Longest span of one request, and maximum age of data (API reference, GetMetricDataV2)."""

Key = Callable[[InstanceRuntime, Seen], str | None]


@operation("GetMetricDataV2")
def get_metric_data_v2(site: InstanceRuntime, params: Params) -> Params:
    """GetMetricDataV2.

    Raises:
        ApiError: the instance is unknown, the times are invalid, or a member is unsupported.
    """
    here = site.sites.get(resource_id(params["ResourceArn"]))
    start, end = (epoch_seconds(params[edge]) for edge in ("StartTime", "EndTime"))
    period = (params.get("Interval") or {}).get("IntervalPeriod") or "TOTAL"
    _check_times(start, end, here.state.time(), period)
    metrics = params["Metrics"]
    for metric in metrics:
        if metric.get("Name") not in METRICS:
            raise _not_served(f"Metric {metric.get('Name')}")
        _criteria(metric.get("MetricFilters") or (), "MetricFilterKey", "MetricFilterValues")
    filters = _criteria(params["Filters"])
    groupings = params.get("Groupings") or []
    keys = [_key(grouping) for grouping in groupings]
    contacts = [
        one
        for one in (seen(contact, here.contacts.epoch) for contact in here.contacts.store.recent())
        if _passes(here, one, filters)
    ]
    groups: dict[tuple[str, ...], list[Seen]] = {} if keys else {(): contacts}
    for one in contacts if keys else ():
        values = [key(here, one) for key in keys]
        if None not in values:
            groups.setdefault(tuple(str(value) for value in values), []).append(one)
    results = [
        {
            "Dimensions": _dimensions(here, groupings, values),
            "MetricInterval": {"Interval": period, "StartTime": since, "EndTime": until},
            "Collections": [_measured(here, metric, members, since, until) for metric in metrics],
        }
        for values, members in sorted(groups.items())
        for since, until in _intervals(start, end, period)
    ]
    chosen, token = page(results, params)
    return {"MetricResults": chosen, **token}


def _measured(
    site: InstanceRuntime, metric: Params, members: list[Seen], since: float, until: float
) -> Params:
    about = METRICS[metric["Name"]]
    filters = _criteria(metric.get("MetricFilters") or (), "MetricFilterKey", "MetricFilterValues")
    values = [
        value
        for one in members
        if (at := about.at(one)) is not None
        and since <= at < until
        and _passes(site, one, filters)
        and (value := about.of(one, metric)) is not None
    ]
    result = about.sum_up(values)
    return {"Metric": metric, **({} if result is None else {"Value": float(result)})}


def _intervals(start: float, end: float, period: str) -> Iterator[tuple[float, float]]:
    if period == "TOTAL":
        return iter([(start, end)])
    seconds = _PERIODS[period]
    edges = [start]
    while edges[-1] < end:
        edges.append(min(end, (edges[-1] // seconds + 1) * seconds))
    return pairwise(edges)


def _check_times(start: float, end: float, now: float, period: str) -> None:
    if not start < end:
        raise ApiError("InvalidParameterException", "StartTime must be before EndTime.")
    if end - start > _SPAN:
        raise ApiError("InvalidParameterException", "StartTime and EndTime must be at most 35 days apart.")
    if start < now - _HISTORY:
        raise ApiError("InvalidParameterException", "StartTime must be within the last three months.")
    if period in _SHORT and end - start >= _SHORT_SPAN:
        raise ApiError("InvalidParameterException", f"An interval of {period} needs less than three days.")


# --------------------------------------------------------------------------------------- filters, groupings


@dataclass(frozen=True, slots=True)
class _Criterion:
    """A condition on a contact, inverted by `negate`."""

    key: Key
    values: frozenset[str]
    negate: bool

    def holds(self, site: InstanceRuntime, one: Seen) -> bool:
        """Whether a contact meets the condition."""
        return (self.key(site, one) in self.values) is not self.negate


def _criteria(
    filters: Iterable[Params], name: str = "FilterKey", given: str = "FilterValues"
) -> list[_Criterion]:
    return [
        _Criterion(
            _key(one.get(name) or ""),
            frozenset(resource_id(value) for value in one.get(given) or ()),
            bool(one.get("Negate")),
        )
        for one in filters
    ]


def _passes(site: InstanceRuntime, one: Seen, criteria: Iterable[_Criterion]) -> bool:
    return all(criterion.holds(site, one) for criterion in criteria)


def _agent(site: InstanceRuntime, one: Seen) -> str | None:
    agent = one.contact.agent
    return None if agent is None else resource_id(agent)


def _routing_profile(site: InstanceRuntime, one: Seen) -> str | None:
    user = site.instance.get(kinds.USER, one.contact.agent or "")
    return None if user is None else resource_id(user.members["RoutingProfileId"])


def _flow(site: InstanceRuntime, one: Seen) -> str | None:
    flow = site.instance.flow_named(one.contact.flow)
    return None if flow is None else flow.id


_KEYS: dict[str, Key] = {
    "QUEUE": lambda site, one: queue_id(one.contact, site.instance),
    "CHANNEL": lambda site, one: one.contact.channel,
    "INITIATION_METHOD": lambda site, one: one.contact.method,
    "DISCONNECT_REASON": lambda site, one: one.contact.reason,
    "AGENT": _agent,
    "ROUTING_PROFILE": _routing_profile,
    "FLOWS_RESOURCE_ID": _flow,
    "FLOWS_OUTCOME_TYPE": lambda site, one: one.outcome if one.flow_ended is not None else None,
}
"""Attributes of contacts for filters and groupings."""
_KINDS = {
    "QUEUE": kinds.QUEUE,
    "AGENT": kinds.USER,
    "ROUTING_PROFILE": kinds.ROUTING_PROFILE,
}


def _key(name: str) -> Key:
    found = _KEYS.get(name)
    if found is None:
        raise _not_served(f"Filter or grouping {name!r}")
    return found


def _dimensions(site: InstanceRuntime, groupings: list[str], values: tuple[str, ...]) -> dict[str, str]:
    dimensions = {}
    for grouping, value in zip(groupings, values, strict=True):
        dimensions[grouping] = value
        kind = _KINDS.get(grouping)
        resource = site.instance.get(kind, value) if kind is not None else None
        if resource is not None:
            dimensions[f"{grouping}_ARN"] = resource.arn
    return dimensions


def _not_served(what: str) -> ApiError:
    return ApiError("InvalidParameterException", f"{what} is not served by the emulator.")
