"""A whole centre from nothing, with the calls of deploy tools in their order, and calls through it.

Order and calls are those of the resources of CloudFormation (AWS::Connect::*) and of Terraform's provider (aws_connect_*), as
their documentation names them: instance, hours, queue, prompt, module, flow, routing profile, security profile, user, quick
connect, template, number and its flow, function and bot.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from busyhour.emulator.app import build
from busyhour.emulator.server.listener import running
from busyhour.harness.publishing import problems
from busyhour.quotas.model import Kind
from busyhour.quotas.table.quota_table import load

from ..client_environment import client_environment

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:lookup"
INTEGRATION = "arn:aws:app-integrations:us-east-1:123456789012:event-integration/orders"
STORAGE = {"StorageType": "S3", "S3Config": {"BucketName": "calls", "BucketPrefix": "connect"}}
BOT = "arn:aws:lex:us-east-1:123456789012:bot-alias/BOTBOTBOT1/ALIASALIAS"
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
AROUND_THE_CLOCK = [
    {"Day": day, "StartTime": {"Hours": 0, "Minutes": 0}, "EndTime": {"Hours": 0, "Minutes": 0}}
    for day in DAYS
]
NUMBER = "+12065550142"


def action(identifier: str, type: str, parameters: dict[str, Any], next: str, *errors: str) -> dict[str, Any]:
    return {
        "Identifier": identifier,
        "Type": type,
        "Parameters": parameters,
        "Transitions": {
            "NextAction": next,
            "Errors": [
                {"NextAction": next if type == "MessageParticipant" else "bye", "ErrorType": error}
                for error in errors
            ],
            "Conditions": [],
        },
    }


def flow(*actions: dict[str, Any], end: str = "DisconnectParticipant", **more: Any) -> str:
    bye = {"Identifier": "bye", "Type": end, "Parameters": {}, "Transitions": {}}
    start = actions[0]["Identifier"] if actions else "bye"
    return json.dumps({"Version": "2019-10-30", "StartAction": start, "Actions": [*actions, bye], **more})


class Centre:
    """A centre as a deploy tool makes it; `made` has the identifiers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connect = boto3.client(
            "connect",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.made: dict[str, str] = {}

    def deploy(self) -> None:
        connect, made = self.connect, self.made
        made["instance"] = connect.create_instance(
            IdentityManagementType="CONNECT_MANAGED",
            InstanceAlias="whole-centre",
            InboundCallsEnabled=True,
            OutboundCallsEnabled=True,
        )["Id"]
        here = {"InstanceId": made["instance"]}
        assert connect.describe_instance(**here)["Instance"]["InstanceStatus"] == "ACTIVE"
        connect.update_instance_attribute(**here, AttributeType="CONTACTFLOW_LOGS", Value="true")
        made["storage"] = connect.associate_instance_storage_config(
            **here, ResourceType="CALL_RECORDINGS", StorageConfig=STORAGE
        )["AssociationId"]
        connect.associate_approved_origin(**here, Origin="https://example.org")
        made["integration"] = connect.create_integration_association(
            **here,
            IntegrationType="EVENT",
            IntegrationArn=INTEGRATION,
            SourceApplicationUrl="https://shop.example",
            SourceApplicationName="Shop",
            SourceType="CASES",
        )["IntegrationAssociationId"]
        connect.create_predefined_attribute(
            **here, Name="Language", Values={"StringList": ["English", "German"]}
        )
        connect.update_user_hierarchy_structure(**here, HierarchyStructure={"LevelOne": {"Name": "Team"}})
        made["group"] = connect.create_user_hierarchy_group(**here, Name="Orders")["HierarchyGroupId"]
        made["view"] = connect.create_view(
            **here, Name="Form", Status="PUBLISHED", Content={"Template": "{}", "Actions": []}
        )["View"]["Id"]
        made["hours"] = connect.create_hours_of_operation(
            **here, Name="Always", TimeZone="Europe/Berlin", Config=AROUND_THE_CLOCK, Tags={"by": "tool"}
        )["HoursOfOperationId"]
        made["queue"] = connect.create_queue(
            **here, Name="Orders", HoursOfOperationId=made["hours"], MaxContacts=20, Tags={"by": "tool"}
        )["QueueId"]
        made["prompt"] = connect.create_prompt(**here, Name="Welcome", S3Uri="s3://prompts/welcome.wav")[
            "PromptId"
        ]
        made["module"] = connect.create_contact_flow_module(
            **here, Name="Greeting module", Content=flow(end="EndFlowModuleExecution", Settings={
                "InputParameters": [], "OutputParameters": [], "Transitions": []}),
        )["Id"]  # fmt: skip
        arn = f"{connect.describe_instance(**here)['Instance']['Arn']}/queue/{made['queue']}"
        made["flow"] = connect.create_contact_flow(
            **here,
            Name="Orders inbound",
            Type="CONTACT_FLOW",
            Content=flow(
                action(
                    "hello", "MessageParticipant", {"PromptId": made["prompt"]}, "greet", "NoMatchingError"
                ),
                action(
                    "greet", "InvokeFlowModule", {"FlowModuleId": made["module"]}, "set", "NoMatchingError"
                ),
                action("set", "UpdateContactTargetQueue", {"QueueId": arn}, "queue", "NoMatchingError"),
                action("queue", "TransferContactToQueue", {}, "bye", "NoMatchingError", "QueueAtCapacity"),
            ),
        )["ContactFlowId"]
        made["routing"] = connect.create_routing_profile(
            **here,
            Name="Order takers",
            Description="Voice and tasks",
            DefaultOutboundQueueId=made["queue"],
            QueueConfigs=[
                {"QueueReference": {"QueueId": made["queue"], "Channel": channel}, "Priority": 1, "Delay": 0}
                for channel in ("VOICE", "TASK")
            ],
            MediaConcurrencies=[{"Channel": channel, "Concurrency": 1} for channel in ("VOICE", "TASK")],
        )["RoutingProfileId"]
        made["security"] = connect.create_security_profile(**here, SecurityProfileName="Order taker")[
            "SecurityProfileId"
        ]
        made["user"] = connect.create_user(
            **here,
            Username="ada",
            Password="Pass/w0rd",
            IdentityInfo={"FirstName": "Ada", "LastName": "Lovelace", "Email": "ada@example.org"},
            PhoneConfig={"PhoneType": "SOFT_PHONE", "AutoAccept": True, "AfterContactWorkTimeLimit": 0},
            SecurityProfileIds=[made["security"]],
            RoutingProfileId=made["routing"],
        )["UserId"]
        connect.update_user_hierarchy(**here, UserId=made["user"], HierarchyGroupId=made["group"])
        made["quick"] = connect.create_quick_connect(
            **here,
            Name="Reception",
            QuickConnectConfig={
                "QuickConnectType": "PHONE_NUMBER",
                "PhoneConfig": {"PhoneNumber": "+12065550100"},
            },
        )["QuickConnectId"]
        connect.associate_queue_quick_connects(**here, QueueId=made["queue"], QuickConnectIds=[made["quick"]])
        made["template"] = connect.create_task_template(
            **here,
            Name="Return",
            ContactFlowId=made["flow"],
            Fields=[{"Id": {"Name": "Order"}, "Type": "NAME"}],
            Constraints={"RequiredFields": [{"Id": {"Name": "Order"}}]},
        )["Id"]
        connect.associate_lambda_function(**here, FunctionArn=LAMBDA)
        connect.associate_bot(**here, LexV2Bot={"AliasArn": BOT})
        made["number"] = connect.claim_phone_number(**here, PhoneNumber=NUMBER)["PhoneNumberId"]
        connect.associate_phone_number_contact_flow(
            **here, PhoneNumberId=made["number"], ContactFlowId=made["flow"]
        )


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    rates = {quota.key: 1e6 for quota in load() if quota.kind in (Kind.RATE, Kind.BURST)}
    emulator = build(quotas=rates, validator=problems)
    with running(emulator) as url:
        made = Centre(url)
        made.deploy()
        yield made
        made.connect.close()


def until(ask: Callable[[], Any], seconds: float = 20.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def test_boto3_finds_what_it_made_and_a_task_goes_through_it(centre: Centre):
    connect, made, here = centre.connect, centre.made, {"InstanceId": centre.made["instance"]}
    statuses = connect.list_agent_statuses(**here)["AgentStatusSummaryList"]
    available = next(one["Id"] for one in statuses if one["Name"] == "Available")
    connect.put_user_status(**here, UserId=made["user"], AgentStatusId=available)
    task = connect.start_task_contact(**here, Name="Return 17", TaskTemplateId=made["template"])["ContactId"]
    contact = until(
        lambda: (one := connect.describe_contact(**here, ContactId=task)["Contact"]).get("AgentInfo") and one
    )
    assert contact["QueueInfo"]["Id"] == made["queue"]
    assert contact["AgentInfo"]["Id"] == made["user"]
    now = connect.get_current_metric_data(
        **here,
        Filters={"Queues": [made["queue"]], "Channels": ["TASK"]},
        CurrentMetrics=[
            {"Name": "AGENTS_ONLINE", "Unit": "COUNT"},
            {"Name": "SLOTS_ACTIVE", "Unit": "COUNT"},
        ],
    )["MetricResults"][0]["Collections"]
    assert {one["Metric"]["Name"]: one["Value"] for one in now} == {"AGENTS_ONLINE": 1.0, "SLOTS_ACTIVE": 1.0}
    connect.stop_contact(**here, ContactId=task)
    ended = connect.describe_contact(**here, ContactId=task)["Contact"]
    assert ended["DisconnectTimestamp"] >= ended["InitiationTimestamp"]
    start = time.time() - time.time() % 900
    metrics = connect.get_metric_data_v2(
        ResourceArn=connect.describe_instance(**here)["Instance"]["Arn"],
        StartTime=start - 900,
        EndTime=time.time(),
        Filters=[{"FilterKey": "QUEUE", "FilterValues": [made["queue"]]}],
        Metrics=[{"Name": "CONTACTS_QUEUED"}, {"Name": "CONTACTS_HANDLED"}],
    )["MetricResults"][0]["Collections"]
    assert {one["Metric"]["Name"]: one["Value"] for one in metrics} == {
        "CONTACTS_QUEUED": 1.0,
        "CONTACTS_HANDLED": 1.0,
    }
    found = connect.search_contacts(
        **here,
        TimeRange={"Type": "INITIATION_TIMESTAMP", "StartTime": start - 900, "EndTime": start + 1800},
        SearchCriteria={"QueueIds": [made["queue"]]},
    )
    assert [one["Id"] for one in found["Contacts"]] == [task]
    users = connect.search_users(
        **here,
        SearchCriteria={
            "StringCondition": {"FieldName": "Username", "Value": "ada", "ComparisonType": "EXACT"}
        },
    )
    assert [one["Id"] for one in users["Users"]] == [made["user"]]


def test_a_plan_of_the_same_resources_shows_no_change(centre: Centre):
    """What a deploy tool reads back is what it wrote: otherwise every plan shows a change."""
    connect, made, here = centre.connect, centre.made, {"InstanceId": centre.made["instance"]}
    queue = connect.describe_queue(**here, QueueId=made["queue"])["Queue"]
    assert (queue["MaxContacts"], queue["HoursOfOperationId"], queue["Tags"]) == (
        20,
        made["hours"],
        {"by": "tool"},
    )
    user = connect.describe_user(**here, UserId=made["user"])["User"]
    assert user["IdentityInfo"] == {"FirstName": "Ada", "LastName": "Lovelace", "Email": "ada@example.org"}
    assert (user["RoutingProfileId"], user["SecurityProfileIds"]) == (made["routing"], [made["security"]])
    hours = connect.describe_hours_of_operation(**here, HoursOfOperationId=made["hours"])["HoursOfOperation"]
    assert hours["Config"] == AROUND_THE_CLOCK
    template = connect.get_task_template(**here, TaskTemplateId=made["template"])
    assert template["Fields"] == [{"Id": {"Name": "Order"}, "Type": "NAME"}]
    assert connect.list_lambda_functions(**here)["LambdaFunctions"] == [LAMBDA]
    assert connect.list_bots(**here, LexVersion="V2")["LexBots"] == [{"LexV2Bot": {"AliasArn": BOT}}]
    assert user["HierarchyGroupId"] == made["group"]
    stored = connect.describe_instance_storage_config(
        **here, AssociationId=made["storage"], ResourceType="CALL_RECORDINGS"
    )["StorageConfig"]
    assert stored == {**STORAGE, "AssociationId": made["storage"]}
    assert connect.list_approved_origins(**here)["Origins"] == ["https://example.org"]
    (integration,) = connect.list_integration_associations(**here)["IntegrationAssociationSummaryList"]
    assert integration["IntegrationAssociationId"] == made["integration"]
    attribute = connect.describe_predefined_attribute(**here, Name="Language")["PredefinedAttribute"]
    assert attribute["Values"] == {"StringList": ["English", "German"]}
    group = connect.describe_user_hierarchy_group(**here, HierarchyGroupId=made["group"])["HierarchyGroup"]
    assert (group["Name"], list(group["HierarchyPath"])) == ("Orders", ["LevelOne"])
    view = connect.describe_view(**here, ViewId=made["view"])["View"]
    assert (view["Name"], view["Content"]) == ("Form", {"Template": "{}", "Actions": []})
    quick = connect.list_queue_quick_connects(**here, QueueId=made["queue"])["QuickConnectSummaryList"]
    assert [one["Id"] for one in quick] == [made["quick"]]


def environment(centre: Centre) -> dict[str, str]:
    return client_environment(centre.url, INSTANCE=centre.made["instance"])


@pytest.mark.slow
def test_the_aws_cli_reads_and_is_refused(centre: Centre):
    aws = shutil.which("aws")
    if aws is None:
        pytest.skip("aws is not on PATH")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [
            aws,
            "connect",
            *arguments,
            "--instance-id",
            centre.made["instance"],
            "--endpoint-url",
            centre.url,
        ]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, env=environment(centre), check=False
        )

    def read(*arguments: str) -> Any:
        done = run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    queues = read("list-queues", "--queue-types", "STANDARD")["QueueSummaryList"]
    assert {one["Name"] for one in queues} == {"BasicQueue", "Orders"}
    described = read("describe-contact-flow", "--contact-flow-id", centre.made["flow"])["ContactFlow"]
    assert described["Status"] == "PUBLISHED"
    version = read("create-contact-flow-module-version", "--contact-flow-module-id", centre.made["module"])
    assert version["Version"] == 1
    refused = run("describe-queue", "--queue-id", "00000000-0000-4000-8000-000000000000")
    assert refused.returncode in (254, 255)  # of versions 2 and 1
    assert "(ResourceNotFoundException)" in refused.stderr
    refused = run("create-contact-flow", "--name", "x", "--type", "CONTACT_FLOW", "--content", "{}")
    assert "(InvalidContactFlowException)" in refused.stderr


NODE = """
import { ConnectClient, CreateQueueCommand, DescribeUserCommand, ListUsersCommand, SearchQueuesCommand }
  from "@aws-sdk/client-connect";
const { ENDPOINT, INSTANCE } = process.env;
const connect = new ConnectClient({ endpoint: ENDPOINT, region: "us-east-1", maxAttempts: 1 });
const InstanceId = INSTANCE;
const told = {};
told.users = (await connect.send(new ListUsersCommand({ InstanceId }))).UserSummaryList.map((user) => user.Username);
const search = { InstanceId, SearchCriteria: { StringCondition: { FieldName: "name", Value: "ord", ComparisonType: "STARTS_WITH" } } };
told.queues = (await connect.send(new SearchQueuesCommand(search))).Queues.map((queue) => queue.Name);
const refused = async (command) => {
  try { await connect.send(command); return "accepted"; }
  catch (error) { return [error.name, error.$metadata.httpStatusCode]; }
};
told.refused = [
  await refused(new DescribeUserCommand({ InstanceId, UserId: "00000000-0000-4000-8000-000000000000" })),
  await refused(new CreateQueueCommand({ InstanceId, Name: "Orders", HoursOfOperationId: "no" })),
];
console.log(JSON.stringify(told));
"""


@pytest.mark.slow
def test_the_sdk_for_javascript_reads_and_is_refused(centre: Centre, tmp_path: Path):
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm and node are not on PATH")
    (tmp_path / "package.json").write_text('{"private": true, "type": "module"}')
    install = [
        npm,
        "install",
        "--no-audit",
        "--no-fund",
        "--silent",
        "--ignore-scripts",
        "@aws-sdk/client-connect",
    ]
    done = subprocess.run(install, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install the SDK: {done.stderr[-300:]}")
    (tmp_path / "session.mjs").write_text(NODE, encoding="utf-8")
    done = subprocess.run(
        [node, "session.mjs"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(centre),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "users": ["ada"],
        "queues": ["Orders"],
        "refused": [["ResourceNotFoundException", 404], ["DuplicateResourceException", 409]],
    }
