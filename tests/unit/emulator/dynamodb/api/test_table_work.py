"""Operations of the control plane that take a while: what tables say meanwhile, and how many may run."""

from __future__ import annotations

import pytest

CONCURRENT = "L-1BB77E89"
SIMPLE = {
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
INDEX = {
    "IndexName": "by-k",
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}


def code(answer):
    return answer.get("__type", "").rpartition("#")[2]


def status(lab, name):
    return lab.call("DescribeTable", TableName=name).get("Table", {}).get("TableStatus")


def tally(lab):
    return next(t for t in lab.limits.tallies() if t.quota.code == CONCURRENT)


def test_without_a_delay_a_table_is_ready_with_the_answer(dynamo):
    lab = dynamo()
    assert lab.call("CreateTable", TableName="tab", **SIMPLE)["TableDescription"]["TableStatus"] == "ACTIVE"
    assert lab.call("DeleteTable", TableName="tab")["__status"] == 200
    assert code(lab.call("DescribeTable", TableName="tab")) == "ResourceNotFoundException"
    assert (tally(lab).peak, tally(lab).rejected) == (1, 0)


def test_a_new_table_takes_items_once_it_is_active(dynamo):
    lab = dynamo(table_delay=10.0)
    made = lab.call("CreateTable", TableName="tab", **SIMPLE, GlobalSecondaryIndexes=[INDEX])
    assert made["TableDescription"]["TableStatus"] == "CREATING"
    described = lab.call("DescribeTable", TableName="tab")["Table"]
    assert [index["IndexStatus"] for index in described["GlobalSecondaryIndexes"]] == ["CREATING"]
    item = {"TableName": "tab", "Item": {"k": {"S": "a"}}}
    requests = [
        ("PutItem", item),
        ("GetItem", {"TableName": "tab", "Key": {"k": {"S": "a"}}}),
        ("BatchWriteItem", {"RequestItems": {"tab": [{"PutRequest": {"Item": item["Item"]}}]}}),
        ("TransactWriteItems", {"TransactItems": [{"Put": item}]}),
        ("ExecuteStatement", {"Statement": 'SELECT * FROM "tab"'}),
        ("BatchExecuteStatement", {"Statements": [{"Statement": "SELECT * FROM tab WHERE k='a'"}]}),
    ]
    assert {name: code(lab.call(name, **params)) for name, params in requests} == dict.fromkeys(
        [name for name, _ in requests], "ResourceNotFoundException"
    )
    assert lab.call("ListTables")["TableNames"] == ["tab"]
    lab.now[0] += 9.9
    assert code(lab.call("PutItem", **item)) == "ResourceNotFoundException"
    lab.now[0] += 0.1
    assert status(lab, "tab") == "ACTIVE"
    assert [lab.call(name, **params)["__status"] for name, params in requests] == [200] * len(requests)


def test_a_table_that_is_made_or_changed_cannot_be_changed_or_deleted(dynamo):
    lab = dynamo(table_delay=10.0)
    lab.call("CreateTable", TableName="tab", **SIMPLE)
    change = {"TableName": "tab", "DeletionProtectionEnabled": False}
    refused = lab.call("UpdateTable", **change)
    assert code(refused) == "ResourceInUseException"
    assert refused["message"].endswith("Table is being created: tab")
    assert code(lab.call("CreateBackup", TableName="tab", BackupName="later")) == "TableInUseException"
    lab.now[0] += 10
    assert lab.call("UpdateTable", **change)["TableDescription"]["TableStatus"] == "UPDATING"
    assert lab.call("PutItem", TableName="tab", Item={"k": {"S": "a"}})["__status"] == 200
    for name in ("UpdateTable", "DeleteTable"):
        answer = lab.call(name, **(change if name == "UpdateTable" else {"TableName": "tab"}))
        assert (code(answer), answer["message"][-27:]) == (
            "ResourceInUseException",
            "Table is being updated: tab",
        )
    lab.now[0] += 10
    assert lab.call("DeleteTable", TableName="tab")["__status"] == 200


def test_a_table_that_is_deleted_goes_when_its_time_is_over(dynamo):
    lab = dynamo(table_delay=10.0)
    lab.call("CreateTable", TableName="tab", **SIMPLE)
    lab.now[0] += 10
    assert lab.call("DeleteTable", TableName="tab")["TableDescription"]["TableStatus"] == "DELETING"
    assert status(lab, "tab") == "DELETING"
    assert lab.call("DeleteTable", TableName="tab")["TableDescription"]["TableStatus"] == "DELETING"
    assert code(lab.call("CreateTable", TableName="tab", **SIMPLE)) == "ResourceInUseException"
    assert lab.service.dump(None)["us-east-1"]["items"] == {}
    lab.now[0] += 10
    assert code(lab.call("DescribeTable", TableName="tab")) == "ResourceNotFoundException"
    assert lab.call("CreateTable", TableName="tab", **SIMPLE)["__status"] == 200


def test_time_to_live_is_changed_once_at_a_time(dynamo):
    lab = dynamo(table_delay=10.0)
    lab.call("CreateTable", TableName="tab", **SIMPLE)
    lab.now[0] += 10
    change = {
        "TableName": "tab",
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "until"},
    }
    assert lab.call("UpdateTimeToLive", **change)["__status"] == 200
    assert status(lab, "tab") == "ACTIVE"
    assert code(lab.call("UpdateTimeToLive", **change)) == "ValidationException"
    lab.now[0] += 10
    assert lab.call("UpdateTimeToLive", **change)["__status"] == 200


@pytest.mark.parametrize("limit", [500, 3])
def test_five_hundred_operations_run_at_a_time_and_not_one_more(dynamo, limit):
    lab = dynamo({CONCURRENT: limit} if limit != 500 else None, table_delay=60.0)
    answers = [lab.call("CreateTable", TableName=f"tab{number}", **SIMPLE) for number in range(limit)]
    assert {answer["__status"] for answer in answers} == {200}
    refused = lab.call("CreateTable", TableName="one-more", **SIMPLE)
    assert code(refused) == "LimitExceededException"
    assert refused["message"] == (
        f"Subscriber limit exceeded: Only {limit} tables can be created, updated, or deleted simultaneously"
    )
    assert (tally(lab).peak, tally(lab).rejected) == (limit + 1, 1)
    lab.now[0] += 60
    assert lab.call("DeleteTable", TableName="tab0")["__status"] == 200
    assert lab.call("CreateTable", TableName="one-more", **SIMPLE)["__status"] == 200


def test_of_tables_with_indexes_two_hundred_and_fifty_are_created_at_a_time(dynamo):
    lab = dynamo(table_delay=60.0)

    def create(name, **more):
        return code(lab.call("CreateTable", TableName=name, **SIMPLE, **more))

    assert {create(f"tab{number}", GlobalSecondaryIndexes=[INDEX]) for number in range(250)} == {""}
    assert create("indexed", GlobalSecondaryIndexes=[INDEX]) == "LimitExceededException"
    assert create("plain") == ""


def test_a_snapshot_is_made_and_taken_up_whatever_tables_are_doing(dynamo):
    lab, other = dynamo(table_delay=10.0), dynamo(table_delay=10.0)
    for name in ("kept", "leaving"):
        lab.call("CreateTable", TableName=name, **SIMPLE)
    lab.now[0] += 10
    lab.call("DeleteTable", TableName="leaving")
    other.service.restore(lab.service.dump(None), None)
    assert other.call("ListTables")["TableNames"] == ["kept"]
    assert status(other, "kept") == "ACTIVE"
