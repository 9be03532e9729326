"""boto3 against the whole emulator: a handler in its process talks to DynamoDB on the same event loop."""

from __future__ import annotations

import base64
import dataclasses
import json
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from busyhour.emulator.app import build, default_scenario
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.server.listener import running
from busyhour.scenarios.model import Distribution, Function, Table

HANDLER = """
import os
import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])

def lookup(event, context):
    phone = event["Details"]["ContactData"]["CustomerEndpoint"]["Address"]
    found = table.get_item(Key={"pk": phone}).get("Item")
    table.update_item(
        Key={"pk": phone},
        UpdateExpression="ADD calls :one SET lastContact = :c",
        ExpressionAttributeValues={":one": 1, ":c": event["Details"]["ContactData"]["ContactId"]},
    )
    print("looked up", phone)
    return {"tier": found["tier"] if found else "none"}
"""
EVENT = {
    "Name": "ContactFlowEvent",
    "Details": {
        "ContactData": {
            "ContactId": "c-1",
            "CustomerEndpoint": {"Address": "+12025550100", "Type": "TELEPHONE_NUMBER"},
        },
        "Parameters": {},
    },
}


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "customers.py").write_text(HANDLER)
    definition = {
        "TableName": "customers",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    (folder / "table.json").write_text(json.dumps(definition))
    (folder / "items.json").write_text(json.dumps([{"pk": {"S": "+12025550100"}, "tier": {"S": "gold"}}]))
    scenario = dataclasses.replace(
        default_scenario(ConnectPolicy()),
        functions={
            "lookup": Function("lookup", f"{folder}/customers.py:lookup", environment={"TABLE": "customers"}),
            "slow": Function("slow", latency=Distribution("constant", 0.4)),
        },
        tables={"customers": Table("customers", folder / "table.json", folder / "items.json")},
        quotas={"L-B99A9384": 2},
    )
    with running(build(scenario)) as url:
        clients = []

        def client(service):
            made = boto3.client(
                service,
                endpoint_url=url,
                region_name="us-east-1",
                aws_access_key_id="AKIDEXAMPLE",
                aws_secret_access_key="none",
                config=Config(retries={"total_max_attempts": 1}),
            )
            clients.append(made)
            return made

        yield client
        for made in clients:
            made.close()


def test_a_handler_reads_and_writes_the_table(aws):
    answer = aws("lambda").invoke(FunctionName="lookup", Payload=json.dumps(EVENT), LogType="Tail")
    assert json.load(answer["Payload"]) == {"tier": "gold"}
    assert "looked up +12025550100" in base64.b64decode(answer["LogResult"]).decode()
    item = aws("dynamodb").get_item(TableName="customers", Key={"pk": {"S": "+12025550100"}})["Item"]
    assert item["calls"] == {"N": "1"}
    assert item["lastContact"] == {"S": "c-1"}


def test_a_throttle_reaches_boto3_with_its_reason(aws):
    client = aws("lambda")
    with ThreadPoolExecutor(3) as threads:
        running = [threads.submit(client.invoke, FunctionName="slow") for _ in range(2)]
        time.sleep(0.15)
        with pytest.raises(ClientError) as error:
            client.invoke(FunctionName="slow")
        assert [json.load(future.result()["Payload"]) for future in running] == [{}, {}]
    response = error.value.response
    assert response["Error"]["Code"] == "TooManyRequestsException"
    assert response["Reason"] == "ConcurrentInvocationLimitExceeded"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert response["retryAfterSeconds"] == "1"


def test_a_running_handler_does_not_hold_up_the_event_loop(aws):
    client, dynamodb = aws("lambda"), aws("dynamodb")
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(client.invoke, FunctionName="slow")
        began = time.monotonic()
        for _ in range(5):
            dynamodb.list_tables()
        assert time.monotonic() - began < 0.35
        assert not slow.done()
        assert json.load(slow.result()["Payload"]) == {}


def test_who_am_i(aws):
    assert aws("sts").get_caller_identity()["Account"] == "123456789012"


def test_binary_values_and_errors_survive_the_way(aws):
    dynamodb = aws("dynamodb")
    item = {
        "pk": {"S": "b"},
        "data": {"B": b"\x00\xff"},
        "set": {"BS": [b"1", b"2"]},
        "nothing": {"NULL": True},
    }
    dynamodb.put_item(TableName="customers", Item=item)
    got = dynamodb.get_item(TableName="customers", Key={"pk": {"S": "b"}})["Item"]
    assert got["data"] == item["data"]
    assert sorted(got["set"]["BS"]) == item["set"]["BS"]
    assert got["nothing"] == {"NULL": True}
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(TableName="customers", Item=item, ConditionExpression="attribute_not_exists(pk)")
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.describe_table(TableName="missing")
