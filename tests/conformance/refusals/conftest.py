"""A centre made through an AWS client, and requests of tables that AWS refuses, sent by boto3, the AWS CLI and Node.js."""

from __future__ import annotations

import contextlib
import csv
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from busyhour.emulator.app import Emulator, build
from busyhour.emulator.connect.service import HANDLERS
from busyhour.emulator.server.listener import running
from busyhour.emulator.service_quotas.increases import ApprovalPolicy
from busyhour.harness.publishing import problems
from busyhour.quotas.model import Kind
from busyhour.quotas.table.quota_table import kebab, load
from busyhour.scenarios.model import Function

from ...client_environment import client_environment

HERE = Path(__file__).parent
NUMBER = "+12065550199"
SOMEWHERE = "00000000-0000-4000-8000-000000000000"
NOW = 1_800_000_000
"""The time of the session in the tables: times of their requests are moved by whole hours to the present."""
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


Call = Callable[..., dict[str, Any]]
"""`call(operation, **parameters)` sends a request to Connect; `call(operation, service=...)` to another service."""


class RefusedError(Exception):
    """An error of the service: its code, and its HTTP status, None where the client does not show it."""

    def __init__(self, code: str, status: int | None, message: str = "") -> None:
        super().__init__(f"{status} {code}: {message}")
        self.code = code
        self.status = status


class UnknownOperationError(Exception):
    """The client is older than the operation."""


class Boto3:
    """Requests by boto3, without its own checks of parameters, so that the service sees every request."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: dict[str, Any] = {}

    def __call__(self, operation: str, service: str = "connect", **params: Any) -> dict[str, Any]:
        client = self._clients.get(service)
        if client is None:
            client = self._clients[service] = boto3.client(
                service,
                endpoint_url=self._url,
                region_name="us-east-1",
                aws_access_key_id="AKIDEXAMPLE",
                aws_secret_access_key="secret",
                config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
            )
        try:
            answer: dict[str, Any] = client._make_api_call(operation, params)
        except ClientError as error:
            about = error.response
            status = about["ResponseMetadata"]["HTTPStatusCode"]
            raise RefusedError(about["Error"]["Code"], status, about["Error"].get("Message", "")) from None
        return answer


class Cli:
    """Requests by the AWS CLI, one process for each; it prints the code of an error and not its status."""

    def __init__(self, url: str, program: str) -> None:
        self._url = url
        self._program = program

    def __call__(self, operation: str, service: str = "connect", **params: Any) -> dict[str, Any]:
        name = xform_name(operation, "-")
        given = json.dumps({key: value for key, value in params.items() if value is not None})
        command = [self._program, service, name, "--endpoint-url", self._url, "--output", "json"]
        done = subprocess.run(
            [*command, "--cli-input-json", given],
            capture_output=True,
            text=True,
            timeout=120,
            env=client_environment(self._url),
            check=False,
        )
        if found := re.search(r"An error occurred \((\w+)\)[^:]*: (.*)", done.stderr):
            raise RefusedError(found[1], None, found[2])
        if "Invalid choice" in done.stderr:
            raise UnknownOperationError(operation)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}


class Node:
    """Requests by the AWS SDK for JavaScript, in one process that reads and writes lines of JSON."""

    def __init__(self, url: str, script: Path) -> None:
        self._process = subprocess.Popen(
            ["node", script.name],
            cwd=script.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=client_environment(url),
        )

    def __call__(self, operation: str, service: str = "connect", **params: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([service, operation, params]) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if answer.get("unknown"):
            raise UnknownOperationError(operation)
        if "error" in answer:
            raise RefusedError(*answer["error"])
        found: dict[str, Any] = answer["answer"]
        return found

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()


# ------------------------------------------------------------------------------------------- the centre


def made_centre(client: Call) -> dict[str, str]:
    """Make a centre with the calls of deploy tools, in their order, and return the names that the tables use."""
    instances = client("ListInstances")["InstanceSummaryList"]
    told = {
        "instance": instances[0]["Id"],
        "instance_arn": instances[0]["Arn"],
        "alias": instances[0]["InstanceAlias"],
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
    arn = told["instance_arn"]
    told["instance_elsewhere"] = arn.replace("us-east-1", "eu-west-2")
    told["queue_elsewhere"] = told["queue_arn"].replace("us-east-1", "eu-west-2")
    told["flow_elsewhere"] = f"{arn.rpartition('/')[0]}/{SOMEWHERE}/contact-flow/{told['flow']}"
    claimed = client("ClaimPhoneNumber", InstanceId=told["instance"], PhoneNumber=told["released"])
    client("ReleasePhoneNumber", PhoneNumberId=claimed["PhoneNumberId"])
    return told


def make_settings(client: Call, told: dict[str, str]) -> None:
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
    told["group"] = client("CreateTrafficDistributionGroup", Name="Group", InstanceId=told["instance"])["Id"]


def make_queues_and_flows(client: Call, told: dict[str, str]) -> None:
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


def make_people(client: Call, told: dict[str, str]) -> None:
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


def make_contacts(client: Call, told: dict[str, str]) -> None:
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


def user(told: Mapping[str, str], **more: Any) -> dict[str, Any]:
    return {
        "Username": "grace",
        "Password": "Passw0rd",
        "IdentityInfo": {"FirstName": "A", "LastName": "B"},
        "PhoneConfig": {"PhoneType": "SOFT_PHONE"},
        "SecurityProfileIds": [told["security"]],
        "RoutingProfileId": told["profile"],
        **more,
    }


def make_services(call: Call) -> None:
    """Make what the requests of other services refer to: a function with a version and an alias, a table, an increase."""
    call("PublishVersion", "lambda", FunctionName="one")
    call("CreateAlias", "lambda", FunctionName="one", Name="live", FunctionVersion="1")
    call(
        "CreateTable",
        "dynamodb",
        TableName="one",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    storage = {"ServiceCode": "lambda", "QuotaCode": "L-2ACBD22F", "DesiredValue": 5000.0}
    call("RequestServiceQuotaIncrease", "service-quotas", **storage)


# ------------------------------------------------------------------------------------------- the tables


def table(name: str) -> list[dict[str, str]]:
    """Return the rows of a table."""
    return list(csv.DictReader((HERE / f"{name}.csv").read_text(encoding="utf-8").splitlines()))


def request(row: Mapping[str, str], told: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters of a row: those of a template (`user:{...}`) with its changes, and `$names` filled in."""
    head, _, changes = row["parameters"].partition(":{")
    attributes = {"a": "x" * 40_000}
    templates: dict[str, Callable[[], dict[str, Any]]] = {
        "user": lambda: user(told),
        "metrics": lambda: {
            "ResourceArn": told["instance_arn"],
            "StartTime": 1_799_996_400,
            "EndTime": 1_799_999_100,
            "Filters": [{"FilterKey": "QUEUE", "FilterValues": [told["queue"]]}],
            "Metrics": [{"Name": "CONTACTS_CREATED"}],
        },
        "big": lambda: {
            "ContactFlowId": told["flow"],
            "DestinationPhoneNumber": "+12065550100",
            "SourcePhoneNumber": NUMBER,
            "Attributes": attributes,
        },
        "bigger": lambda: {"Attributes": attributes},
    }
    whole = row["parameters"] if head not in templates else "{" + changes
    given = {**(templates[head]() if head in templates else {}), **json.loads(whole)}
    return {name: filled(value, told) for name, value in given.items()}


def filled(value: Any, told: Mapping[str, str]) -> Any:
    """Return a value of a table with its names, repetitions and times replaced."""
    if isinstance(value, dict):
        return {name: filled(inner, told) for name, inner in value.items()}
    if isinstance(value, list):
        if value and isinstance(value[0], str) and value[0].startswith("times:"):
            return [filled(value[1], told)] * int(value[0][6:])
        return [filled(inner, told) for inner in value]
    if isinstance(value, int) and abs(value - NOW) < 2e7:
        return value + int(time.time() - NOW) // 3600 * 3600
    if not isinstance(value, str):
        return value
    if found := REPEATED.search(value):
        count, what = found.groups()
        return value[: found.start()] + what * int(count) + value[found.end() :]
    if value.startswith("flow:"):
        return content(filled(json.loads(value[5:]), told), BYE)
    if value.startswith("$"):
        name, colon, rest = value[1:].partition(":")
        return told[name] + colon + rest if name in told else value
    return value


class Session:
    """An emulator with a centre that a client made, and the check of rows of a table."""

    def __init__(self, emulator: Emulator, url: str, call: Call) -> None:
        self.emulator = emulator
        self.url = url
        self.call = call
        self.sent = 0
        """Rows of tables that the client sent."""
        instance = emulator.state.account.instance_id
        self.told = made_centre(self.of(instance))

    def of(self, instance: str, *, boto3_instead: bool = True) -> Call:
        """Return the client with the instance among the parameters of operations that have it.

        boto3 sends operations that the client is too old to know, unless it must not.
        """
        model = boto3.client("connect", region_name="us-east-1").meta.service_model

        def call(operation: str, **params: Any) -> dict[str, Any]:
            shape = model.operation_model(operation).input_shape
            if "InstanceId" in shape.members and operation not in ("ListPhoneNumbersV2", "ListInstances"):
                params.setdefault("InstanceId", instance)
            try:
                return self.call(operation, **params)
            except UnknownOperationError:
                if not boto3_instead:
                    raise
                return Boto3(self.url)(operation, **params)

        return call

    def check(self, row: Mapping[str, str]) -> str:
        """Send the request of a row, and return what differs from its code and status; empty: nothing."""
        send = self.call
        if row.get("service", "connect") == "connect":
            send = self.of(self.told["instance"], boto3_instead=False)
        more = {"service": row["service"]} if "service" in row else {}
        try:
            answer = send(row["operation"], **more, **request(row, self.told))
        except UnknownOperationError:
            return ""
        except RefusedError as error:
            self.sent += 1
            codes = CONSTRAINT if row["code"] == "CONSTRAINT" else (row["code"],)
            if error.code in codes and error.status in (None, int(row["status"])):
                return ""
            return f"{row['operation']} {row['parameters'][:200]}: {error}; not {row['status']} {row['code']}"
        return f"{row['operation']} {row['parameters'][:200]}: accepted: {str(answer)[:200]}"


@contextlib.contextmanager
def served(tmp: Path) -> Iterator[tuple[Emulator, str]]:
    """An emulator that judges flows as AWS does, whose API rates never bind."""
    path = tmp / "Greeting.json"
    path.write_text(content(BYE), encoding="utf-8")
    rates = {quota.key: 1e6 for quota in load() if quota.kind in (Kind.RATE, Kind.BURST)}
    rates |= {f"connect.{kebab(operation)}.rate": 1e6 for operation in HANDLERS}
    functions = [Function("one")]
    emulator = build(
        flows=[path],
        quotas=rates,
        numbers=[NUMBER],
        validator=problems,
        functions=functions,
        approval=ApprovalPolicy(case_delay=None),
    )
    with running(emulator) as url:
        yield emulator, url


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A centre that boto3 made."""
    with served(tmp_path_factory.mktemp("flows")) as (emulator, url):
        call = Boto3(url)
        make_services(call)
        yield Session(emulator, url, call)


@pytest.fixture(scope="module")
def cli_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A centre that the AWS CLI made."""
    program = shutil.which("aws")
    if program is None:
        pytest.skip("aws is not on PATH")
    with served(tmp_path_factory.mktemp("flows")) as (emulator, url):
        yield Session(emulator, url, Cli(url, program))


@pytest.fixture(scope="module")
def node_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A centre that the AWS SDK for JavaScript made, installed by npm."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm and node are not on PATH")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    command = [
        npm,
        "install",
        "--no-audit",
        "--no-fund",
        "--silent",
        "--ignore-scripts",
        "@aws-sdk/client-connect",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install the SDK: {done.stderr[-300:]}")
    script = folder / "client.mjs"
    script.write_text((HERE / "client.mjs").read_text(encoding="utf-8"), encoding="utf-8")
    with served(tmp_path_factory.mktemp("flows")) as (emulator, url):
        client = Node(url, script)
        try:
            yield Session(emulator, url, client)
        finally:
            client.close()


@pytest.fixture(scope="session")
def rows() -> Callable[[str], list[dict[str, str]]]:
    """`rows(name)` are the rows of a table."""
    return table
