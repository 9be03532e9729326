"""Scripted sessions of other clients than boto3, with signatures verified: the SDK for JavaScript and the AWS CLI."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from busyhour.emulator.app import Emulator, build
from busyhour.emulator.server.listener import running
from busyhour.emulator.service_quotas.increases import ApprovalPolicy

from ..client_environment import client_environment

FLOWS = Path(__file__).resolve().parents[2] / "examples" / "helpdesk" / "flows"
SESSION = Path(__file__).with_name("session.mjs")
CLIENTS = (
    *("connect", "connectparticipant", "cloudwatch", "dynamodb", "lambda", "lex-runtime-v2"),
    "service-quotas",
)
PACKAGES = [*(f"@aws-sdk/client-{name}" for name in CLIENTS), "@smithy/node-http-handler"]
KEY, SECRET = "AKIDEXAMPLE", "a/secret+key"


def zipped(source: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", source)
    return out.getvalue()


@contextlib.contextmanager
def verified(events: Path) -> Iterator[tuple[Emulator, dict[str, str]]]:
    """An emulator that verifies signatures, and the environment of a client that it knows.

    Quota increases and tables take half a second; contact events go to a file.
    """
    emulator = build(
        flows=sorted(FLOWS.glob("*.json")),
        numbers=["+12065550199"],
        credentials={KEY: SECRET},
        approval=ApprovalPolicy(delay=0.5),
        table_delay=0.5,
        events=str(events),
    )
    with running(emulator) as url:
        flow, main = (emulator.instance.flow_named(f"Helpdesk {name}") for name in ("after hours", "main"))
        assert flow is not None
        assert main is not None
        yield (
            emulator,
            client_environment(
                url,
                KEY,
                SECRET,
                INSTANCE=emulator.state.account.instance_id,
                INSTANCE_ARN=emulator.state.account.instance_arn,
                FLOW=flow.id,
                CHAT_FLOW=main.id,
            ),
        )


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script in a folder that has the SDK's packages, installed by npm."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm and node are not on PATH")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", *PACKAGES]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install the SDK: {done.stderr[-300:]}")
    shutil.copy(SESSION, folder)
    return folder / SESSION.name


@pytest.mark.slow
def test_the_sdk_for_javascript_runs_a_session(session: Path, tmp_path: Path):
    code = zipped("def handler(event, context):\n    return {'twice': event['n'] * 2}\n")
    with verified(tmp_path / "events.jsonl") as (emulator, environment):
        done = subprocess.run(
            ["node", session.name],
            cwd=session.parent,
            capture_output=True,
            text=True,
            timeout=120,
            env={**environment, "ZIP": base64.b64encode(code).decode()},
            check=False,
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    contacts = told.pop("contacts")
    assert told == {
        "sameContact": True,
        "method": "API",
        "isDate": True,
        "stoppedTwice": ["ContactNotFoundException", 410],
        "badFlow": ["InvalidContactFlowException", True],
        "flows": sum(flow.type != "MODULE" for flow in emulator.instance.flows()),
        "queueListed": True,
        "throttled": [True, "TooManyRequestsException 429"],
        "said": ["is it late?"],
        "attributes": {"topic": "bill", "vip": "yes"},
        "references": ["https://example.com/17"],
        "task": ["TASK", "care"],
        "found": True,
        "created": [1],
        "inQueue": [0],
        "concurrent": True,
        "metrics": True,
        "intent": "OrderStatus",
        "invoked": {"twice": 40},
        "aliased": ["1", {"twice": 2}],
        "logged": True,
        "functionThrottled": [
            "TooManyRequestsException",
            "ReservedFunctionConcurrentInvocationLimitExceeded",
        ],
        "early": "ResourceNotFoundException",
        "item": ["1.5", [0, 255]],
        "count": 1,
        "cancelled": ["TransactionCanceledException", ["None", "ConditionalCheckFailed"]],
        "batch": 3,
        "quota": 10,
        "increase": "PENDING",
        "applied": [20, 20],
        "quotas": True,
        "wrongSecret": ["InvalidSignatureException", 403],
        "wrongKey": ["UnrecognizedClientException", 403],
    }
    happened = moments(tmp_path / "events.jsonl")
    for contact in contacts.values():
        assert happened[contact][0] == "INITIATED"
        assert "DISCONNECTED" in happened[contact]


def moments(events: Path) -> dict[str, list[str]]:
    """The event types of each contact, as they came."""
    found: dict[str, list[str]] = {}
    for line in events.read_text(encoding="utf-8").splitlines():
        detail = json.loads(line)["detail"]
        found.setdefault(detail["contactId"], []).append(detail["eventType"])
    return found


@pytest.mark.slow
def test_the_aws_cli_runs_a_session(need: Callable[[str], str], tmp_path: Path):
    tool = need("aws")
    (tmp_path / "app.zip").write_bytes(zipped("def handler(event, context):\n    return event['n'] * 2\n"))
    with verified(tmp_path / "events.jsonl") as (_, environment):

        def aws(*arguments: str, fails: str = "", **changed: str) -> Any:
            command = [tool, "--endpoint-url", environment["ENDPOINT"], "--output", "json", *arguments]
            done = subprocess.run(
                command,
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=120,
                env={**environment, **changed},
                check=False,
            )
            if fails:
                assert done.returncode != 0
                assert fails in done.stderr
                return None
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout) if done.stdout.strip() else None

        instance = ("--instance-id", environment["INSTANCE"])
        queues = aws("connect", "list-queues", *instance)["QueueSummaryList"]
        hours = aws("connect", "list-hours-of-operations", *instance)["HoursOfOperationSummaryList"]
        made = aws(
            "connect", "create-queue", *instance, "--name", "Cli", "--hours-of-operation-id", hours[0]["Id"]
        )
        after = aws("connect", "list-queues", *instance)["QueueSummaryList"]
        assert {queue["Id"] for queue in after} - {queue["Id"] for queue in queues} == {made["QueueId"]}
        aws(
            *("lambda", "create-function", "--function-name", "cli", "--runtime", "python3.12", "--handler"),
            *("app.handler", "--role", "arn:aws:iam::123456789012:role/r", "--zip-file", "fileb://app.zip"),
        )
        invoke = ("lambda", "invoke", "--function-name", "cli", "--payload", '{"n": 21}')
        version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
        raw = ("--cli-binary-format", "raw-in-base64-out") if version.startswith("aws-cli/2") else ()
        assert aws(*invoke, *raw, "answer.json")["StatusCode"] == 200
        assert (tmp_path / "answer.json").read_text() == "42"
        aws(
            *("dynamodb", "create-table", "--table-name", "tab", "--billing-mode", "PAY_PER_REQUEST"),
            *("--key-schema", "AttributeName=k,KeyType=HASH"),
            *("--attribute-definitions", "AttributeName=k,AttributeType=S"),
        )
        described = aws("dynamodb", "describe-table", "--table-name", "tab")
        assert described["Table"]["TableStatus"] == "ACTIVE"
        aws("dynamodb", "put-item", "--table-name", "tab", "--item", '{"k": {"S": "1"}, "v": {"N": "5"}}')
        got = aws("dynamodb", "get-item", "--table-name", "tab", "--key", '{"k": {"S": "1"}}')
        assert got["Item"]["v"] == {"N": "5"}
        asked = ("--service-code", "lambda", "--quota-code", "L-B99A9384")
        filed = aws("service-quotas", "request-service-quota-increase", *asked, "--desired-value", "3000")
        assert filed["RequestedQuota"]["Status"] == "PENDING"
        place = (*instance, "--contact-id")
        task = aws(
            *("connect", "start-task-contact", *instance, "--name", "call back"),
            *("--contact-flow-id", environment["CHAT_FLOW"]),
        )["ContactId"]
        assert aws("connect", "describe-contact", *place, task)["Contact"]["Channel"] == "TASK"
        aws("connect", "stop-contact", *place, task)
        created = aws(
            *("connect", "get-metric-data-v2", "--resource-arn", environment["INSTANCE_ARN"]),
            *("--start-time", str(int(time.time()) - 3600), "--end-time", str(int(time.time()))),
            *("--filters", f"FilterKey=FLOWS_RESOURCE_ID,FilterValues={environment['CHAT_FLOW']}"),
            *("FilterKey=CHANNEL,FilterValues=TASK", "--metrics", "Name=FLOWS_STARTED"),
        )
        assert created["MetricResults"][0]["Collections"][0]["Value"] == 1
        query = {
            "Id": "tasks",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Connect",
                    "MetricName": "ConcurrentTasks",
                    "Dimensions": [
                        {"Name": "InstanceId", "Value": environment["INSTANCE"]},
                        {"Name": "MetricGroup", "Value": "Tasks"},
                    ],
                },
                "Period": 60,
                "Stat": "Maximum",
            },
        }
        seen = aws(
            *("cloudwatch", "get-metric-data", "--metric-data-queries", json.dumps([query])),
            *("--start-time", str(int(time.time()) - 300), "--end-time", str(int(time.time()) + 60)),
        )
        assert max(seen["MetricDataResults"][0]["Values"]) == 1
        assert moments(tmp_path / "events.jsonl")[task][0] == "INITIATED"
        applied = aws("service-quotas", "get-service-quota", *asked)
        assert applied["Quota"]["Value"] == 3000
        aws("connect", "list-queues", *instance, fails="InvalidSignature", AWS_SECRET_ACCESS_KEY="x")
        aws("sts", "get-caller-identity", fails="InvalidClientTokenId", AWS_ACCESS_KEY_ID="AKIDNOBODY")
        aws("dynamodb", "list-tables", fails="UnrecognizedClient", AWS_ACCESS_KEY_ID="AKIDNOBODY")
