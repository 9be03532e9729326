"""Fixed limits of requests, each just kept and just broken."""

from __future__ import annotations

import pytest

KEYS = {"AttributeName": "k", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}
TABLE = {
    "KeySchema": list(KEYS),
    "AttributeDefinitions": [
        {"AttributeName": "k", "AttributeType": "S"},
        {"AttributeName": "s", "AttributeType": "S"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
ROOMY = dict.fromkeys(
    (
        "dynamodb.partition-read-throughput",
        "dynamodb.partition-write-throughput",
        "dynamodb.new-on-demand-table-initial-reads",
        "dynamodb.new-on-demand-table-initial-writes",
    ),
    1e7,
)


def item(name, **more):
    return {"k": {"S": str(name)}, "s": {"S": "x"}, **more}


def nested(levels, kind):
    value = {"S": "x"}
    for _ in range(levels):
        value = {"L": [value]} if kind == "L" else {"M": {"m": value}}
    return value


def policy(size):
    return '{"Version": "' + "x" * (size - 15) + '"}'


def projecting(indexes, each):
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": [f"a{n}" for n in range(each)]}
    return [
        {"IndexName": f"index-{n}", "KeySchema": list(KEYS), "Projection": projection} for n in range(indexes)
    ]


def writes(count):
    return [{"PutRequest": {"Item": item(number)}} for number in range(count)]


def puts(count, size=1):
    return [
        {"Put": {"TableName": "tab", "Item": item(number, v={"S": "x" * size})}} for number in range(count)
    ]


def reads(count):
    return [{"Get": {"TableName": "tab", "Key": item(number)}} for number in range(count)]


def update(expression):
    values = {":v": {"S": "1"}}
    return {
        "TableName": "tab",
        "Key": item("u"),
        "UpdateExpression": expression,
        "ExpressionAttributeValues": values,
    }


def assigned(size):
    return "SET a = :v".ljust(size)


ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/tab"
CASES = {
    "25 items in a batch of writes": (
        "BatchWriteItem",
        lambda more: {"RequestItems": {"tab": writes(25 + more)}},
        "Too many items requested for the BatchWriteItem call",
    ),
    "100 items in a batch of reads": (
        "BatchGetItem",
        lambda more: {"RequestItems": {"tab": {"Keys": [item(n) for n in range(100 + more)]}}},
        "less than or equal to 100",
    ),
    "100 items in a transaction that writes": (
        "TransactWriteItems",
        lambda more: {"TransactItems": puts(100 + more)},
        "less than or equal to 100",
    ),
    "100 items in a transaction that reads": (
        "TransactGetItems",
        lambda more: {"TransactItems": reads(100 + more)},
        "less than or equal to 100",
    ),
    "4 MB in a transaction that writes": (
        "TransactWriteItems",
        lambda more: {"TransactItems": puts(16, 4 * 1024 * 1024 // 16 - 6 + more)},
        "4 MB",
    ),
    "4 KB of an expression": (
        "UpdateItem",
        lambda more: update(assigned(4096 + more)),
        "Expression size has exceeded the maximum allowed size",
    ),
    "4 KB of an expression in a transaction": (
        "TransactWriteItems",
        lambda more: {"TransactItems": [{"Update": update(assigned(4096 + more))}]},
        "Expression size has exceeded the maximum allowed size",
    ),
    "31 lists around a value": (
        "PutItem",
        lambda more: {"TableName": "tab", "Item": item("n", v=nested(31 + more, "L"))},
        "Nesting Levels have exceeded supported limits",
    ),
    "31 maps around a value of an update": (
        "UpdateItem",
        lambda more: {
            **update("SET a = :v"),
            "ExpressionAttributeValues": {":v": nested(31 + more, "M")},
        },
        "Nesting Levels have exceeded supported limits",
    ),
    "38 digits of a number": (
        "PutItem",
        lambda more: {"TableName": "tab", "Item": item("n", v={"N": "1" * (38 + more)})},
        "more than 38 significant digits",
    ),
    "2 KB of a partition key": (
        "PutItem",
        lambda more: {"TableName": "tab", "Item": item("x" * (2048 + more))},
        "2048 bytes",
    ),
    "1 KB of a sort key": (
        "PutItem",
        lambda more: {"TableName": "tab", "Item": {"k": {"S": "a"}, "s": {"S": "x" * (1024 + more)}}},
        "1024 bytes",
    ),
    "20 KB of a policy": (
        "PutResourcePolicy",
        lambda more: {"ResourceArn": ARN, "Policy": policy(20 * 1024 + more)},
        "at most 20480 bytes",
    ),
    "50 tags": (
        "TagResource",
        lambda more: {
            "ResourceArn": ARN,
            "Tags": [{"Key": f"k{n}", "Value": "v"} for n in range(50 + more)],
        },
        "More than 50 tags",
    ),
    "5 local indexes": (
        "CreateTable",
        lambda more: {
            "TableName": f"local-{more}",
            **TABLE,
            "LocalSecondaryIndexes": [
                {"IndexName": f"index-{n}", "KeySchema": list(KEYS), "Projection": {"ProjectionType": "ALL"}}
                for n in range(5 + more)
            ],
        },
        "LocalSecondaryIndex count exceeds the per-table limit of 5",
    ),
    "100 projected attributes": (
        "CreateTable",
        lambda more: {
            "TableName": f"projecting-{more}",
            **TABLE,
            "GlobalSecondaryIndexes": projecting(5 + more, 20),
        },
        "exceeds 100",
    ),
    "255 characters of a name": (
        "CreateTable",
        lambda more: {"TableName": "t" * (255 + more), **TABLE},
        "at most 255 characters",
    ),
}


@pytest.fixture(scope="module")
def kept():
    """One table for all cases: it is what they ask for, and not what it holds, that they are refused for."""
    return {}


@pytest.mark.parametrize("case", CASES)
def test_so_much_is_taken_and_no_more(dynamo, kept, case):
    lab = kept.get("lab")
    if lab is None:
        lab = kept["lab"] = dynamo(ROOMY)
        lab.call("CreateTable", TableName="tab", **TABLE)
    operation, params, said = CASES[case]
    lab.now[0] += 100
    taken = lab.call(operation, **params(0))
    assert taken["__status"] == 200, taken.get("message")
    refused = lab.call(operation, **params(1))
    assert refused["__status"] == 400
    assert refused["__type"].endswith(("#ValidationException", "#LimitExceededException"))
    assert said in refused["message"]


def test_a_transaction_reads_four_megabytes(dynamo):
    lab = dynamo(ROOMY)
    lab.call("CreateTable", TableName="tab", **TABLE)
    for number in range(11):
        lab.now[0] += 10
        full = item(number, v={"S": "x" * 390_000})
        assert lab.call("PutItem", TableName="tab", Item=full)["__status"] == 200
    lab.now[0] += 100
    assert len(lab.call("TransactGetItems", TransactItems=reads(10))["Responses"]) == 10
    lab.now[0] += 100
    assert "4 MB" in lab.call("TransactGetItems", TransactItems=reads(11))["message"]


def test_a_transaction_reads_its_items_in_their_order(dynamo):
    lab = dynamo(ROOMY)
    lab.call("CreateTable", TableName="tab", **TABLE)
    for number in range(0, 60, 2):
        lab.call("PutItem", TableName="tab", Item=item(number))
    found = lab.call("TransactGetItems", TransactItems=reads(60))["Responses"]
    assert [one.get("Item", {}).get("k", {}).get("S") for one in found] == [
        str(number) if number % 2 == 0 else None for number in range(60)
    ]


@pytest.mark.parametrize("operation", ["TransactGetItems", "TransactWriteItems"])
def test_a_transaction_has_an_item(dynamo, operation):
    answer = dynamo().call(operation, TransactItems=[])
    assert answer["__type"].endswith("#ValidationException")


def test_a_transaction_of_statements_answers_each_of_them(dynamo):
    lab = dynamo(ROOMY)
    lab.call("CreateTable", TableName="tab", **TABLE)
    lab.call("PutItem", TableName="tab", Item=item(2))
    statements = [
        {"Statement": f"SELECT * FROM \"tab\" WHERE k = '{number}' AND s = 'x'"} for number in (1, 2, 3)
    ]
    found = lab.call("ExecuteTransaction", TransactStatements=statements)["Responses"]
    assert found == [{}, {"Item": item(2)}, {}]
