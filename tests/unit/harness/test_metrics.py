"""Metrics of the target: asked for with the exact dimensions, values and gaps told apart."""

from datetime import UTC, datetime, timedelta
from typing import Any

from busyhour.harness.metrics import WATCHED, Names, read

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NAMES = Names("i-1", flows=["main"], queues=["support", "sales"], functions=["lookup"], tables=[])


class Recorded:
    """Answers GetMetricData from (metric, last dimension) -> points, a page a query."""

    def __init__(self, points: dict[tuple[str, str], list[tuple[int, float]]]) -> None:
        self.points = points
        self.asked: list[dict[str, Any]] = []

    def get_metric_data(self, **arguments: Any) -> dict[str, Any]:
        queries = arguments["MetricDataQueries"]
        self.asked += queries
        first = int(arguments.get("NextToken", 0))
        metric = queries[first]["MetricStat"]["Metric"]
        about = metric["Dimensions"][-1]["Value"] if metric["Dimensions"] else ""
        line = self.points.get((metric["MetricName"], about), [])
        answer: dict[str, Any] = {
            "MetricDataResults": [
                {
                    "Id": queries[first]["Id"],
                    "Timestamps": [START + timedelta(seconds=t) for t, _ in line],
                    "Values": [v for _, v in line],
                }
            ]
        }
        if first + 1 < len(queries):
            answer["NextToken"] = str(first + 1)
        return answer


class Broken:
    def get_metric_data(self, **arguments: Any) -> dict[str, Any]:
        raise RuntimeError("AccessDenied: cloudwatch:GetMetricData")


def test_maximum_over_queues_and_sum_over_time() -> None:
    watch = Recorded(
        {
            ("QueueSize", "support"): [(0, 3.0), (1, 7.0)],
            ("QueueSize", "sales"): [(0, 5.0)],
            ("MissedCalls", "VoiceCalls"): [(0, 1.0), (60, 2.0)],
        }
    )
    readings = read(watch, NAMES, START, START + timedelta(seconds=60), period=60)
    values = {metric.name: metric for metric in readings.metrics}
    assert values["QueueSize"].value == 7.0
    assert values["MissedCalls"].value == 3.0
    assert values["ThrottledCalls"].value is None
    assert values["ThrottledCalls"].why_not == "CloudWatch has no data point of it for this run"
    assert values["ConsumedReadCapacityUnits"].why_not == "the scenario names no table to ask for"
    (queue,) = (s for s in readings.series if s.name == "QueueSize:support")
    assert (queue.t, queue.v) == ([0.0, 1.0], [3.0, 7.0])
    (missed,) = (s for s in readings.series if s.name == "MissedCalls")
    assert missed.v == [1 / 60, 2 / 60]


def test_connect_is_asked_with_instance_and_group() -> None:
    watch = Recorded({})
    read(watch, NAMES, START, START + timedelta(seconds=60), period=1)
    asked = {
        (
            q["MetricStat"]["Metric"]["MetricName"],
            tuple((d["Name"], d["Value"]) for d in q["MetricStat"]["Metric"]["Dimensions"]),
        )
        for q in watch.asked
    }
    assert ("ConcurrentCalls", (("InstanceId", "i-1"), ("MetricGroup", "VoiceCalls"))) in asked
    assert ("QueueSize", (("InstanceId", "i-1"), ("MetricGroup", "Queue"), ("QueueName", "sales"))) in asked
    assert ("ConcurrentExecutions", ()) in asked


def test_what_cannot_be_read_is_said() -> None:
    readings = read(Broken(), NAMES, START, START, period=1)
    assert readings.problems == ["CloudWatch metrics of the target: AccessDenied: cloudwatch:GetMetricData"]
    assert len(readings.metrics) == len(WATCHED)
    assert all(metric.value is None and metric.why_not for metric in readings.metrics)
