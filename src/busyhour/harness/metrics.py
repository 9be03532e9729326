"""The target's own metrics of the run, read from CloudWatch: what a Connect operator watches.

Names, dimensions and units are those of the Connect Administrator Guide, "Monitoring your instance using
CloudWatch" (read in late 2026), and of the Lambda and DynamoDB guides. Reading is the same for AWS and the emulator.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from busyhour.results.entries import OperatorMetric, Series
from busyhour.results.load_result import LoadResult

CONNECT = "AWS/Connect"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric by name, the group its dimensions belong to, and the statistic that is useful."""

    name: str
    group: str
    statistic: str
    unit: str
    namespace: str = CONNECT

    @property
    def service(self) -> str:
        """As quotas name it."""
        return self.namespace.removeprefix("AWS/").lower()


WATCHED = (
    Metric("ConcurrentCalls", "VoiceCalls", "Maximum", "calls"),
    Metric("ConcurrentCallsPercentage", "VoiceCalls", "Maximum", "share of the quota"),
    Metric("CallsPerInterval", "VoiceCalls", "Maximum", "calls/s"),
    Metric("MissedCalls", "VoiceCalls", "Sum", "calls"),
    Metric("ThrottledCalls", "VoiceCalls", "Sum", "calls"),
    Metric("CallsBreachingConcurrencyQuota", "VoiceCalls", "Sum", "calls"),
    Metric("CallRecordingUploadError", "CallRecordings", "Sum", "errors"),
    Metric("ContactFlowErrors", "ContactFlow", "Sum", "errors"),
    Metric("ContactFlowFatalErrors", "ContactFlow", "Sum", "errors"),
    Metric("QueueSize", "Queue", "Maximum", "contacts"),
    Metric("LongestQueueWaitTime", "Queue", "Maximum", "s"),
    Metric("QueueCapacityExceededError", "Queue", "Sum", "contacts"),
    Metric("ConcurrentExecutions", "account", "Maximum", "executions", "AWS/Lambda"),
    Metric("Invocations", "Function", "Sum", "invocations", "AWS/Lambda"),
    Metric("Errors", "Function", "Sum", "errors", "AWS/Lambda"),
    Metric("Throttles", "Function", "Sum", "throttles", "AWS/Lambda"),
    Metric("ConsumedReadCapacityUnits", "Table", "Sum", "units", "AWS/DynamoDB"),
    Metric("ConsumedWriteCapacityUnits", "Table", "Sum", "units", "AWS/DynamoDB"),
    Metric("ReadThrottleEvents", "Table", "Sum", "events", "AWS/DynamoDB"),
    Metric("WriteThrottleEvents", "Table", "Sum", "events", "AWS/DynamoDB"),
)


def of_generator(load: LoadResult) -> list[OperatorMetric]:
    """Connect's metrics of a run whose calls the generator ran itself: no contact was in Connect to be counted.

    A metric without a counterpart there has the reason.
    """
    calls = load.calls
    waits = calls.get("queue_wait_ms") or {}
    breaching = "the generator's calls need no place in Connect; compare ConcurrentCalls with the quota"
    known: dict[str, float | None] = {
        "ConcurrentCalls": _peak(load, "in_progress"),
        "CallsPerInterval": max(
            (v for s in load.series if s.name == "arrivals started" for v in s.v if v is not None),
            default=None,
        ),
        "QueueSize": _peak(load, "waiting"),
        "LongestQueueWaitTime": waits["max"] / 1000.0 if waits else None,
        "QueueCapacityExceededError": float(calls.get("at_capacity", 0)),
        "ContactFlowErrors": float(calls.get("error_branches", 0)),
        "ContactFlowFatalErrors": float(calls.get("flow_error", 0)),
    }
    why = {
        "MissedCalls": "every agent of the model answers",
        "CallRecordingUploadError": "nothing was recorded",
        "ThrottledCalls": breaching,
        "CallsBreachingConcurrencyQuota": breaching,
        "ConcurrentCallsPercentage": breaching,
        "QueueSize": "no call was put in a queue",
        "LongestQueueWaitTime": "no call was put in a queue",
    }
    return [
        OperatorMetric(
            name=metric.name,
            statistic=metric.statistic,
            value=known.get(metric.name),
            unit=metric.unit,
            source="generator, which ran the calls itself",
            why_not="" if known.get(metric.name) is not None else why.get(metric.name, "no call came to it"),
        )
        for metric in WATCHED
        if metric.namespace == CONNECT
    ]


def _peak(load: LoadResult, name: str) -> float | None:
    peak = load.peaks.get(name)
    return None if peak is None else peak.value


class CloudWatch(Protocol):
    """The one operation of boto3's CloudWatch client that is used here."""

    def get_metric_data(self, **arguments: Any) -> dict[str, Any]:
        """GetMetricData."""


@dataclass(frozen=True, slots=True)
class Names:
    """Dimensions of the metrics in this deployment."""

    instance_id: str
    flows: Sequence[str] = ()
    queues: Sequence[str] = ()
    functions: Sequence[str] = ()
    tables: Sequence[str] = ()


@dataclass(slots=True)
class Readings:
    """Metrics read: one value per metric for people, series for the plots, and those that could not be read."""

    metrics: list[OperatorMetric]
    series: list[Series]
    problems: list[str]


def _dimensions(metric: Metric, names: Names) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Each exact set of dimensions to ask for, with the name of what it is about ('' for the whole)."""
    connect = [
        {"Name": "InstanceId", "Value": names.instance_id},
        {"Name": "MetricGroup", "Value": metric.group},
    ]
    match metric.group:
        case "account":
            yield "", []
        case "Function":
            yield from ((name, [{"Name": "FunctionName", "Value": name}]) for name in names.functions)
        case "Table":
            yield from ((name, [{"Name": "TableName", "Value": name}]) for name in names.tables)
        case "ContactFlow":
            yield from (
                (name, [*connect, {"Name": "ContactFlowName", "Value": name}]) for name in names.flows
            )
        case "Queue":
            yield from ((name, [*connect, {"Name": "QueueName", "Value": name}]) for name in names.queues)
        case _:
            yield "", connect


def read(cloudwatch: CloudWatch, names: Names, start: datetime, end: datetime, *, period: int) -> Readings:
    """Read every watched metric from `start` to `end`.

    Args:
        cloudwatch: a client.
        names: what to ask for.
        start: begin of the run; t = 0 of the series.
        end: end of the run.
        period: seconds of one data point: 1 on the emulator, 60 on AWS (Connect publishes once a minute).
    """
    queries: list[dict[str, Any]] = []
    queried: list[tuple[Metric, str]] = []
    for metric in WATCHED:
        for about, dimensions in _dimensions(metric, names):
            queried.append((metric, about))
            queries.append(
                {
                    "Id": f"m{len(queried) - 1}",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": metric.namespace,
                            "MetricName": metric.name,
                            "Dimensions": dimensions,
                        },
                        "Period": period,
                        "Stat": metric.statistic,
                    },
                }
            )
    points: dict[int, list[tuple[float, float]]] = {}
    problems: list[str] = []
    try:
        for results in _pages(cloudwatch, queries, start, end):
            for result in results:
                index = int(result["Id"][1:])
                points.setdefault(index, []).extend(
                    ((stamp.astimezone(UTC) - start).total_seconds(), float(value))
                    for stamp, value in zip(result["Timestamps"], result["Values"], strict=True)
                )
    except Exception as error:  # boto3 raises many kinds; what could not be read is in the report
        problems.append(f"CloudWatch metrics of the target: {error}")
    return _readings(queried, points, period, problems)


def _pages(
    cloudwatch: CloudWatch, queries: list[dict[str, Any]], start: datetime, end: datetime
) -> Iterator[list[dict[str, Any]]]:
    """GetMetricData takes 500 queries at once and answers in pages."""
    for first in range(0, len(queries), 500):
        arguments: dict[str, Any] = {
            "MetricDataQueries": queries[first : first + 500],
            "StartTime": start,
            "EndTime": end,
            "ScanBy": "TimestampAscending",
        }
        while True:
            answer = cloudwatch.get_metric_data(**arguments)
            yield answer["MetricDataResults"]
            if not answer.get("NextToken"):
                break
            arguments["NextToken"] = answer["NextToken"]


def _readings(
    queried: Sequence[tuple[Metric, str]],
    points: dict[int, list[tuple[float, float]]],
    period: int,
    problems: list[str],
) -> Readings:
    metrics, series = [], []
    for metric in WATCHED:
        found = [
            (about, sorted(points[i]))
            for i, (m, about) in enumerate(queried)
            if m is metric and points.get(i)
        ]
        values = [value for _, line in found for _, value in line]
        why_not = ""
        if not values:
            why_not = problems[0] if problems else "CloudWatch has no data point of it for this run"
            if not any(m is metric for m, _ in queried):
                why_not = f"the scenario names no {metric.group.lower()} to ask for"
        metrics.append(
            OperatorMetric(
                name=metric.name,
                statistic=metric.statistic,
                value=None if not values else max(values) if metric.statistic == "Maximum" else sum(values),
                unit=metric.unit,
                source=f"CloudWatch {metric.namespace}",
                why_not=why_not,
            )
        )
        per_second = metric.statistic == "Sum"
        series += [
            Series(
                name=f"{metric.name}:{about}" if about else metric.name,
                unit=f"{metric.unit}/s" if per_second else metric.unit,
                t=[t for t, _ in line],
                v=[value / period if per_second else value for _, value in line],
                source=f"CloudWatch {metric.namespace}",
            )
            for about, line in found
        ]
    return Readings(metrics, series, problems)
