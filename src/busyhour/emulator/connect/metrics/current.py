"""GetCurrentMetricData: the current state of queues and agents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from busyhour.calls.acd import AcdQueue
from busyhour.calls.acd.agents import Agent
from busyhour.emulator.connect.contacts.contact import CHANNELS
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.metrics.current_checks import check
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

SERVED = frozenset({"QUEUE", "CHANNEL", "ROUTING_PROFILE"})
_NO_DATA = frozenset({"ESTIMATED_WAIT_TIME"})
"""Metrics without a figure in the emulator; omitted, as Connect omits metrics without data."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Subject of one result. `agents` None: agents of the queues, including those staffed by the scenario."""

    dimensions: Params
    queues: tuple[Resource, ...]
    channels: tuple[str, ...]
    agents: tuple[tuple[Resource, Agent], ...] | None


@operation("GetCurrentMetricData")
def current_metric_data(site: InstanceRuntime, params: Params) -> Params:
    """GetCurrentMetricData, by queues or routing profiles.

    Raises:
        ApiError: an unknown queue or profile, an unsupported grouping, or neither queues nor profiles.
    """
    groupings = params.get("Groupings") or []
    for grouping in groupings:
        if grouping not in SERVED:
            raise ApiError("InvalidParameterException", f"Grouping {grouping} is not served by the emulator.")
    filters = params["Filters"]
    if not filters.get("Queues") and not filters.get("RoutingProfiles"):
        raise ApiError(
            "InvalidParameterException", "Filters must name at least one queue or routing profile."
        )
    check(params, groupings)
    grouped = bool(groupings)
    results: list[Params] = [
        {
            "Dimensions": group.dimensions,
            "Collections": [
                {"Metric": dict(metric), "Value": _value(site, metric["Name"], group, grouped)}
                for metric in params["CurrentMetrics"]
                if metric.get("Name") and metric["Name"] not in _NO_DATA
            ],
        }
        for group in _groups(site, filters, groupings)
    ]
    at = site.state.time()
    for order in params.get("SortCriteria") or ():
        _sort(results, order, [metric.get("Name") for metric in params["CurrentMetrics"]])
    chosen, token = page(results, params)
    return {"MetricResults": chosen, "DataSnapshotTime": at, "ApproximateTotalCount": len(results), **token}


def _sort(results: list[Params], order: Params, asked: list[str | None]) -> None:
    """Sort by a metric that the request asks for; results without it come last.

    Raises:
        ApiError: it is not asked for.
    """
    name = order.get("SortByMetric")
    if name not in asked:
        raise ApiError("InvalidParameterException", f"SortByMetric {name} is not one of the metrics.")
    down = order.get("SortOrder") == "DESCENDING"

    def key(result: Params) -> tuple[bool, float]:
        found = [one["Value"] for one in result["Collections"] if one["Metric"]["Name"] == name]
        return (not found, (-found[0] if down else found[0]) if found else 0.0)

    results.sort(key=key)


def _groups(site: InstanceRuntime, filters: Params, groupings: list[str]) -> Iterator[_Group]:
    served = tuple(channel for channel in CHANNELS if channel in (filters.get("Channels") or CHANNELS))
    if not served:
        return
    queues = tuple(_queue(site, reference) for reference in filters.get("Queues") or ())
    profiles = tuple(
        site.find(kinds.ROUTING_PROFILE, reference, "RoutingProfiles")
        for reference in filters.get("RoutingProfiles") or ()
    )
    by_queue = [(one,) for one in queues] if "QUEUE" in groupings else [queues]
    by_profile = [(one,) for one in profiles] if "ROUTING_PROFILE" in groupings else [profiles]
    by_channel = [(one,) for one in served] if "CHANNEL" in groupings else [served]
    for some_queues, some_profiles, channels in product(by_queue, by_profile, by_channel):
        dimensions: Params = {}
        if "QUEUE" in groupings and some_queues:
            dimensions["Queue"] = {"Id": some_queues[0].id, "Arn": some_queues[0].arn}
        if "ROUTING_PROFILE" in groupings and some_profiles:
            profile = some_profiles[0]
            dimensions["RoutingProfile"] = {"Id": profile.id, "Arn": profile.arn}
        if "CHANNEL" in groupings:
            dimensions["Channel"] = channels[0]
        agents = None
        if some_profiles:
            agents = tuple(pair for one in some_profiles for pair in site.staffing.with_profile(one))
        yield _Group(dimensions, some_queues, channels, agents)


def _queue(site: InstanceRuntime, reference: str) -> Resource:
    found: Resource = site.find(kinds.QUEUE, reference, "Queues")
    return found


def _value(site: InstanceRuntime, name: str, group: _Group, grouped: bool) -> float:
    acd = [site.contacts.centre.acd.known(queue.name) for queue in group.queues]
    queues = [queue for queue in acd if queue is not None]
    now = site.contacts.centre.clock.now()
    if name == "CONTACTS_IN_QUEUE":
        return float(sum(queue.waiting_on(group.channels) for queue in queues))
    if name == "CONTACTS_SCHEDULED":
        return float(sum(contact.state() == "scheduled" for contact in site.contacts.store.live()))
    if name == "OLDEST_CONTACT_AGE":
        oldest = max((queue.oldest_age(now) for queue in queues), default=0.0)
        # The API reference: seconds with groupings, milliseconds without, regardless of Unit.
        return round(oldest, 3) if grouped else round(oldest * 1000)
    members = _members(site, group, queues)
    own = queues if group.agents is None and "VOICE" in group.channels else []
    return _own_agents(site, name, own) + _routed_agents(site, name, group, members)


def _members(
    site: InstanceRuntime, group: _Group, queues: Iterable[AcdQueue]
) -> list[tuple[Resource, Agent]]:
    return list(group.agents) if group.agents is not None else site.staffing.serving(group.queues)


def _own_agents(site: InstanceRuntime, name: str, queues: Iterable[AcdQueue]) -> float:
    """Count the agents that the scenario staffs for one queue alone."""
    total = 0.0
    for queue in queues:
        busy = queue.busy - queue.shared
        talking = min(busy, max(0, site.contacts.on_contact(queue.name) - queue.shared))
        staffed = busy + 1 if queue.agents is None else queue.agents
        total += {
            "AGENTS_ONLINE": staffed,
            "AGENTS_STAFFED": staffed,
            "AGENTS_AVAILABLE": 1 if queue.agents is None else max(0, queue.agents - busy),
            "SLOTS_AVAILABLE": 1 if queue.agents is None else max(0, queue.agents - busy),
            "AGENTS_ON_CALL": talking,
            "AGENTS_ON_CONTACT": talking,
            "AGENTS_AFTER_CONTACT_WORK": busy - talking,
            "SLOTS_ACTIVE": busy,
        }.get(name, 0)
    return total


def _routed_agents(
    site: InstanceRuntime, name: str, group: _Group, members: list[tuple[Resource, Agent]]
) -> float:
    """Count the signed-in users by status and contacts."""
    total = 0
    for user, agent in members:
        status = site.staffing.status(user)
        kind = status.members.get("Type") if status is not None else "OFFLINE"
        if kind == "OFFLINE":
            continue
        in_hand = sum(agent.handled.get(channel, 0) for channel in group.channels)
        talking = min(in_hand, agent.talking)
        free = sum(agent.free_slots(channel) for channel in group.channels)
        total += {
            "AGENTS_ONLINE": 1,
            "AGENTS_STAFFED": kind == "ROUTABLE",
            "AGENTS_ERROR": kind == "ROUTABLE" and not agent.signed_in,
            "AGENTS_NON_PRODUCTIVE": kind == "CUSTOM",
            "AGENTS_AVAILABLE": free > 0,
            "AGENTS_ON_CALL": bool(talking) and "VOICE" in agent.handled,
            "AGENTS_ON_CONTACT": bool(talking),
            "AGENTS_AFTER_CONTACT_WORK": in_hand > 0 and not talking,
            "SLOTS_ACTIVE": in_hand,
            "SLOTS_AVAILABLE": free,
        }.get(name, 0)
    return float(total)
