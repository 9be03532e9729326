"""The alarms of a scenario: metric, threshold, and the source of the threshold.

AWS advises an alarm at 80 % of a quota (Amazon Connect Administrator Guide, "Plan ahead for service quotas"); it gives no
threshold for the other metrics. Those are ours and say so in their description.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from busyhour.capacity.forecast.model import Forecast
from busyhour.flows.export.reader import read_file
from busyhour.input_files import parse_json, read_text
from busyhour.scenarios.model import Scenario, Table

SHARE = 0.8
"""Share of a quota at which AWS advises an alarm."""
AWS = "AWS advises 80 % of the quota"
OURS = "threshold by busyhour"
INSTANCE = "\0instance"
"""Value of a dimension that a template fills with the id of the instance."""
CALLS, EXECUTIONS = "connect.concurrent-active-calls-per-instance", "lambda.concurrent-executions"

_OF_INSTANCE = {
    "CallsBreachingConcurrencyQuota": "calls are beyond the quota of concurrent calls: callers hear the reorder tone",
    "ThrottledCalls": "more calls a second than the instance takes",
    "MissedCalls": "agents do not answer calls that are offered to them",
    "MisconfiguredPhoneNumbers": "a call to a number without a flow",
}
"""Metrics of VoiceCalls of which any occurrence is to be known, with their meaning."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm on one metric: it is raised when the statistic of a period reaches the threshold."""

    name: str
    description: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    threshold: float
    period: int = 60
    """Seconds."""
    comparison: str = "GreaterThanOrEqualToThreshold"


def alarms(scenario: Scenario, forecast: Forecast | None = None) -> list[Alarm]:
    """Return the alarms of a scenario.

    Args:
        scenario: flows, queues, functions, tables, applied quotas.
        forecast: of the plan; without one there are no alarms on what the plan needs.

    Raises:
        BusyhourError: a flow cannot be read.
    """
    found = [*_of_calls(forecast), *_of_queues(scenario, forecast), *_of_flows(scenario)]
    found += [*_of_functions(scenario, forecast), *_of_tables(scenario)]
    return [one for one in found if one.threshold > 0]


def _of_calls(forecast: Forecast | None) -> Iterator[Alarm]:
    voice = (("InstanceId", INSTANCE), ("MetricGroup", "VoiceCalls"))
    yield Alarm(
        "concurrent calls near the quota",
        f"Concurrent calls reached 80 % of the quota that is applied. {AWS}.",
        "AWS/Connect",
        "ConcurrentCallsPercentage",
        voice,
        "Maximum",
        SHARE,
    )
    for metric, meaning in _OF_INSTANCE.items():
        yield Alarm(metric, f"{metric}: {meaning}; {OURS}.", "AWS/Connect", metric, voice, "Sum", 1.0)
    need = _need(forecast, CALLS)
    if need is not None:
        yield Alarm(
            "more calls than planned",
            f"Concurrent calls exceed the {need:,.0f} that the plan needs (busyhour forecast); {OURS}.",
            "AWS/Connect",
            "ConcurrentCalls",
            voice,
            "Maximum",
            need,
            comparison="GreaterThanThreshold",
        )


def _of_queues(scenario: Scenario, forecast: Forecast | None) -> Iterator[Alarm]:
    simulated = {queue.name: queue for queue in forecast.queues} if forecast is not None else {}
    for name in scenario.queues:
        of_queue = (("InstanceId", INSTANCE), ("MetricGroup", "Queue"), ("QueueName", name))
        meaning = "calls were sent to the queue while it was full"
        yield Alarm(
            f"queue {name} full",
            f"QueueCapacityExceededError of {name}: {meaning}; {OURS}.",
            "AWS/Connect",
            "QueueCapacityExceededError",
            of_queue,
            "Sum",
            1.0,
        )
        waited = simulated[name].longest_wait if name in simulated else 0.0
        threshold = max(round(waited), round(scenario.service_level_seconds))
        yield Alarm(
            f"queue {name} waits long",
            f"A call in {name} waits longer than {threshold:,} s: the longest wait of the forecast, or the service level's "
            f"threshold; {OURS}.",
            "AWS/Connect",
            "LongestQueueWaitTime",
            of_queue,
            "Maximum",
            float(threshold),
            comparison="GreaterThanThreshold",
        )


def _of_flows(scenario: Scenario) -> Iterator[Alarm]:
    names = dict.fromkeys(read_file(path).name for path in scenario.flows.files)
    for name in names:
        of_flow = (("InstanceId", INSTANCE), ("MetricGroup", "ContactFlow"), ("ContactFlowName", name))
        yield Alarm(
            f"flow {name} failed",
            f"ContactFlowFatalErrors of {name}: a call ended by a system error; {OURS}.",
            "AWS/Connect",
            "ContactFlowFatalErrors",
            of_flow,
            "Sum",
            1.0,
        )


def _of_functions(scenario: Scenario, forecast: Forecast | None) -> Iterator[Alarm]:
    limit = (
        next((row.value for row in forecast.limits if row.key == EXECUTIONS), None)
        if forecast is not None
        else None
    )
    if limit is not None:
        yield Alarm(
            "Lambda executions near the quota",
            f"Concurrent executions of the account reached 80 % of {limit:,.0f}. {AWS}.",
            "AWS/Lambda",
            "ConcurrentExecutions",
            (),
            "Maximum",
            SHARE * limit,
        )
    for name, function in scenario.functions.items():
        of_function = (("FunctionName", name),)
        about = {
            "Throttles": (1.0, "Sum", "invocations were throttled"),
            "Errors": (1.0, "Sum", "invocations failed"),
            "Duration": (
                SHARE * function.timeout * 1000,
                "Maximum",
                f"80 % of the timeout of {function.timeout:g} s",
            ),
        }
        for metric, (threshold, statistic, meaning) in about.items():
            description = f"{metric} of {name}: {meaning}; {OURS}."
            yield Alarm(
                f"function {name} {metric}",
                description,
                "AWS/Lambda",
                metric,
                of_function,
                statistic,
                threshold,
            )


def _of_tables(scenario: Scenario) -> Iterator[Alarm]:
    for name, table in scenario.tables.items():
        of_table = (("TableName", name),)
        for metric in ("ReadThrottleEvents", "WriteThrottleEvents"):
            description = f"{metric} of {name}: requests were throttled; {OURS}."
            yield Alarm(f"table {name} {metric}", description, "AWS/DynamoDB", metric, of_table, "Sum", 1.0)
        for side, units in _provisioned(table).items():
            metric = f"Consumed{side}CapacityUnits"
            yield Alarm(
                f"table {name} {metric}",
                f"{metric} of {name}: 80 % of {units:g} units a second that are provisioned; {OURS}.",
                "AWS/DynamoDB",
                metric,
                of_table,
                "Sum",
                SHARE * units * 60,
            )


def _provisioned(table: Table) -> Mapping[str, float]:
    """Return provisioned capacity units per second; none for a table on demand."""
    definition: Any = parse_json(read_text(table.definition))
    throughput = definition.get("ProvisionedThroughput") or {}
    if definition.get("BillingMode", "PROVISIONED") != "PROVISIONED":
        return {}
    return {side: float(throughput.get(f"{side}CapacityUnits") or 0) for side in ("Read", "Write")}


def _need(forecast: Forecast | None, key: str) -> float | None:
    rows = forecast.limits if forecast is not None else ()
    return next((float(row.needed) for row in rows if row.key == key and row.needed is not None), None)
