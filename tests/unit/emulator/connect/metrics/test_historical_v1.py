"""GetMetricData: every metric that the model names, with values of telephone calls and tasks."""

from __future__ import annotations

import pytest
from botocore.session import get_session

START = 1_800_000_000
NAMES = get_session().get_service_model("connect").shape_for("HistoricalMetricName").enum
NO_DATA = {
    *("OCCUPANCY", "HOLD_TIME", "CALLBACK_CONTACTS_HANDLED"),
    *("CONTACTS_TRANSFERRED_IN_FROM_QUEUE", "CONTACTS_TRANSFERRED_OUT_FROM_QUEUE"),
}


@pytest.fixture
def values(connect):
    def values(queue):
        metrics = [
            {
                "Name": name,
                **(
                    {"Threshold": {"Comparison": "LT", "ThresholdValue": 20.0}}
                    if name == "SERVICE_LEVEL"
                    else {}
                ),
            }
            for name in NAMES
        ]
        answer = connect(
            "GetMetricData",
            StartTime=START - 3600,
            EndTime=START + 3600,
            Filters={"Queues": [queue]},
            HistoricalMetrics=metrics,
        )
        (result,) = answer["MetricResults"]
        return {one["Metric"]["Name"]: one.get("Value") for one in result["Collections"]}

    return values


def test_every_metric_has_a_figure_or_no_value(connect, values, queue_flow):
    queue, flow = queue_flow
    first = connect("StartTaskContact", ContactFlowId=flow, Name="t")["ContactId"]
    second = connect("TransferContact", ContactId=first, ContactFlowId=flow)["ContactId"]
    connect("StopContact", ContactId=second)
    connect.emulator.clock.advance(3_000.0)
    found = values(queue)
    assert set(found) == set(NAMES)
    assert len(NAMES) == 25
    assert {name for name, value in found.items() if value is None} == {*NO_DATA, "ABANDON_TIME"}
    counts = {
        name: found[name] for name in found if name.startswith(("CONTACTS_", "API_")) and name not in NO_DATA
    }
    assert counts == {
        **dict.fromkeys(counts, 0.0),
        "CONTACTS_QUEUED": 2.0,
        "CONTACTS_HANDLED": 2.0,
        "API_CONTACTS_HANDLED": 1.0,
        "CONTACTS_HANDLED_INCOMING": 1.0,
        "CONTACTS_TRANSFERRED_IN": 1.0,
        "CONTACTS_TRANSFERRED_OUT": 1.0,
    }
    assert found["INTERACTION_AND_HOLD_TIME"] == found["INTERACTION_TIME"]


@pytest.fixture
def queue_flow(connect):
    """A queue whose contacts are answered at once, and a flow into it."""
    import json

    hours = connect("ListHoursOfOperations")["HoursOfOperationSummaryList"][0]["Id"]
    queue = connect("CreateQueue", Name="Orders", HoursOfOperationId=hours)
    error = {"NextAction": "bye", "ErrorType": "NoMatchingError"}
    full = {"NextAction": "bye", "ErrorType": "QueueAtCapacity"}
    actions = [
        {
            "Identifier": "set",
            "Type": "UpdateContactTargetQueue",
            "Parameters": {"QueueId": queue["QueueArn"]},
            "Transitions": {"NextAction": "go", "Errors": [error], "Conditions": []},
        },
        {
            "Identifier": "go",
            "Type": "TransferContactToQueue",
            "Parameters": {},
            "Transitions": {"NextAction": "bye", "Errors": [error, full], "Conditions": []},
        },
        {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ]
    content = json.dumps({"Version": "2019-10-30", "StartAction": "set", "Actions": actions})
    flow = connect("CreateContactFlow", Name="In", Type="CONTACT_FLOW", Content=content)["ContactFlowId"]
    return queue["QueueId"], flow


def test_current_metrics_come_in_pages_and_in_order(connect, queue_flow):
    queue, flow = queue_flow
    hours = connect("ListHoursOfOperations")["HoursOfOperationSummaryList"][0]["Id"]
    other = connect("CreateQueue", Name="Empty", HoursOfOperationId=hours)["QueueId"]
    connect("StartTaskContact", ContactFlowId=flow, Name="t")
    asked = {
        "Filters": {"Queues": [other, queue]},
        "Groupings": ["QUEUE"],
        "CurrentMetrics": [{"Name": "AGENTS_ONLINE", "Unit": "COUNT"}, {"Name": "AGENTS_ERROR"}],
        "SortCriteria": [{"SortByMetric": "AGENTS_ONLINE", "SortOrder": "DESCENDING"}],
    }
    first = connect("GetCurrentMetricData", **asked, MaxResults=1)
    second = connect("GetCurrentMetricData", **asked, MaxResults=1, NextToken=first["NextToken"])
    ids = [one["Dimensions"]["Queue"]["Id"] for page in (first, second) for one in page["MetricResults"]]
    assert (ids, "NextToken" in second, first["ApproximateTotalCount"]) == ([queue, other], False, 2)
