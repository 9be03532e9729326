"""GetCurrentMetricData: queues and agents as they are at this moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from busyhour.calls.acd import AcdQueue
from busyhour.emulator.connect.lifecycle import VoiceContacts
from busyhour.emulator.connect.resources import Instance, QueueResource
from busyhour.emulator.wire import ApiError

SERVED = frozenset({"QUEUE", "CHANNEL"})
_NO_DATA = frozenset({"ESTIMATED_WAIT_TIME"})
"""Metrics for which the emulator has no figure; they are left out, as Connect leaves out what has no data."""


def current_metric_data(
    contacts: VoiceContacts, instance: Instance, params: Mapping[str, Any], now: float, at: float
) -> dict[str, Any]:
    """The response.

    Args:
        contacts: has the call centre.
        instance: queues by id and ARN.
        params: validated parameters of the request.
        now: the centre's clock.
        at: epoch seconds.

    Raises:
        ApiError: an unknown queue, a grouping that is not served, or no queue and no other filter.
    """
    groupings = params.get("Groupings") or []
    for grouping in groupings:
        if grouping not in SERVED:
            raise ApiError("InvalidParameterException", f"Grouping {grouping} is not served by the emulator.")
    filters = params["Filters"]
    channels = filters.get("Channels") or ["VOICE"]
    if not filters.get("Queues") and not filters.get("RoutingProfiles"):
        raise ApiError("InvalidParameterException", "Filters must name at least one queue.")
    if filters.get("RoutingProfiles"):
        raise ApiError("InvalidParameterException", "Routing profiles are not served by the emulator.")
    chosen: list[tuple[QueueResource, AcdQueue | None]] = []
    for reference in filters["Queues"]:
        resource = instance.queue(reference)
        if resource is None:
            raise ApiError("ResourceNotFoundException", f"Queue {reference} does not exist.", 404)
        acd = contacts.centre.acd
        chosen.append((resource, acd.known(resource.name) or acd.known(resource.id)))
    groups = [[pair] for pair in chosen] if "QUEUE" in groupings else [chosen]
    results = []
    for group in groups:
        if "VOICE" not in channels:
            break
        dimensions: dict[str, Any] = {}
        if "QUEUE" in groupings:
            dimensions["Queue"] = {"Id": group[0][0].id, "Arn": group[0][0].arn}
        if "CHANNEL" in groupings:
            dimensions["Channel"] = "VOICE"
        queues = [queue for _, queue in group if queue is not None]
        collections = [
            {"Metric": dict(metric), "Value": _value(metric["Name"], queues, contacts, now, bool(groupings))}
            for metric in params["CurrentMetrics"]
            if metric.get("Name") not in _NO_DATA and metric.get("Name")
        ]
        results.append({"Dimensions": dimensions, "Collections": collections})
    return {"MetricResults": results, "DataSnapshotTime": at, "ApproximateTotalCount": len(results)}


def _value(
    name: str, queues: Iterable[AcdQueue], contacts: VoiceContacts, now: float, grouped: bool
) -> float:
    queues = list(queues)
    busy = sum(queue.busy for queue in queues)
    talking = sum(min(queue.busy, contacts.on_contact(queue.name)) for queue in queues)
    if name in ("AGENTS_ONLINE", "AGENTS_STAFFED"):
        return float(sum(queue.staffed for queue in queues))
    if name in ("AGENTS_AVAILABLE", "SLOTS_AVAILABLE"):
        return float(sum(queue.available for queue in queues))
    if name in ("AGENTS_ON_CALL", "AGENTS_ON_CONTACT"):
        return float(talking)
    if name == "AGENTS_AFTER_CONTACT_WORK":
        return float(busy - talking)
    if name == "SLOTS_ACTIVE":
        return float(busy)
    if name == "CONTACTS_IN_QUEUE":
        return float(sum(queue.waiting for queue in queues))
    if name == "OLDEST_CONTACT_AGE":
        oldest = max((queue.oldest_age(now) for queue in queues), default=0.0)
        # The API reference: seconds with groupings, milliseconds without, whatever Unit says.
        return round(oldest, 3) if grouped else round(oldest * 1000)
    return 0.0
