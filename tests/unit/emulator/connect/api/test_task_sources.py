"""A task begins in the flow of its request, of a quick connect, or of a task template."""

from __future__ import annotations

import json

import pytest

QUEUED = {
    "Version": "2019-10-30",
    "StartAction": "queue",
    "Actions": [
        {
            "Identifier": "queue",
            "Type": "TransferContactToQueue",
            "Parameters": {},
            "Transitions": {
                "NextAction": "bye",
                "Errors": [
                    {"NextAction": "bye", "ErrorType": error}
                    for error in ("NoMatchingError", "QueueAtCapacity")
                ],
            },
        },
        {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ],
}


@pytest.fixture
def to_queue(connect):
    return connect("CreateContactFlow", Name="To queue", Type="QUEUE_TRANSFER", Content=json.dumps(QUEUED))[
        "ContactFlowId"
    ]


def test_a_quick_connect_gives_a_task_its_flow_and_its_queue(connect, to_queue):
    hours = connect("ListHoursOfOperations")["HoursOfOperationSummaryList"][0]["Id"]
    queue = connect("CreateQueue", Name="Back office", HoursOfOperationId=hours)["QueueId"]
    config = {
        "QuickConnectType": "QUEUE",
        "QueueConfig": {"QueueId": queue, "ContactFlowId": to_queue},
    }
    quick = connect("CreateQuickConnect", Name="Back office", QuickConnectConfig=config)["QuickConnectId"]
    task = connect("StartTaskContact", Name="t", QuickConnectId=quick)["ContactId"]
    assert connect("DescribeContact", ContactId=task)["Contact"]["QueueInfo"]["Id"] == queue


def test_a_template_gives_a_task_its_flow(connect):
    flow = connect.emulator.instance.flow_named("Greeting").id
    subject = {"Id": {"Name": "Subject"}}
    template = connect(
        "CreateTaskTemplate",
        Name="Return",
        Fields=[{**subject, "Type": "NAME"}],
        Constraints={"RequiredFields": [subject]},
        ContactFlowId=flow,
    )["Id"]
    task = connect("StartTaskContact", Name="t", TaskTemplateId=template)["ContactId"]
    contact = connect("DescribeContact", ContactId=task)["Contact"]
    assert (contact["Channel"], contact["Name"]) == ("TASK", "t")


def test_a_quick_connect_to_a_number_has_no_flow_for_a_task(connect, aws_error):
    config = {"QuickConnectType": "PHONE_NUMBER", "PhoneConfig": {"PhoneNumber": "+12065550100"}}
    quick = connect("CreateQuickConnect", Name="Reception", QuickConnectConfig=config)["QuickConnectId"]
    with pytest.raises(aws_error) as refused:
        connect("StartTaskContact", Name="t", QuickConnectId=quick)
    assert (refused.value.code, refused.value.status) == ("InvalidRequestException", 400)
