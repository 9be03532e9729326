"""Scripted sessions of other clients than boto3, with signatures verified: the SDK for JavaScript and the AWS CLI."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from busyhour.emulator.app import Emulator, build
from busyhour.emulator.server import running

FLOWS = Path(__file__).resolve().parents[2] / "examples" / "helpdesk" / "flows"
SESSION = Path(__file__).with_name("session.mjs")
PACKAGES = [f"@aws-sdk/client-{name}" for name in ("connect", "lambda", "dynamodb", "service-quotas")]
KEY, SECRET = "AKIDEXAMPLE", "a/secret+key"


def zipped(source: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", source)
    return out.getvalue()


@contextlib.contextmanager
def verified() -> Iterator[tuple[Emulator, dict[str, str]]]:
    """An emulator that verifies signatures, and the environment of a client that it knows."""
    emulator = build(flows=sorted(FLOWS.glob("*.json")), numbers=["+12065550199"], credentials={KEY: SECRET})
    with running(emulator) as url:
        flow = emulator.instance.flow_named("Helpdesk after hours")
        assert flow is not None
        yield (
            emulator,
            {
                **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
                "AWS_ACCESS_KEY_ID": KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_MAX_ATTEMPTS": "1",
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_PAGER": "",
                "ENDPOINT": url,
                "INSTANCE": emulator.state.account.instance_id,
                "INSTANCE_ARN": emulator.state.account.instance_arn,
                "FLOW": flow.id,
            },
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
def test_the_sdk_for_javascript_runs_a_session(session: Path):
    code = zipped("def handler(event, context):\n    return {'twice': event['n'] * 2}\n")
    with verified() as (emulator, environment):
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
    assert told == {
        "sameContact": True,
        "method": "API",
        "isDate": True,
        "stoppedTwice": ["ContactNotFoundException", 410],
        "badFlow": ["InvalidContactFlowException", True],
        "flows": sum(flow.type != "MODULE" for flow in emulator.instance.flows()),
        "queueListed": True,
        "throttled": [True, "TooManyRequestsException 429"],
        "invoked": {"twice": 40},
        "logged": True,
        "functionThrottled": [
            "TooManyRequestsException",
            "ReservedFunctionConcurrentInvocationLimitExceeded",
        ],
        "item": ["1.5", [0, 255]],
        "count": 1,
        "quota": 10,
        "increase": "PENDING",
        "quotas": True,
        "wrongSecret": ["InvalidSignatureException", 403],
        "wrongKey": ["UnrecognizedClientException", 403],
    }


@pytest.mark.slow
def test_the_aws_cli_runs_a_session(need: Callable[[str], str], tmp_path: Path):
    tool = need("aws")
    (tmp_path / "app.zip").write_bytes(zipped("def handler(event, context):\n    return event['n'] * 2\n"))
    with verified() as (_, environment):

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
            *("dynamodb", "create-table", "--table-name", "t", "--billing-mode", "PAY_PER_REQUEST"),
            *("--key-schema", "AttributeName=k,KeyType=HASH"),
            *("--attribute-definitions", "AttributeName=k,AttributeType=S"),
        )
        aws("dynamodb", "put-item", "--table-name", "t", "--item", '{"k": {"S": "1"}, "v": {"N": "5"}}')
        got = aws("dynamodb", "get-item", "--table-name", "t", "--key", '{"k": {"S": "1"}}')
        assert got["Item"]["v"] == {"N": "5"}
        asked = ("--service-code", "lambda", "--quota-code", "L-B99A9384")
        filed = aws("service-quotas", "request-service-quota-increase", *asked, "--desired-value", "3000")
        assert filed["RequestedQuota"]["Status"] == "PENDING"
        aws("connect", "list-queues", *instance, fails="InvalidSignature", AWS_SECRET_ACCESS_KEY="x")
        aws("sts", "get-caller-identity", fails="InvalidClientTokenId", AWS_ACCESS_KEY_ID="AKIDNOBODY")
        aws("dynamodb", "list-tables", fails="UnrecognizedClient", AWS_ACCESS_KEY_ID="AKIDNOBODY")
