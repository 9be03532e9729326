"""Faults set by the admin API of a running emulator, as its clients see them."""

from __future__ import annotations

import json
import time
import urllib.request
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from busyhour.emulator.app import build
from busyhour.emulator.server.listener import running
from busyhour.flows.protocol import Invoke
from busyhour.scenarios.model import Distribution, Function


@pytest.fixture(scope="module")
def aws():
    functions = [
        Function("lookup", response={"a": "b"}),
        Function("other", latency=Distribution("constant", 0.0)),
    ]
    emulator = build(functions=functions)
    with running(emulator) as url:

        def client(service):
            return boto3.client(
                service,
                endpoint_url=url,
                region_name="us-east-1",
                aws_access_key_id="A",
                aws_secret_access_key="s",
                config=Config(retries={"total_max_attempts": 1}),
            )

        def admin(method, path, document=None):
            data = None if document is None else json.dumps(document).encode()
            asked = urllib.request.Request(
                f"{url}/_busyhour/{path}", data, {"Content-Type": "application/json"}, method=method
            )
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return json.loads(answer.read())

        yield SimpleNamespace(client=client, admin=admin, emulator=emulator)


@pytest.fixture
def faults(aws):
    yield lambda *given: aws.admin("POST", "faults", list(given))
    aws.admin("DELETE", "faults")


def refused(call, **asked):
    with pytest.raises(ClientError) as caught:
        call(**asked)
    return caught.value.response["Error"]["Code"]


def test_a_table_is_unreachable_and_the_others_are_not(aws, faults):
    dynamodb = aws.client("dynamodb")
    for name in ("orders", "customers"):
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    faults({"service": "dynamodb", "resource": "orders", "unreachable_share": 1})
    key = {"k": {"S": "1"}}
    with pytest.raises(ConnectionClosedError):
        dynamodb.get_item(TableName="orders", Key=key)
    with pytest.raises(ConnectionClosedError):
        dynamodb.batch_get_item(RequestItems={"orders": {"Keys": [key]}})
    with pytest.raises(ConnectionClosedError):
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "orders", "Item": key}}])
    assert dynamodb.get_item(TableName="customers", Key=key)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_function_fails_is_throttled_or_cannot_be_reached(aws, faults):
    invoke = aws.client("lambda").invoke
    faults({"service": "lambda", "resource": "lookup", "function_error_share": 1})
    answer = invoke(FunctionName="lookup")
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "InjectedFault"
    assert "FunctionError" not in invoke(FunctionName="other")
    faults({"service": "lambda", "throttle_share": 1})
    assert refused(invoke, FunctionName="lookup") == "TooManyRequestsException"
    faults({"service": "lambda", "error_share": 1, "error_code": "ServiceException"})
    assert refused(invoke, FunctionName="lookup") == "ServiceException"
    faults({"service": "lambda", "unreachable_share": 1})
    with pytest.raises(ConnectionClosedError):
        invoke(FunctionName="lookup")
    faults({"service": "lambda", "latency_seconds": 0.3})
    began = time.monotonic()
    invoke(FunctionName="lookup")
    assert time.monotonic() - began >= 0.3


def test_flows_meet_the_same_failures_of_functions(aws, faults):
    functions = aws.emulator.contacts.centre.invoker.functions
    faults({"service": "lambda", "function_error_share": 1})
    heard = []
    functions.invoke(None, Invoke("look up", "lookup", {}, 8.0), heard.append)
    assert [failed.kind for failed in heard] == ["function_error"]


def test_throttles_and_errors_of_one_operation(aws, faults):
    connect = aws.client("connect")
    faults({"service": "connect", "operation": "ListQueues", "throttle_share": 1})
    assert refused(connect.list_queues, InstanceId="i") == "TooManyRequestsException"
    assert connect.list_instances()["InstanceSummaryList"]


def test_no_agents_leaves_queues_unattended_until_it_is_over(aws, faults):
    acd = aws.emulator.contacts.centre.acd
    faults({"condition": "no_agents", "queue": "Support"})
    assert (acd.queue("Support").attended, acd.queue("Sales").attended) == (False, True)
    faults({"condition": "no_agents"})
    assert not acd.queue("Sales").attended
    aws.admin("DELETE", "faults")
    assert acd.queue("Support").attended
