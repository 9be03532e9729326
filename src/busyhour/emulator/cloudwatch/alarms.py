"""Metric alarms: kept and described. They are not evaluated, so each stays in the state that AWS gives a new one."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from busyhour.emulator.cloudwatch.parameters import Parameters, listed, whole
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page_start, page_token
from busyhour.emulator.model.registry import operation

_STATE = "INSUFFICIENT_DATA"
_REASON = "Unchecked: Initial alarm creation"
_TEXTS = (
    *("AlarmDescription", "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Unit"),
    *("ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile", "ThresholdMetricId"),
)
_NUMBERS = ("Period", "EvaluationPeriods", "DatapointsToAlarm")
_LISTS = ("OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions")
_PAGE = 100


class Alarms:
    """PutMetricAlarm, DescribeAlarms, DeleteAlarms.

    Args:
        time: epoch seconds.
        arn: makes the ARN of an alarm from its name.
    """

    def __init__(self, time: Callable[[], float], arn: Callable[[str], str]) -> None:
        self._time = time
        self._arn = arn
        self._alarms: dict[str, dict[str, Any]] = {}

    @operation("PutMetricAlarm")
    def put(self, parameters: Parameters) -> dict[str, Any]:
        """Make an alarm on one metric, or replace the one of this name.

        Raises:
            ApiError: MissingParameter, InvalidParameterCombination: what an alarm on one metric needs.
        """
        name = str(parameters.get("AlarmName") or "")
        if not name:
            raise ApiError("MissingParameter", "The parameter AlarmName is required.")
        if parameters.get("Metrics") or parameters.get("EvaluationCriteria"):
            raise ApiError(
                "InvalidParameterCombination",
                "Alarms on metric math and queries are not served by busyhour's emulator; name one metric.",
            )
        for member in ("MetricName", "Namespace", "Period", "Threshold", "ComparisonOperator"):
            if parameters.get(member) is None:
                raise ApiError("MissingParameter", f"The parameter {member} is required.")
        if (parameters.get("Statistic") is None) == (parameters.get("ExtendedStatistic") is None):
            raise ApiError(
                "InvalidParameterCombination",
                "Exactly one of Statistic and ExtendedStatistic is needed.",
            )
        now = datetime.fromtimestamp(self._time(), UTC)
        since = self._alarms.get(name)
        self._alarms[name] = {
            "AlarmName": name,
            "AlarmArn": self._arn(name),
            "AlarmConfigurationUpdatedTimestamp": now,
            "ActionsEnabled": str(parameters.get("ActionsEnabled", True)).lower() == "true",
            "StateValue": _STATE,
            "StateReason": _REASON,
            "StateUpdatedTimestamp": now if since is None else since["StateUpdatedTimestamp"],
            "Threshold": _number(parameters["Threshold"]),
            **{member: parameters[member] for member in _TEXTS if parameters.get(member) is not None},
            **{
                member: whole(member, parameters[member], 1, 86_400)
                for member in _NUMBERS
                if parameters.get(member) is not None
            },
            **{member: listed(parameters, member) for member in _LISTS},
        }
        return {}

    @operation("DescribeAlarms")
    def describe(self, parameters: Parameters) -> dict[str, Any]:
        """Describe the alarms that the request chooses, in order of their names, in pages."""
        names = listed(parameters, "AlarmNames")
        types = listed(parameters, "AlarmTypes")
        prefix = str(parameters.get("AlarmNamePrefix") or "")
        action = str(parameters.get("ActionPrefix") or "")
        if names and prefix:
            raise ApiError(
                "InvalidParameterCombination", "AlarmNames and AlarmNamePrefix cannot be used together."
            )
        found = [
            alarm
            for name, alarm in sorted(self._alarms.items())
            if (not names or name in names)
            and name.startswith(prefix)
            and parameters.get("StateValue") in (None, _STATE)
            and (not action or any(one.startswith(action) for one in alarm["AlarmActions"]))
        ]
        if types and "MetricAlarm" not in types:
            found = []
        start = page_start(parameters.get("NextToken"), len(found), "InvalidNextToken")
        end = start + whole("MaxRecords", parameters.get("MaxRecords", _PAGE), 1, _PAGE)
        page: dict[str, Any] = {"MetricAlarms": found[start:end], "CompositeAlarms": []}
        return {**page, "NextToken": page_token(end)} if end < len(found) else page

    @operation("DeleteAlarms")
    def delete(self, parameters: Parameters) -> dict[str, Any]:
        """Delete alarms; none, if one of several is not there.

        Raises:
            ApiError: ResourceNotFound.
        """
        names = listed(parameters, "AlarmNames")
        missing = [name for name in names if name not in self._alarms]
        if missing:
            raise ApiError("ResourceNotFound", f"There is no alarm {missing[0]!r}.", 404)
        for name in names:
            del self._alarms[name]
        return {}


def _number(value: object) -> float:
    """Return the threshold, which is text in the Query protocol; ApiError if it is no finite number."""
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ApiError("InvalidParameterValue", f"Threshold {value!r} is not a number.")
    return number
