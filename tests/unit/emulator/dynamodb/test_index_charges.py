"""What writes cost in global secondary indexes, and that an index without throughput holds up its table."""

from __future__ import annotations

import pytest

ATTRIBUTES = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "state", "agent")]
BIG = {"S": "x" * 2500}


def index(name, key, projection, **more):
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "Projection": projection,
        **more,
    }


@pytest.fixture
def indexed(dynamo):
    """A table with an index that has all of an item and one that has its keys alone."""
    found = dynamo()
    found.call(
        "CreateTable",
        TableName="tab",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=ATTRIBUTES,
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            index("by-state", "state", {"ProjectionType": "ALL"}),
            index("by-agent", "agent", {"ProjectionType": "KEYS_ONLY"}),
        ],
    )
    return found


def units(answer):
    """Write units of the table and of each index."""
    assert answer["__status"] == 200, answer
    consumed = answer["ConsumedCapacity"]
    of_indexes = consumed.get("GlobalSecondaryIndexes", {})
    return consumed["Table"]["CapacityUnits"], {
        name: each["CapacityUnits"] for name, each in of_indexes.items()
    }


def put(found, **attributes):
    item = {name: value if isinstance(value, dict) else {"S": value} for name, value in attributes.items()}
    return units(found.call("PutItem", TableName="tab", Item=item, ReturnConsumedCapacity="INDEXES"))


def update(found, name, value, expression="SET #n = :v"):
    return units(
        found.call(
            "UpdateItem",
            TableName="tab",
            Key={"id": {"S": "1"}},
            UpdateExpression=expression,
            ExpressionAttributeNames={"#n": name},
            **({"ExpressionAttributeValues": {":v": value}} if value else {}),
            ReturnConsumedCapacity="INDEXES",
        )
    )


def test_a_new_item_costs_one_write_of_its_entry_in_every_index_that_has_its_key(indexed):
    assert put(indexed, id="1", state="open", agent="jo", text=BIG) == (
        3.0,
        {"by-state": 3.0, "by-agent": 1.0},
    )
    assert put(indexed, id="2", state="open", text=BIG) == (3.0, {"by-state": 3.0})
    assert put(indexed, id="3", text=BIG) == (3.0, {})


def test_an_update_costs_only_where_what_an_index_has_changes_and_twice_where_its_key_does(indexed):
    put(indexed, id="1", state="open", agent="jo", text=BIG)
    assert update(indexed, "text", {"S": "y" * 2500}) == (3.0, {"by-state": 3.0})
    assert update(indexed, "text", {"S": "y" * 2500}) == (3.0, {}), "nothing changed"
    assert update(indexed, "state", {"S": "closed"}) == (3.0, {"by-state": 6.0})
    assert update(indexed, "agent", None, "REMOVE #n") == (3.0, {"by-state": 3.0, "by-agent": 1.0})


def test_a_delete_costs_what_it_takes_out_of_indexes(indexed):
    put(indexed, id="1", state="open", text=BIG)
    answer = indexed.call(
        "DeleteItem", TableName="tab", Key={"id": {"S": "1"}}, ReturnConsumedCapacity="INDEXES"
    )
    assert units(answer) == (3.0, {"by-state": 3.0})


def test_consumed_units_of_an_index_are_a_metric_of_their_own(indexed):
    put(indexed, id="1", state="open", agent="jo", text=BIG)
    assert indexed.total("ConsumedWriteCapacityUnits", TableName="tab") == 3.0
    assert (
        indexed.total("ConsumedWriteCapacityUnits", TableName="tab", GlobalSecondaryIndexName="by-agent")
        == 1.0
    )


def test_an_index_with_too_little_throughput_holds_up_the_writes_of_its_table(dynamo):
    found = dynamo()
    small, large = ({"ReadCapacityUnits": 1, "WriteCapacityUnits": each} for each in (1, 100))
    found.call(
        "CreateTable",
        TableName="tab",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=ATTRIBUTES[:2],
        ProvisionedThroughput=large,
        GlobalSecondaryIndexes=[
            index("by-state", "state", {"ProjectionType": "ALL"}, ProvisionedThroughput=small)
        ],
    )
    item = {"id": {"S": "1"}, "state": {"S": "open"}, "n": {"S": "x"}}
    answers = [
        found.call("PutItem", TableName="tab", Item=item | {"n": {"S": str(n)}})["__status"] for n in range(5)
    ]
    assert answers[0] == 200
    assert 400 in answers, "the index owes more than it has"
    found.now[0] += 10
    assert found.call("PutItem", TableName="tab", Item=item)["__status"] == 200


def test_a_query_takes_from_the_partition_of_its_key(dynamo):
    found = dynamo({"dynamodb.partition-read-throughput": 10.0})
    found.call(
        "CreateTable",
        TableName="tab",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=ATTRIBUTES[:1],
        BillingMode="PAY_PER_REQUEST",
    )
    found.call("PutItem", TableName="tab", Item={"id": {"S": "1"}, "text": {"S": "x" * 9000}})
    wanted = {
        "TableName": "tab",
        "KeyConditionExpression": "#k = :k",
        "ExpressionAttributeNames": {"#k": "id"},
        "ExpressionAttributeValues": {":k": {"S": "1"}},
        "ConsistentRead": True,
    }
    served = [found.call("Query", **wanted)["__status"] for _ in range(6)]
    assert served == [200, 200, 200, 200, 400, 400], "3 units each of 10: the fourth leaves a debt"
