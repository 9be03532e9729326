"""What handlers are seen to ask of DynamoDB, where the scenario does not say."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from busyhour.capacity.demand.handlers import HandlerAnswers
from busyhour.capacity.demand.observed_operations import with_observed_operations
from busyhour.capacity.demand.per_call import demand_of_call
from busyhour.scenarios.model import Access, Function, Table

HANDLER = """
import os
import boto3

def handler(event, context):
    table = boto3.resource("dynamodb").Table("people")
    table.load()
    phone = event["Details"]["ContactData"]["CustomerEndpoint"]["Address"]
    found = table.get_item(Key={"pk": phone}).get("Item")
    if not phone.endswith(("0", "1")):
        table.put_item(Item={"pk": phone})
    boto3.client("dynamodb").transact_write_items(TransactItems=[
        {"Put": {"TableName": "people", "Item": {"pk": {"S": "a"}}}},
        {"Put": {"TableName": "people", "Item": {"pk": {"S": "b"}}}},
    ])
    return {}
"""


@pytest.fixture
def scenario(tmp_path: Path, small: Any) -> Any:
    file = tmp_path / "app.py"
    file.write_text(HANDLER, encoding="utf-8")
    definition = tmp_path / "people.json"
    key = {"AttributeName": "pk", "KeyType": "HASH"}
    attribute = {"AttributeName": "pk", "AttributeType": "S"}
    table = {"TableName": "people", "AttributeDefinitions": [attribute], "KeySchema": [key]}
    definition.write_text(json.dumps({**table, "BillingMode": "PAY_PER_REQUEST"}), encoding="utf-8")
    made = small.scenario(
        functions=(Function("lookup", handler=f"{file}:handler"),), callers={"numbers": ("+1202555010#",)}
    )
    return replace(made, tables={"people": Table("people", definition)})


def test_operations_that_are_not_declared_are_those_that_handlers_make(scenario: Any, small: Any):
    machine = small.machine(small.lookup)
    with HandlerAnswers(scenario, seconds=1000.0) as handlers:
        made, notes = with_observed_operations(scenario, machine, handlers)
        demand = demand_of_call(made, machine, calls=100, answers=handlers)
    operations = made.functions["lookup"].operations
    assert operations == {
        "people.GetItem": 1.0,
        "people.PutItem": pytest.approx(0.8, abs=0.1),
        "people.TransactWriteItems": 2.0,
    }
    assert "its handler made 1 people.GetItem" in notes[0]
    assert demand.mean("DynamoDB:people.TransactWriteItems") == 2.0
    assert demand.quantities["Lambda invocations"].exact
    assert not demand.quantities["DynamoDB:people.GetItem"].exact


def test_what_the_scenario_declares_is_left_alone(scenario: Any, small: Any):
    declared = replace(scenario.functions["lookup"], operations={"people.GetItem": 3.0})
    made = replace(scenario, functions={"lookup": declared})
    with HandlerAnswers(made, seconds=1000.0) as handlers:
        assert with_observed_operations(made, small.machine(small.lookup), handlers) == (made, [])


WAYS = """
import boto3

def handler(event, context):
    client = boto3.client("dynamodb")
    client.get_item(TableName="people", Key={"pk": {"S": "a"}}, ConsistentRead=True)
    client.batch_get_item(RequestItems={"people": {"Keys": [{"pk": {"S": one}} for one in "abc"]}})
    client.query(
        TableName="people",
        IndexName="by-team",
        KeyConditionExpression="team = :t",
        ExpressionAttributeValues={":t": {"S": "x"}},
    )
    return {}
"""


def test_how_handlers_read_is_seen_too(scenario: Any, small: Any, tmp_path: Path):
    (tmp_path / "app.py").write_text(WAYS, encoding="utf-8")
    definition = json.loads((tmp_path / "people.json").read_text(encoding="utf-8"))
    definition["AttributeDefinitions"].append({"AttributeName": "team", "AttributeType": "S"})
    definition["GlobalSecondaryIndexes"] = [
        {
            "IndexName": "by-team",
            "KeySchema": [{"AttributeName": "team", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ]
    (tmp_path / "people.json").write_text(json.dumps(definition), encoding="utf-8")
    items = [{"pk": {"S": one}, "team": {"S": "x"}} for one in "abcd"]
    (tmp_path / "items.json").write_text(json.dumps(items), encoding="utf-8")
    table = Table("people", tmp_path / "people.json", tmp_path / "items.json")
    with HandlerAnswers(replace(scenario, tables={"people": table}), seconds=1000.0) as handlers:
        made, _ = with_observed_operations(scenario, small.machine(small.lookup), handlers)
    assert made.functions["lookup"].operations == {
        "people.BatchGetItem": 1.0,
        "people.GetItem": 1.0,
        "people.Query": 1.0,
    }
    assert made.functions["lookup"].access == {
        "people.BatchGetItem": Access(items=3),
        "people.GetItem": Access(consistent=True),
        "people.Query": Access(items=4, index="by-team"),
    }
