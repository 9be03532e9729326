"""GetMetricDataV2: outcomes of the stored contacts in an interval, by queue, channel, flow, ..."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from busyhour.emulator.connect.contacts.describe import queue_id
from busyhour.emulator.connect.contacts.times import epoch_seconds
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.metrics.historical_checks import (
    DAY,
    KINDS,
    check_filters,
    check_metrics,
    check_times,
    check_zone,
)
from busyhour.emulator.connect.metrics.interval_store import METRICS, Seen, seen
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import resource_id
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_PERIODS = {"FIFTEEN_MIN": 900.0, "THIRTY_MIN": 1800.0, "HOUR": 3600.0, "DAY": DAY, "WEEK": 7 * DAY}

Key = Callable[[InstanceRuntime, Seen], str | None]


@operation("GetMetricDataV2")
def get_metric_data_v2(site: InstanceRuntime, params: Params) -> Params:
    """GetMetricDataV2.

    Raises:
        ApiError: the instance is unknown, the times are invalid, or a member is unsupported.
    """
    here = site.sites.get(params["ResourceArn"])
    start, end = (epoch_seconds(params[edge]) for edge in ("StartTime", "EndTime"))
    period = (params.get("Interval") or {}).get("IntervalPeriod") or "TOTAL"
    check_times(start, end, here.state.time(), period)
    check_zone((params.get("Interval") or {}).get("TimeZone"))
    metrics = params["Metrics"]
    for metric in metrics:
        if metric.get("Name") not in METRICS:
            raise _not_served(f"Metric {metric.get('Name')}")
        _criteria(metric.get("MetricFilters") or (), "MetricFilterKey", "MetricFilterValues")
    check_metrics(metrics)
    check_filters(here, params["Filters"], [metric["Name"] for metric in metrics])
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
        if any(_values(here, metric, members, start, end) for metric in metrics)
        for since, until in _intervals(start, end, period)
    ]
    chosen, token = page(results, params)
    return {"MetricResults": chosen, **token}


def _measured(
    site: InstanceRuntime, metric: Params, members: list[Seen], since: float, until: float
) -> Params:
    result = METRICS[metric["Name"]].sum_up(_values(site, metric, members, since, until))
    return {"Metric": metric, **({} if result is None else {"Value": float(result)})}


def _values(
    site: InstanceRuntime, metric: Params, members: list[Seen], since: float, until: float
) -> list[float]:
    """Return what a metric sums up: a value of each contact that counts in the interval."""
    about = METRICS[metric["Name"]]
    filters = _criteria(metric.get("MetricFilters") or (), "MetricFilterKey", "MetricFilterValues")
    return [
        value
        for one in members
        if (at := about.at(one)) is not None
        and since <= at < until
        and _passes(site, one, filters)
        and (value := about.of(one, metric)) is not None
    ]


def _intervals(start: float, end: float, period: str) -> Iterator[tuple[float, float]]:
    if period == "TOTAL":
        return iter([(start, end)])
    seconds = _PERIODS[period]
    edges = [start]
    while edges[-1] < end:
        edges.append(min(end, (edges[-1] // seconds + 1) * seconds))
    return pairwise(edges)


# --------------------------------------------------------------------------------------- filters, groupings


@dataclass(frozen=True, slots=True)
class _Criterion:
    """A condition on a contact, inverted by `negate`."""

    key: Key
    values: frozenset[str]
    negate: bool
    absent: bool = False
    """Whether the contact must have no value instead."""

    def holds(self, site: InstanceRuntime, one: Seen) -> bool:
        """Whether a contact meets the condition."""
        value = self.key(site, one)
        return value is None if self.absent else (value in self.values) is not self.negate


def _criteria(
    filters: Iterable[Params], name: str = "FilterKey", given: str = "FilterValues"
) -> list[_Criterion]:
    return [
        _Criterion(
            _key(one.get(name) or ""),
            frozenset(_SAME.get(value, resource_id(value)) for value in one.get(given) or ()),
            bool(one.get("Negate")),
            (one.get("StringCondition") or {}).get("Comparison") == "NOT_EXISTS",
        )
        for one in filters
    ]


_SAME = {"INCOMING": "INBOUND"}
"""Values of filters that the metrics page writes differently than records do."""


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


def _key(name: str) -> Key:
    found = _KEYS.get(name)
    if found is None:
        raise _not_served(f"Filter or grouping {name!r}")
    return found


def _dimensions(site: InstanceRuntime, groupings: list[str], values: tuple[str, ...]) -> dict[str, str]:
    dimensions = {}
    for grouping, value in zip(groupings, values, strict=True):
        dimensions[grouping] = value
        kind = KINDS.get(grouping)
        resource = site.instance.get(kind, value) if kind is not None else None
        if resource is not None:
            dimensions[f"{grouping}_ARN"] = resource.arn
    return dimensions


def _not_served(what: str) -> ApiError:
    return ApiError("InvalidParameterException", f"{what} is not served by the emulator.")
