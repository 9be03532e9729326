"""Requests that AWS refuses, each with AWS's code and status: refusals.csv, with the source of each.

Where the source says "code inferred", AWS documents that the request is refused and not with which of the errors that the
operation models. A violated constraint of the model is CONSTRAINT there: InvalidParameterException, or InvalidRequestException
for an operation that models no other.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

ROWS = list(csv.DictReader(Path(__file__).with_name("refusals.csv").read_text(encoding="utf-8").splitlines()))
CONSTRAINT = ("InvalidParameterException", "InvalidRequestException", "PropertyValidationException")
BYE = {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
END = {"Identifier": "bye", "Type": "EndFlowModuleExecution", "Parameters": {}, "Transitions": {}}
DAY = [{"Day": "MONDAY", "StartTime": {"Hours": 9, "Minutes": 0}, "EndTime": {"Hours": 17, "Minutes": 0}}]
VOICE = [{"Channel": "VOICE", "Concurrency": 1}]


def content(*actions: dict[str, Any], **more: Any) -> str:
    return json.dumps(
        {"Version": "2019-10-30", "StartAction": actions[0]["Identifier"], "Actions": actions, **more}
    )


SETTINGS = {"InputParameters": [], "OutputParameters": [], "Transitions": []}
MODULE = content(END, Settings=SETTINGS)


@pytest.fixture(scope="module")
def centre(published):
    """What the requests of the table refer to: resources made with the calls of deploy tools, in their order."""
    client = published
    told = {"instance": client.instance_id, "alias": client("DescribeInstance")["Instance"]["InstanceAlias"]}
    told["hours"] = client("CreateHoursOfOperation", Name="Office", TimeZone="UTC", Config=DAY)[
        "HoursOfOperationId"
    ]
    client(
        "CreateHoursOfOperationOverride",
        HoursOfOperationId=told["hours"],
        Name="Holiday",
        Config=DAY,
        EffectiveFrom="2026-12-24",
        EffectiveTill="2026-12-25",
    )
    told["queue"] = client("CreateQueue", Name="Sales", HoursOfOperationId=told["hours"])["QueueId"]
    told["prompt"] = client("CreatePrompt", Name="Hello", S3Uri="s3://bucket/hello.wav")["PromptId"]
    client("CreatePrompt", Name="Bye", S3Uri="s3://bucket/bye.wav")
    told["module_id"] = client("CreateContactFlowModule", Name="Module", Content=MODULE)["Id"]
    told["flow"] = client("CreateContactFlow", Name="Main", Type="CONTACT_FLOW", Content=content(BYE))[
        "ContactFlowId"
    ]
    told["draft"] = client(
        "CreateContactFlow", Name="Draft", Type="CONTACT_FLOW", Content=content(BYE), Status="SAVED"
    )["ContactFlowId"]
    client("CreateContactFlowVersion", ContactFlowId=told["flow"])
    client("CreateContactFlowAlias", ContactFlowId=told["flow"], AliasName="live", ContactFlowVersion=1)
    told["security"] = client("ListSecurityProfiles")["SecurityProfileSummaryList"][0]["Id"]
    queue = {"QueueReference": {"QueueId": told["queue"], "Channel": "VOICE"}, "Priority": 1, "Delay": 0}
    told["profile"] = client(
        "CreateRoutingProfile",
        Name="Agents",
        Description="d",
        DefaultOutboundQueueId=told["queue"],
        MediaConcurrencies=VOICE,
        QueueConfigs=[queue],
    )["RoutingProfileId"]
    told["user"] = client("CreateUser", **user(told, Username="ada"))["UserId"]
    phone = {"QuickConnectType": "PHONE_NUMBER", "PhoneConfig": {"PhoneNumber": "+12065550100"}}
    client("CreateQuickConnect", Name="Reception", QuickConnectConfig=phone)
    client("AssociateLambdaFunction", FunctionArn="arn:aws:lambda:us-east-1:123456789012:function:hook")
    client("AssociateLexBot", LexBot={"Name": "Old", "LexRegion": "us-east-1"})
    told["group"] = client("CreateTrafficDistributionGroup", Name="Group", InstanceId=client.instance_id)[
        "Id"
    ]
    told["number"] = client("ListPhoneNumbersV2")["ListPhoneNumbersSummaryList"][0]["PhoneNumberId"]
    told["contact"] = client("StartTaskContact", ContactFlowId=told["flow"], Name="t")["ContactId"]
    told["content"], told["module_content"] = content(BYE), MODULE
    return client, told


def user(told, **more):
    return {
        "Username": "grace",
        "Password": "Passw0rd",
        "IdentityInfo": {"FirstName": "A", "LastName": "B"},
        "PhoneConfig": {"PhoneType": "SOFT_PHONE"},
        "SecurityProfileIds": [told["security"]],
        "RoutingProfileId": told["profile"],
        **more,
    }


def request(row, client, told):
    """The parameters of a row: those of a template (`user:{...}`) with its changes, and `$names` filled in."""
    head, _, changes = row["parameters"].partition(":{")
    attributes = {"a": "x" * 40_000}
    metrics = {
        "ResourceArn": client.emulator.instance.arn,
        "StartTime": 1799996400,
        "EndTime": 1799999100,
        "Filters": [{"FilterKey": "QUEUE", "FilterValues": [told["queue"]]}],
        "Metrics": [{"Name": "CONTACTS_CREATED"}],
    }
    call = {
        "ContactFlowId": told["flow"],
        "DestinationPhoneNumber": "+12065550100",
        "SourcePhoneNumber": "+12065550199",
        "Attributes": attributes,
    }
    templates = {
        "user": lambda: user(told),
        "metrics": lambda: metrics,
        "big": lambda: call,
        "bigger": lambda: {"Attributes": attributes},
    }
    if head in templates:
        given = {**templates[head](), **json.loads("{" + changes)}
        return {name: filled(value, told) for name, value in given.items() if value is not None}
    return {name: filled(value, told) for name, value in json.loads(row["parameters"]).items()}


def filled(value, told):
    if isinstance(value, dict):
        return {name: filled(inner, told) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, told) for inner in value]
    if isinstance(value, str) and value.startswith("flow:"):
        return content(filled(json.loads(value[5:]), told), BYE)
    if isinstance(value, str) and value.startswith("$"):
        name, colon, rest = value[1:].partition(":")
        return told[name] + colon + rest if name in told else value
    return value


def test_the_table_is_as_long_as_it_should_be_and_every_row_has_a_source():
    assert len(ROWS) >= 150
    assert all(row["source"] for row in ROWS)
    assert len({(row["operation"], row["parameters"]) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[f"{n}-{row['operation']}" for n, row in enumerate(ROWS, 2)])
def test_what_aws_refuses_is_refused_with_its_code_and_status(centre, aws_error, row):
    client, told = centre
    with pytest.raises(aws_error) as refused:
        client(row["operation"], **request(row, client, told))
    codes = CONSTRAINT if row["code"] == "CONSTRAINT" else (row["code"],)
    assert refused.value.code in codes, refused.value
    assert refused.value.status == int(row["status"])
