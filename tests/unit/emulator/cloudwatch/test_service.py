"""CloudWatch in the three protocols of its clients."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from busyhour.emulator.cloudwatch.alarms import Alarms
from busyhour.emulator.cloudwatch.service import CloudWatch
from busyhour.emulator.cloudwatch.store import MetricStore
from busyhour.emulator.faults.requests import Faults
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.quotas.throttling import Limits
from busyhour.emulator.server.listener import running
from busyhour.emulator.server.router import Router
from busyhour.quotas.table.quota_table import load as load_quota_table

T0 = 1_700_000_040
"""A whole minute."""
LIMITS = Limits(load_quota_table(), {}, time.monotonic)
CALLS = (("InstanceId", "i-1"), ("MetricGroup", "VoiceCalls"))


def at(second: float) -> datetime:
    return datetime.fromtimestamp(T0 + second, UTC)


@pytest.fixture(scope="module")
def store() -> MetricStore:
    store = MetricStore()
    for second, level in enumerate([3, 5, 9, 7]):
        store.gauge("AWS/Connect", "ConcurrentCalls", CALLS, level, T0 + 30 * second)
    for value in (100.0, 300.0):
        store.count("AWS/Lambda", "Duration", (("FunctionName", "f"),), value, T0 + 1)
    store.count("AWS/Connect", "MissedCalls", (("InstanceId", "i-1"), ("MetricGroup", "VoiceCalls")), 1, T0)
    return store


class Alone:
    def __init__(self, service: CloudWatch) -> None:
        self.router = Router([service], faults=Faults(Random(1)))

    def admin(self, request: Request) -> Response:
        return Response(404)

    async def start(self, url: str) -> None: ...

    async def stop(self) -> None: ...


@pytest.fixture(scope="module")
def client(store: MetricStore) -> Iterator[Any]:
    with running(Alone(CloudWatch(store, LIMITS, Alarms(lambda: float(T0), "arn:alarm:{}".format)))) as url:
        yield boto3.client(
            "cloudwatch",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )


def query(stat: str = "Maximum", period: int = 60, **changes: Any) -> dict[str, Any]:
    metric = {
        "Namespace": "AWS/Connect",
        "MetricName": "ConcurrentCalls",
        "Dimensions": [{"Name": name, "Value": value} for name, value in CALLS],
        **changes,
    }
    return {"Id": "q1", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}


def ask(client: Any, *queries: dict[str, Any], **more: Any) -> dict[str, Any]:
    arguments = {"StartTime": at(0), "EndTime": at(120), "ScanBy": "TimestampAscending", **more}
    answer: dict[str, Any] = client.get_metric_data(MetricDataQueries=list(queries), **arguments)
    return answer


@pytest.mark.parametrize(
    ("stat", "values"),
    [
        ("Maximum", [5, 9]),
        ("Minimum", [3, 7]),
        ("Sum", [8, 16]),
        ("Average", [4, 8]),
        ("SampleCount", [2, 2]),
        ("p99", [5, 9]),
        ("p50", [3, 7]),
    ],
)
def test_statistics_by_period(client: Any, stat: str, values: list[float]) -> None:
    [result] = ask(client, query(stat))["MetricDataResults"]
    assert result["Values"] == values
    assert result["Timestamps"] == [at(0), at(60)]
    assert (result["Label"], result["StatusCode"]) == ("ConcurrentCalls", "Complete")


def test_newest_first_unless_told_otherwise(client: Any) -> None:
    [result] = ask(client, query(), ScanBy="TimestampDescending")["MetricDataResults"]
    assert result["Values"] == [9, 5]


def test_a_start_within_a_period_counts_from_the_beginning_of_the_period(client: Any) -> None:
    [result] = ask(client, query(), StartTime=at(40))["MetricDataResults"]
    assert result["Values"] == [5, 9]


def test_periods_of_a_second(client: Any) -> None:
    [result] = ask(client, query(period=1))["MetricDataResults"]
    assert result["Timestamps"] == [at(0), at(30), at(60), at(90)]


@pytest.mark.parametrize(
    "changes",
    [
        {"Dimensions": [{"Name": "InstanceId", "Value": "i-1"}]},
        {"MetricName": "Nothing"},
        {"Namespace": "AWS/Nothing"},
    ],
)
def test_only_the_exact_metric_has_data(client: Any, changes: dict[str, Any]) -> None:
    [result] = ask(client, query(**changes))["MetricDataResults"]
    assert result["Values"] == []


def test_a_percentile_that_the_data_does_not_allow_is_left_out_and_said(client: Any) -> None:
    duration = {
        "Id": "d",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Lambda",
                "MetricName": "Duration",
                "Dimensions": [{"Name": "FunctionName", "Value": "f"}],
            },
            "Period": 60,
            "Stat": "p99",
        },
    }
    answer = ask(client, duration)
    assert answer["MetricDataResults"][0]["Values"] == []
    assert "p99 is not available" in answer["Messages"][0]["Value"]


def test_many_datapoints_come_in_pages(client: Any) -> None:
    first = ask(client, query(period=1), MaxDatapoints=3)
    rest = ask(client, query(period=1), MaxDatapoints=3, NextToken=first["NextToken"])
    assert first["MetricDataResults"][0]["StatusCode"] == "PartialData"
    assert first["MetricDataResults"][0]["Values"] + rest["MetricDataResults"][0]["Values"] == [3, 5, 9, 7]
    assert "NextToken" not in rest


def test_several_queries_and_one_that_returns_no_data(client: Any) -> None:
    other = {**query(), "Id": "other", "ReturnData": False}
    assert [row["Id"] for row in ask(client, query(), other)["MetricDataResults"]] == ["q1"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ({"MetricDataQueries": [{"Id": "m", "Expression": "m1/m2"}]}, "ValidationError", "Metric math"),
        ({"MetricDataQueries": []}, "ValidationError", "1 to 500"),
        ({"MetricDataQueries": [query(), query()]}, "ValidationError", "unique"),
        ({"MetricDataQueries": [query(period=7)]}, "InvalidParameterValue", "multiple of 60"),
        ({"MetricDataQueries": [query("tm90")]}, "InvalidParameterValue", "'tm90' is not supported"),
        ({"MetricDataQueries": [query()], "EndTime": at(0)}, "ValidationError", "StartTime must be less"),
        ({"MetricDataQueries": [query()], "NextToken": "x"}, "InvalidNextToken", "not of this listing"),
    ],
)
def test_what_is_wrong_is_refused_in_the_words_of_aws(
    client: Any, arguments: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(ClientError) as caught:
        client.get_metric_data(**{"StartTime": at(0), "EndTime": at(60), **arguments})
    assert caught.value.response["Error"]["Code"] == code
    assert words in caught.value.response["Error"]["Message"]


def test_metric_statistics(client: Any) -> None:
    answer = client.get_metric_statistics(
        Namespace="AWS/Connect",
        MetricName="ConcurrentCalls",
        Dimensions=[{"Name": name, "Value": value} for name, value in CALLS],
        StartTime=at(0),
        EndTime=at(60),
        Period=60,
        Statistics=["Maximum", "Sum"],
        ExtendedStatistics=["p99"],
    )
    assert answer["Datapoints"] == [
        {"Timestamp": at(0), "Maximum": 5, "Sum": 8, "Unit": "Count", "ExtendedStatistics": {"p99": 5}}
    ]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"Statistics": ["Median"]}, "InvalidParameterValue"),
        ({}, "MissingParameter"),
        ({"Statistics": ["Sum"], "StartTime": at(-100_000), "Period": 60}, "InvalidParameterCombination"),
    ],
)
def test_metric_statistics_refuses_in_modelled_words(
    client: Any, arguments: dict[str, Any], code: str
) -> None:
    given = {
        "Namespace": "n",
        "MetricName": "m",
        "StartTime": at(0),
        "EndTime": at(60),
        "Period": 60,
        **arguments,
    }
    with pytest.raises(ClientError) as caught:
        client.get_metric_statistics(**given)
    assert caught.value.response["Error"]["Code"] == code


def test_metrics_are_listed_by_what_they_hold(client: Any) -> None:
    listed = client.list_metrics(Namespace="AWS/Connect", Dimensions=[{"Name": "MetricGroup"}])["Metrics"]
    assert [row["MetricName"] for row in listed] == ["ConcurrentCalls", "MissedCalls"]
    assert client.list_metrics(MetricName="Nothing")["Metrics"] == []
    assert client.list_metrics(Dimensions=[{"Name": "FunctionName", "Value": "g"}])["Metrics"] == []


def request(headers: dict[str, str], body: bytes) -> Request:
    return Request("POST", "/", "", headers, body, "monitoring", "us-east-1", "test", "id-1")


def form(**parameters: str) -> bytes:
    return urlencode({"Version": "2010-08-01", **parameters}).encode()


def test_the_query_protocol_of_older_clients(store: MetricStore) -> None:
    given = {
        "Action": "GetMetricData",
        "StartTime": "2023-11-14T22:14:00Z",
        "EndTime": "2023-11-14T22:16:00Z",
        "ScanBy": "TimestampAscending",
        "MetricDataQueries.member.1.Id": "q1",
        "MetricDataQueries.member.1.MetricStat.Stat": "Maximum",
        "MetricDataQueries.member.1.MetricStat.Period": "60",
        "MetricDataQueries.member.1.MetricStat.Metric.Namespace": "AWS/Connect",
        "MetricDataQueries.member.1.MetricStat.Metric.MetricName": "ConcurrentCalls",
        "MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name": "InstanceId",
        "MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Value": "i-1",
        "MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.2.Name": "MetricGroup",
        "MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.2.Value": "VoiceCalls",
    }
    answer = CloudWatch(store, LIMITS, Alarms(lambda: float(T0), "arn:alarm:{}".format)).handle(
        request({}, form(**given))
    )
    assert answer.content_type == "text/xml"
    tree = ElementTree.fromstring(answer.body)
    values = [node.text for node in tree.iterfind(".//{*}Values/{*}member")]
    assert values == ["5.0", "9.0"]
    assert next(node.text for node in tree.iterfind(".//{*}Timestamps/{*}member")) == "2023-11-14T22:14:00Z"


def test_the_json_protocol(store: MetricStore) -> None:
    body = {"MetricDataQueries": [query()], "StartTime": T0, "EndTime": T0 + 60}
    headers = {"x-amz-target": "GraniteServiceVersion20100801.GetMetricData"}
    answer = CloudWatch(store, LIMITS, Alarms(lambda: float(T0), "arn:alarm:{}".format)).handle(
        request(headers, json.dumps(body).encode())
    )
    [result] = json.loads(answer.body)["MetricDataResults"]
    assert result["Timestamps"] == [T0]
    assert result["Values"] == [5.0]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"smithy-protocol": "rpc-v2-cbor"}, b"\xff\xff"),
        ({"smithy-protocol": "rpc-v2-cbor"}, b"\x01"),
        ({"x-amz-target": "GraniteServiceVersion20100801.GetMetricData"}, b"{"),
        ({"x-amz-target": "GraniteServiceVersion20100801.GetMetricData"}, b"[]"),
        ({}, b"Action=\xff"),
    ],
)
def test_a_body_that_is_not_of_its_protocol_is_refused(
    store: MetricStore, headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(ApiError) as caught:
        CloudWatch(store, LIMITS, Alarms(lambda: float(T0), "arn:alarm:{}".format)).handle(
            request(headers, body)
        )
    assert caught.value.code == "SerializationException"


def test_errors_are_written_in_the_protocol_of_the_request(store: MetricStore) -> None:
    service = CloudWatch(store, LIMITS, Alarms(lambda: float(T0), "arn:alarm:{}".format))
    error = ApiError("InvalidParameterValue", "no <such> metric")
    xml = service.error_response(error, request({}, b"Action=ListMetrics")).body
    assert b"<Code>InvalidParameterValue</Code><Message>no &lt;such&gt; metric</Message>" in xml
    target = {"x-amz-target": "GraniteServiceVersion20100801.ListMetrics"}
    answer = service.error_response(error, request(target, b"{}"))
    assert json.loads(answer.body)["__type"] == "InvalidParameterValueException"
    assert answer.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender"


def alarm(name: str, **more: Any) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "Namespace": "AWS/Connect",
        "MetricName": "ConcurrentCallsPercentage",
        "Dimensions": [{"Name": name, "Value": value} for name, value in CALLS],
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 0.8,
        "ComparisonOperator": "GreaterThanThreshold",
        "AlarmActions": ["arn:aws:sns:us-east-1:123456789012:pager"],
        **more,
    }


def test_alarms_are_kept_and_described_in_pages(client: Any) -> None:
    for name in ("busy-1", "busy-2", "quiet"):
        client.put_metric_alarm(**alarm(name))
    client.put_metric_alarm(**alarm("busy-2", Threshold=0.9, ActionsEnabled=False))
    first = client.describe_alarms(AlarmNamePrefix="busy", MaxRecords=1)
    second = client.describe_alarms(AlarmNamePrefix="busy", MaxRecords=1, NextToken=first["NextToken"])
    one, two = first["MetricAlarms"] + second["MetricAlarms"]
    assert (one["AlarmName"], one["Threshold"], one["ActionsEnabled"]) == ("busy-1", 0.8, True)
    assert (two["Threshold"], two["ActionsEnabled"], two["StateValue"]) == (0.9, False, "INSUFFICIENT_DATA")
    assert (one["Dimensions"], one["Period"]) == (alarm("")["Dimensions"], 60)
    assert "NextToken" not in second
    named = client.describe_alarms(AlarmNames=["quiet", "none"])["MetricAlarms"]
    assert [found["AlarmName"] for found in named] == ["quiet"]
    assert client.describe_alarms(ActionPrefix="arn:aws:lambda")["MetricAlarms"] == []
    with pytest.raises(ClientError) as missing:
        client.delete_alarms(AlarmNames=["quiet", "none"])
    assert missing.value.response["Error"]["Code"] in ("ResourceNotFound", "ResourceNotFoundException")
    client.delete_alarms(AlarmNames=["busy-1", "busy-2", "quiet"])
    assert client.describe_alarms()["MetricAlarms"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"Statistic": None},
        {"ExtendedStatistic": "p99"},
        {"Metrics": [{"Id": "a", "Expression": "m1*2"}]},
        {"Threshold": None},
    ],
)
def test_an_alarm_that_names_no_metric_or_two_statistics_is_refused(
    client: Any, change: dict[str, Any]
) -> None:
    given = {name: value for name, value in {**alarm("x"), **change}.items() if value is not None}
    with pytest.raises(ClientError):
        client.put_metric_alarm(**given)
