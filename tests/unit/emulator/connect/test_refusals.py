"""Requests that AWS refuses, each with AWS's code and status: refusals.csv, with the source of each.

Where the source says "code inferred", AWS documents that the request is refused and not with which of the errors that the
operation models. A violated constraint of the model is CONSTRAINT there: InvalidParameterException, or InvalidRequestException
for an operation that models no other. "Live" is an answer of the service in published notes or a public issue. In parameters,
`$name` is what the centre below made, `times:N` before a value N of it, `repeat:N:x` N characters.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROWS = list(csv.DictReader(Path(__file__).with_name("refusals.csv").read_text(encoding="utf-8").splitlines()))
CONSTRAINT = ("InvalidParameterException", "InvalidRequestException", "PropertyValidationException")
REPEATED = re.compile(r"repeat:(\d+):(.):?", re.DOTALL)
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
    return published, made_centre(published)


def made_centre(client) -> dict[str, str]:
    """Make the centre with `client(operation, **parameters)`, and return the names that the table uses."""
    told = {
        "instance": client.instance_id,
        "alias": client("DescribeInstance")["Instance"]["InstanceAlias"],
        "content": content(BYE),
        "module_content": MODULE,
        "integration": "arn:aws:app-integrations:us-east-1:123456789012:event-integration/orders",
        "status": client("ListAgentStatuses")["AgentStatusSummaryList"][0]["Id"],
        "security": client("ListSecurityProfiles")["SecurityProfileSummaryList"][0]["Id"],
        "number": client("ListPhoneNumbersV2")["ListPhoneNumbersSummaryList"][0]["PhoneNumberId"],
        "released": "+12065550888",
    }
    make_settings(client, told)
    make_queues_and_flows(client, told)
    make_people(client, told)
    make_contacts(client, told)
    claimed = client("ClaimPhoneNumber", InstanceId=client.instance_id, PhoneNumber=told["released"])
    client("ReleasePhoneNumber", PhoneNumberId=claimed["PhoneNumberId"])
    return told


def make_settings(client, told):
    store = {"StorageType": "S3", "S3Config": {"BucketName": "calls", "BucketPrefix": "connect"}}
    client("AssociateInstanceStorageConfig", ResourceType="CALL_RECORDINGS", StorageConfig=store)
    client("AssociateApprovedOrigin", Origin="https://example.org")
    for key in ("first", "second"):
        client("AssociateSecurityKey", Key=f"-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----")
    client(
        "CreateIntegrationAssociation",
        IntegrationType="EVENT",
        IntegrationArn=told["integration"],
        SourceApplicationUrl="https://shop.example",
        SourceApplicationName="Shop",
        SourceType="SALESFORCE",
    )
    client("CreatePredefinedAttribute", Name="Language", Values={"StringList": ["English", "German"]})
    view = {"Template": "{}", "Actions": []}
    told["view"] = client("CreateView", Name="Form", Status="PUBLISHED", Content=view)["View"]["Id"]
    told["saved_view"] = client("CreateView", Name="Draft", Status="SAVED", Content=view)["View"]["Id"]
    client("CreateVocabulary", VocabularyName="Words", LanguageCode="en-US", Content="Phrase")
    client(
        "CreateRule",
        Name="Rule",
        TriggerEventSource={"EventSourceName": "OnPostCallAnalysisAvailable"},
        Function="x",
        Actions=[{"ActionType": "END_ASSOCIATED_TASKS", "EndAssociatedTasksAction": {}}],
        PublishStatus="DRAFT",
    )
    question = {"Question": {"Title": "Polite?", "RefId": "q", "QuestionType": "TEXT"}}
    sections = [{"Section": {"Title": "Call", "RefId": "s", "Items": [question]}}]
    told["form"] = client("CreateEvaluationForm", Title="Quality", Items=sections)["EvaluationFormId"]
    client("AssociateLambdaFunction", FunctionArn="arn:aws:lambda:us-east-1:123456789012:function:hook")
    client("AssociateLexBot", LexBot={"Name": "Old", "LexRegion": "us-east-1"})
    told["group"] = client("CreateTrafficDistributionGroup", Name="Group", InstanceId=client.instance_id)[
        "Id"
    ]


def make_queues_and_flows(client, told):
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
    for name, member in (("Sales", "queue"), ("Other", "other")):
        told[member] = client("CreateQueue", Name=name, HoursOfOperationId=told["hours"])["QueueId"]
    told["queue_arn"] = client("DescribeQueue", QueueId=told["queue"])["Queue"]["QueueArn"]
    told["prompt"] = client("CreatePrompt", Name="Hello", S3Uri="s3://bucket/hello.wav")["PromptId"]
    client("CreatePrompt", Name="Bye", S3Uri="s3://bucket/bye.wav")
    told["module_id"] = client("CreateContactFlowModule", Name="Module", Content=MODULE)["Id"]
    flow = {"Type": "CONTACT_FLOW", "Content": content(BYE)}
    told["flow"] = client("CreateContactFlow", Name="Main", **flow)["ContactFlowId"]
    told["draft"] = client("CreateContactFlow", Name="Draft", **flow, Status="SAVED")["ContactFlowId"]
    client("CreateContactFlowVersion", ContactFlowId=told["flow"])
    client("CreateContactFlowAlias", ContactFlowId=told["flow"], AliasName="live", ContactFlowVersion=1)
    phone = {"QuickConnectType": "PHONE_NUMBER", "PhoneConfig": {"PhoneNumber": "+12065550100"}}
    told["quick"] = client("CreateQuickConnect", Name="Reception", QuickConnectConfig=phone)["QuickConnectId"]
    subject = {"Id": {"Name": "Subject"}, "Type": "NAME"}
    template = {"Constraints": {"RequiredFields": [{"Id": {"Name": "Subject"}}]}}
    with_flow = {"Fields": [subject], "ContactFlowId": told["flow"], **template}
    told["template"] = client("CreateTaskTemplate", Name="Task", **with_flow)["Id"]
    told["inactive"] = client("CreateTaskTemplate", Name="Old task", **with_flow, Status="INACTIVE")["Id"]
    fields = [subject, {"Id": {"Name": "To"}, "Type": "QUICK_CONNECT"}]
    told["no_flow"] = client("CreateTaskTemplate", Name="Any", Fields=fields, **template)["Id"]


def make_people(client, told):
    queue = {"QueueReference": {"QueueId": told["queue"], "Channel": "VOICE"}, "Priority": 1, "Delay": 0}
    told["profile"] = client(
        "CreateRoutingProfile",
        Name="Agents",
        Description="d",
        DefaultOutboundQueueId=told["queue"],
        MediaConcurrencies=VOICE,
        QueueConfigs=[queue],
    )["RoutingProfileId"]
    client("UpdateUserHierarchyStructure", HierarchyStructure={"LevelOne": {"Name": "Team"}})
    told["group_of_users"] = client("CreateUserHierarchyGroup", Name="Orders")["HierarchyGroupId"]
    ada = user(told, Username="ada", HierarchyGroupId=told["group_of_users"])
    told["user"] = client("CreateUser", **ada)["UserId"]


def make_contacts(client, told):
    task = {"ContactFlowId": told["flow"], "Name": "t"}
    told["contact"] = client("StartTaskContact", **task)["ContactId"]
    told["chained"] = client("StartTaskContact", **task)["ContactId"]
    for _ in range(12):
        client("StartTaskContact", **task, PreviousContactId=told["chained"])
    told["voice"] = client(
        "StartOutboundVoiceContact",
        ContactFlowId=told["flow"],
        DestinationPhoneNumber="+12065550100",
        SourcePhoneNumber="+12065550199",
    )["ContactId"]


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
        if value and isinstance(value[0], str) and value[0].startswith("times:"):
            return [filled(value[1], told)] * int(value[0][6:])
        return [filled(inner, told) for inner in value]
    if isinstance(value, str) and (found := REPEATED.search(value)):
        count, what = found.groups()
        return value[: found.start()] + what * int(count) + value[found.end() :]
    if isinstance(value, str) and value.startswith("flow:"):
        return content(filled(json.loads(value[5:]), told), BYE)
    if isinstance(value, str) and value.startswith("$"):
        name, colon, rest = value[1:].partition(":")
        return told[name] + colon + rest if name in told else value
    return value


def test_the_table_is_as_long_as_it_should_be_and_every_row_has_a_source():
    assert len(ROWS) >= 370
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
