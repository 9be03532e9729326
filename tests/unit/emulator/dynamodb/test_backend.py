"""moto's work stays proportional to the request: a Query sees its partition, a transaction copies no table."""

from __future__ import annotations

import pytest

from busyhour.emulator.dynamodb.backend import OperationError, Operations
from busyhour.emulator.dynamodb.partitioned import PartitionedTable


@pytest.fixture
def operations():
    made = Operations("us-east-1", "123456789012")
    made.run(
        "CreateTable",
        {
            "TableName": "tab",
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
            ],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    for number in range(50):
        item = {"pk": {"S": f"p{number % 10}"}, "sk": {"N": str(number)}}
        made.run("PutItem", {"TableName": "tab", "Item": item})
    return made


def test_a_query_sees_its_own_partition_only(operations, monkeypatch):
    seen = []
    real = PartitionedTable.all_items
    monkeypatch.setattr(
        PartitionedTable, "all_items", lambda self: (found := real(self), seen.append(len(found)))[0]
    )
    values = {":p": {"S": "p3"}}
    result = operations.run(
        "Query",
        {"TableName": "tab", "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": values},
    )
    assert [item["sk"]["N"] for item in result["Items"]] == ["3", "13", "23", "33", "43"]
    assert seen == [5]
    assert operations.run("Scan", {"TableName": "tab"})["Count"] == 50


def test_a_failed_transaction_puts_items_back_without_copying_the_table(operations):
    table = operations.table("tab")
    before = operations.run("Scan", {"TableName": "tab"})["Items"]
    entries = [
        {"Put": {"TableName": "tab", "Item": {"pk": {"S": "p1"}, "sk": {"N": "1"}, "new": {"S": "x"}}}},
        {"Put": {"TableName": "tab", "Item": {"pk": {"S": "fresh"}, "sk": {"N": "1"}}}},
        {"Delete": {"TableName": "tab", "Key": {"pk": {"S": "p2"}, "sk": {"N": "2"}}}},
        {
            "ConditionCheck": {
                "TableName": "tab",
                "Key": {"pk": {"S": "p3"}, "sk": {"N": "3"}},
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        },
    ]
    with pytest.raises(OperationError) as error:
        operations.run("TransactWriteItems", {"TransactItems": entries})
    assert error.value.code == "TransactionCanceledException"
    assert operations.table("tab") is table
    assert not table.in_transaction
    assert operations.run("Scan", {"TableName": "tab"})["Items"] == before


def test_a_miss_leaves_nothing_behind(operations):
    table = operations.table("tab")
    partitions = len(table.items)
    operations.run("GetItem", {"TableName": "tab", "Key": {"pk": {"S": "missing"}, "sk": {"N": "1"}}})
    assert len(table.items) == partitions


def test_a_backup_is_a_copy(operations):
    backup = operations.backend.create_backup("tab", "b")
    operations.run("DeleteItem", {"TableName": "tab", "Key": {"pk": {"S": "p1"}, "sk": {"N": "1"}}})
    assert len(backup.table) == 50
    assert len(operations.table("tab")) == 49


def test_a_table_is_found_by_its_arn_too(operations):
    assert operations.table("arn:aws:dynamodb:us-east-1:123456789012:table/tab") is operations.table("tab")
    assert operations.table("missing") is None
