"""Changes of contacts in progress, their place in the queue, what agents do now, and GetMetricData."""

from __future__ import annotations

import pytest

START = 1_800_000_000


def test_priority_and_age_move_a_waiting_contact(lab):
    first, second, third = lab.task(), lab.task(), lab.task()
    assert [lab.place(one) for one in (first, second, third)] == [1, 2, 3]
    lab.client("UpdateContactRoutingData", ContactId=third, QueuePriority=1)
    assert [lab.place(one) for one in (first, second, third)] == [2, 3, 1]
    lab.client("UpdateContactRoutingData", ContactId=second, QueueTimeAdjustmentSeconds=600)
    assert [lab.place(one) for one in (first, second, third)] == [3, 2, 1]
    lab.sign_in()
    agents = [
        lab.client("DescribeContact", ContactId=one)["Contact"].get("AgentInfo")
        for one in (first, second, third)
    ]
    assert [agent is not None for agent in agents] == [False, True, True]


def test_routing_data_is_one_of_both_and_of_a_contact_that_waits(lab, code_of):
    task = lab.task()
    for wrong in ({}, {"QueuePriority": 1, "QueueTimeAdjustmentSeconds": 5}):
        assert code_of(lab.client, "UpdateContactRoutingData", ContactId=task, **wrong) == (
            "InvalidParameterException"
        )
    lab.client("StopContact", ContactId=task)
    assert code_of(lab.client, "UpdateContactRoutingData", ContactId=task, QueuePriority=1) == (
        "ResourceConflictException"
    )
    metrics = [{"Name": "POSITION_IN_QUEUE"}]
    assert code_of(lab.client, "GetContactMetrics", ContactId=task, Metrics=metrics) == (
        "InvalidRequestException"
    )


def test_a_task_is_transferred_as_a_new_contact_of_its_chain(lab, code_of):
    task = lab.task()
    made = lab.client("TransferContact", ContactId=task, ContactFlowId=lab.flow, QueueId=lab.queue)
    old = lab.client("DescribeContact", ContactId=task)["Contact"]
    new = lab.client("DescribeContact", ContactId=made["ContactId"])["Contact"]
    assert old["DisconnectReason"] == "TRANSFERRED"
    assert (new["InitiationMethod"], new["PreviousContactId"], new["InitialContactId"]) == (
        "TRANSFER",
        task,
        task,
    )
    assert lab.place(made["ContactId"]) == 1
    again = {"ContactFlowId": lab.flow}
    assert code_of(lab.client, "TransferContact", ContactId=task, **again) == "InvalidRequestException"
    last = made["ContactId"]
    for _ in range(10):
        last = lab.client("TransferContact", ContactId=last, **again)["ContactId"]
    assert code_of(lab.client, "TransferContact", ContactId=last, **again) == "InvalidRequestException"
    both = {**again, "QueueId": lab.queue, "UserId": lab.user}
    assert code_of(lab.client, "TransferContact", ContactId=lab.task(), **both) == "InvalidRequestException"


def test_a_call_is_not_transferred(lab, code_of, start):
    assert code_of(lab.client, "TransferContact", ContactId=start(), ContactFlowId=lab.flow) == (
        "InvalidRequestException"
    )


def test_update_contact_adds_and_replaces_and_needs_something(lab, code_of):
    task = lab.task()
    url = {"Type": "URL", "Value": "https://example.org"}
    lab.client("UpdateContact", ContactId=task, Name="new", References={"a": url})
    lab.client("UpdateContact", ContactId=task, Description="d", References={"b": url})
    contact = lab.client("DescribeContact", ContactId=task)["Contact"]
    assert (contact["Name"], contact["Description"]) == ("new", "d")
    listed = lab.client("ListContactReferences", ContactId=task, ReferenceTypes=["URL"])[
        "ReferenceSummaryList"
    ]
    assert [one["Url"]["Name"] for one in listed] == ["a", "b"]
    assert code_of(lab.client, "UpdateContact", ContactId=task) == "InvalidRequestException"


def test_current_user_data_has_status_slots_and_contacts(lab, code_of):
    by_user = {"Filters": {"Agents": [lab.user]}}
    assert lab.client("GetCurrentUserData", **by_user)["UserDataList"] == []
    lab.sign_in()
    task = lab.task()
    for filters in (by_user["Filters"], {"Queues": [lab.queue]}, {"RoutingProfiles": [lab.profile]}):
        data = lab.client("GetCurrentUserData", Filters=filters)["UserDataList"]
        assert [one["User"]["Id"] for one in data] == [lab.user]
    one = data[0]
    assert one["Status"]["StatusName"] == "Available"
    assert (one["MaxSlotsByChannel"], one["ActiveSlotsByChannel"]) == ({"TASK": 2}, {"TASK": 1})
    assert [(contact["ContactId"], contact["Queue"]["Id"]) for contact in one["Contacts"]] == [
        (task, lab.queue)
    ]
    ended = {**by_user["Filters"], "ContactFilter": {"ContactStates": ["ENDED"]}}
    assert lab.client("GetCurrentUserData", Filters=ended)["UserDataList"] == []
    assert code_of(lab.client, "GetCurrentUserData", Filters={}) == "InvalidParameterException"


def metrics_of(*names, **more):
    return {
        "StartTime": START - 3600,
        "EndTime": START + 3600,
        "HistoricalMetrics": [{"Name": name} for name in names],
        **more,
    }


def test_metric_data_of_the_first_version_counts_contacts_by_queue_and_channel(lab):
    lab.sign_in()
    for task in (lab.task(), lab.task()):
        lab.client("StopContact", ContactId=task)
    request = metrics_of(
        "CONTACTS_QUEUED", "CONTACTS_HANDLED", Filters={"Queues": [lab.queue]}, Groupings=["QUEUE", "CHANNEL"]
    )
    results = lab.client("GetMetricData", **request)["MetricResults"]
    by_channel = {
        one["Dimensions"]["Channel"]: [collected.get("Value") for collected in one["Collections"]]
        for one in results
    }
    assert by_channel == {"VOICE": [0.0, 0.0], "CHAT": [0.0, 0.0], "TASK": [2.0, 2.0]}
    assert results[0]["Dimensions"]["Queue"]["Id"] == lab.queue


@pytest.mark.parametrize(
    "change",
    [
        {"StartTime": START + 7200},
        {"StartTime": START - 3601},
        {"StartTime": START - 90_000},
        {"EndTime": START + 90_000},
        {"Filters": {}},
        {"HistoricalMetrics": [{"Statistic": "SUM"}]},
        {"HistoricalMetrics": [{"Name": "CONTACTS_QUEUED", "Statistic": "AVG"}]},
        {"HistoricalMetrics": [{"Name": "SERVICE_LEVEL", "Statistic": "AVG", "Unit": "PERCENT"}]},
        {"Groupings": ["ROUTING_PROFILE"]},
    ],
)
def test_metric_data_of_the_first_version_refuses(lab, code_of, change):
    request = metrics_of("CONTACTS_QUEUED", Filters={"Queues": [lab.queue]})
    assert code_of(lab.client, "GetMetricData", **{**request, **change}) == "InvalidParameterException"
