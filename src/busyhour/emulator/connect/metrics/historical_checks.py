"""Checks of GetMetricDataV2 requests: times, thresholds, filters without a resource, unknown resources.

Rules of the API reference (GetMetricDataV2) and its model; the reference names the rules and not the error of each:
InvalidParameterException here, ResourceNotFoundException for resources.
"""

from __future__ import annotations

from collections.abc import Iterable

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.hours_of_operation import zone
from busyhour.emulator.connect.resources.instance import resource_id
from busyhour.emulator.messages import ApiError

DAY = 86_400.0
SHORT = ("FIFTEEN_MIN", "THIRTY_MIN", "HOUR")
_SHORT_SPAN = 3 * DAY
_SPAN = 35 * DAY
_HISTORY = 93 * DAY
"""Longest span of one request, and maximum age of data."""
KINDS = {"QUEUE": kinds.QUEUE, "AGENT": kinds.USER, "ROUTING_PROFILE": kinds.ROUTING_PROFILE}
_RESOURCES = frozenset(
    {
        *KINDS,
        *(f"AGENT_HIERARCHY_LEVEL_{level}" for level in ("ONE", "TWO", "THREE", "FOUR", "FIVE")),
        *("CAMPAIGN", "EVALUATION_FORM", "EVALUATOR_ID"),
    }
)
"""Filter keys of which every request needs one."""
_FLOW_RESOURCES = frozenset({"FLOWS_RESOURCE_ID", "FLOWS_MODULE_RESOURCE_ID", "FLOW_TYPE"})
_THRESHOLDS = frozenset(
    {
        *("SERVICE_LEVEL", "SUM_CONTACTS_ANSWERED_IN_X", "SUM_CONTACTS_ABANDONED_IN_X"),
        *("CONTACTS_RESOLVED_IN_X", "CONTACTS_REMOVED_FROM_QUEUE_IN_X"),
    }
)
"""Metrics that need a threshold."""
_METHODS = frozenset(
    {
        *("INBOUND", "INCOMING", "OUTBOUND", "TRANSFER", "CALLBACK", "API", "WEBRTC_API", "QUEUE_TRANSFER"),
        *(
            "EXTERNAL_OUTBOUND",
            "MONITOR",
            "DISCONNECT",
            "Disconnect",
            "AGENT_REPLY",
            "FLOW",
            "CAMPAIGN_PREVIEW",
        ),
        "CALLBACK_CUSTOMER_FIRST_DIALED",
    }
)
"""Values of contact records and of the metrics page, which writes some differently."""
_LONGEST = 604_800
_VALUES = 100
_SERVICE_LEVELS = 20


def refused(message: str) -> ApiError:
    """Make the error of a rule that a request breaks."""
    return ApiError("InvalidParameterException", message)


def check_zone(name: str | None) -> None:
    """Check the time zone of the interval.

    Raises:
        ApiError: it is none of the tz database.
    """
    if name and zone(name) is None:
        raise refused(f"TimeZone {name!r} is not a time zone.")


def check_times(start: float, end: float, now: float, period: str) -> None:
    """Check start and end of the interval.

    Raises:
        ApiError: they are not in order, in the future, too far apart, or too old.
    """
    if not start < end:
        raise refused("StartTime must be before EndTime.")
    if end > now:
        raise refused("EndTime cannot be later than the current time.")
    if end - start >= _SPAN:
        raise refused("StartTime and EndTime must be less than 35 days apart.")
    if start < now - _HISTORY:
        raise refused("StartTime must be within the last three months.")
    if period in SHORT and end - start >= _SHORT_SPAN:
        raise refused(f"An interval of {period} needs less than three days.")


def check_metrics(metrics: Iterable[Params]) -> None:
    """Check the thresholds of metrics.

    Raises:
        ApiError: one is missing, or is no whole number of seconds with LT or LTE; or more than 20 service levels.
    """
    levels = 0
    for metric in metrics:
        name = metric.get("Name") or ""
        for condition in metric.get("MetricFilters") or ():
            _check_condition(name, condition)
        levels += name == "SERVICE_LEVEL"
        given = metric.get("Threshold") or ()
        if name in _THRESHOLDS and not given:
            raise refused(f"{name} needs a Threshold.")
        for threshold in given:
            value = threshold.get("ThresholdValue")
            if value is None or value != int(value) or not 1 <= value <= _LONGEST:
                raise refused(f"ThresholdValue of {name} must be a whole number from 1 to {_LONGEST}.")
            if threshold.get("Comparison") not in ("LT", "LTE"):
                raise refused(f"Comparison of {name} must be LT or LTE.")
    if levels > _SERVICE_LEVELS:
        raise refused(f"A request has at most {_SERVICE_LEVELS} SERVICE_LEVEL metrics.")


def _check_condition(name: str, condition: Params) -> None:
    if condition.get("MetricFilterKey") != "INITIATION_METHOD":
        return
    for value in condition.get("MetricFilterValues") or ():
        if value not in _METHODS:
            raise refused(
                f"{value!r} is not an INITIATION_METHOD of {name}; valid ones: {', '.join(sorted(_METHODS))}."
            )


def check_filters(site: InstanceRuntime, filters: Iterable[Params], names: Iterable[str]) -> None:
    """Check the filters of a request for metrics with these names.

    Raises:
        ApiError: none of a resource, more than 100 values, values beside NOT_EXISTS, or a resource that is not there.
    """
    needed = _FLOW_RESOURCES | _RESOURCES if all("FLOW" in name for name in names) else _RESOURCES
    keys = {one.get("FilterKey") for one in filters}
    if not keys & needed:
        raise refused(f"At least one filter must be one of {', '.join(sorted(needed))}.")
    count = 0
    for one in filters:
        key, values = one.get("FilterKey") or "", one.get("FilterValues") or ()
        if key != "CHANNEL":
            count += len(values)
        if (one.get("StringCondition") or {}).get("Comparison") == "NOT_EXISTS":
            if values:
                raise refused(f"FilterValues of {key} must be empty with NOT_EXISTS.")
            continue
        if not values:
            raise refused(f"FilterValues of {key} are missing.")
        for value in values if key in KINDS else ():
            if site.instance.get(KINDS[key], resource_id(value)) is None:
                raise ApiError(
                    "ResourceNotFoundException", f"The specified resource was not found: {value}.", 404
                )
    if count > _VALUES:
        raise refused(f"Filters have at most {_VALUES} values in all, without those of CHANNEL.")
