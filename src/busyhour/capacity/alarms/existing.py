"""Alarms that exist in an account, compared with those of a scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from busyhour.capacity.alarms.alarm import INSTANCE, Alarm

_AT_LEAST = frozenset({"GreaterThanOrEqualToThreshold", "GreaterThanThreshold"})


@dataclass(frozen=True, slots=True)
class Compared:
    """One alarm of a scenario: `present`, `missing`, or `wrong` with what is wrong with the ones on its metric."""

    alarm: Alarm
    state: str
    detail: str = ""


def compare(
    wanted: Sequence[Alarm], existing: Iterable[Mapping[str, Any]], instance_id: str
) -> list[Compared]:
    """Compare alarms with entries of DescribeAlarms, by metric and dimensions.

    An alarm counts where it is raised at the threshold or below it: one that warns earlier is as good.
    """
    by_metric: dict[tuple[str, str, frozenset[tuple[str, str]]], list[Mapping[str, Any]]] = {}
    for one in existing:
        dimensions = frozenset(
            (str(each["Name"]), str(each["Value"])) for each in one.get("Dimensions") or ()
        )
        key = (str(one.get("Namespace")), str(one.get("MetricName")), dimensions)
        by_metric.setdefault(key, []).append(one)
    found = []
    for alarm in wanted:
        dimensions = frozenset(
            (name, instance_id if value == INSTANCE else value) for name, value in alarm.dimensions
        )
        candidates = by_metric.get((alarm.namespace, alarm.metric, dimensions), [])
        wrong = [_wrong(alarm, one) for one in candidates]
        if not candidates:
            found.append(Compared(alarm, "missing"))
        elif "" in wrong:
            found.append(Compared(alarm, "present"))
        else:
            found.append(Compared(alarm, "wrong", "; ".join(wrong)))
    return found


def _wrong(alarm: Alarm, one: Mapping[str, Any]) -> str:
    """Return what is wrong with an existing alarm; empty if nothing is."""
    name, threshold = str(one.get("AlarmName")), one.get("Threshold")
    if one.get("ActionsEnabled") is False:
        return f"{name}: its actions are disabled"
    if one.get("Statistic") != alarm.statistic:
        return (
            f"{name}: statistic {one.get('Statistic') or one.get('ExtendedStatistic')}, not {alarm.statistic}"
        )
    if one.get("ComparisonOperator") not in _AT_LEAST:
        return f"{name}: comparison {one.get('ComparisonOperator')}, not {alarm.comparison}"
    if one.get("Period") != alarm.period and alarm.statistic == "Sum" and alarm.threshold > 1:
        return f"{name}: a period of {one.get('Period')} s, not {alarm.period} s"
    if not isinstance(threshold, int | float) or threshold > alarm.threshold:
        return (
            f"{name}: threshold {threshold:g}, above {alarm.threshold:g}"
            if threshold is not None
            else f"{name}: no threshold"
        )
    return ""
