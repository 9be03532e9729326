"""What GetCurrentMetricData refuses: filters, groupings and metrics that do not fit each other.

Rules of the API reference (GetCurrentMetricData), which names no error for them: InvalidParameterException here.
"""

from __future__ import annotations

from busyhour.emulator.connect.instance_runtime import Params
from busyhour.emulator.messages import ApiError

_OF_CONTACTS = frozenset({"CONTACTS_SCHEDULED", "CONTACTS_IN_QUEUE", "OLDEST_CONTACT_AGE"})
"""Metrics that need a filter of routing profiles when they are grouped by them."""
_UNSORTED = ("SLOTS_ACTIVE", "SLOTS_AVAILABLE")


def check(params: Params, groupings: list[str]) -> None:
    """Check a request against the rules of its page.

    Raises:
        ApiError: InvalidParameterException.
    """
    filters = params["Filters"]
    queues, profiles = filters.get("Queues"), filters.get("RoutingProfiles")
    if queues and profiles:
        raise _refused("Filters cannot name both queues and routing profiles.")
    for metric in params["CurrentMetrics"]:
        name = metric.get("Name")
        if name in _OF_CONTACTS and "ROUTING_PROFILE" in groupings and not profiles:
            raise _refused(f"{name} grouped by ROUTING_PROFILE needs a filter of routing profiles.")
        if name == "ESTIMATED_WAIT_TIME" and not (
            queues and filters.get("Channels") and groupings == ["QUEUE", "CHANNEL"]
        ):
            raise _refused(f"{name} needs filters of queues and channels, grouped by QUEUE and CHANNEL.")
    for order in params.get("SortCriteria") or ():
        if order.get("SortByMetric") in _UNSORTED:
            raise _refused(f"Sorting by {order['SortByMetric']} is not supported.")


def _refused(text: str) -> ApiError:
    return ApiError("InvalidParameterException", text)
