"""Quotas of tables: how many, how many indexes, how much provisioned throughput."""

from __future__ import annotations

import pytest

READS, ACCOUNT_WRITES = "L-CF0CBE56", "L-34F8CCC8"


def table(name, reads=5, writes=5, **more):
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": reads, "WriteCapacityUnits": writes},
        **more,
    }


def index(number, units=1):
    return {
        "IndexName": f"index-{number}",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
        "ProvisionedThroughput": {"ReadCapacityUnits": units, "WriteCapacityUnits": units},
    }


def code(answer):
    return answer.get("__type", "").rpartition("#")[2]


def test_a_tables_provisioned_throughput_is_a_quota_with_its_indexes(dynamo):
    lab = dynamo({READS: 100})
    assert lab.call("CreateTable", **table("tab-a", reads=100))["__status"] == 200
    refused = lab.call("CreateTable", **table("tab-b", reads=99, GlobalSecondaryIndexes=[index(1, 2)]))
    assert code(refused) == "LimitExceededException"
    assert "Subscriber limit exceeded" in refused["message"]
    changed = {"ReadCapacityUnits": 101, "WriteCapacityUnits": 5}
    assert (
        code(lab.call("UpdateTable", TableName="tab-a", ProvisionedThroughput=changed))
        == "LimitExceededException"
    )
    tally = next(t for t in lab.limits.tallies() if t.quota.code == READS)
    assert (tally.rejected, tally.peak) == (2, 101)


def test_so_is_that_of_all_tables_of_the_account_together(dynamo):
    lab = dynamo({ACCOUNT_WRITES: 100})
    assert lab.call("CreateTable", **table("tab-a", writes=60))["__status"] == 200
    assert code(lab.call("CreateTable", **table("tab-b", writes=41))) == "LimitExceededException"
    assert lab.call("CreateTable", **table("tab-b", writes=40))["__status"] == 200
    changed = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 50}
    assert lab.call("UpdateTable", TableName="tab-a", ProvisionedThroughput=changed)["__status"] == 200


@pytest.mark.parametrize(("indexes", "status"), [(20, 200), (21, 400)])
def test_a_table_has_twenty_indexes(dynamo, indexes, status):
    asked = table("tab-a", GlobalSecondaryIndexes=[index(number) for number in range(indexes)])
    assert dynamo().call("CreateTable", **asked)["__status"] == status


def test_capacity_is_decreased_twenty_seven_times_a_day_and_raised_as_often_as_one_likes(dynamo):
    lab = dynamo()
    lab.call("CreateTable", **table("tab-a", reads=100, writes=5))

    def change(reads):
        units = {"ReadCapacityUnits": reads, "WriteCapacityUnits": 5}
        return code(lab.call("UpdateTable", TableName="tab-a", ProvisionedThroughput=units))

    assert [change(100 - number) for number in range(1, 28)] == [""] * 27
    assert change(50) == "LimitExceededException"
    assert change(90) == ""
    lab.now[0] += 86_400
    assert change(50) == ""


def change(lab, **more):
    definitions = [{"AttributeName": "k", "AttributeType": "S"}]
    return code(lab.call("UpdateTable", TableName="tab-a", AttributeDefinitions=definitions, **more))


def test_an_index_more_than_twenty_is_not_added_either(dynamo):
    lab = dynamo()
    lab.call("CreateTable", **table("tab-a", GlobalSecondaryIndexes=[index(number) for number in range(19)]))
    assert change(lab, GlobalSecondaryIndexUpdates=[{"Create": index(19)}]) == ""
    assert change(lab, GlobalSecondaryIndexUpdates=[{"Create": index(20)}]) == "ValidationException"


def test_indexes_are_added_and_taken_away_one_by_one(dynamo):
    lab = dynamo()
    lab.call("CreateTable", **table("tab-a", GlobalSecondaryIndexes=[index(1)]))
    two = [{"Create": index(2)}, {"Delete": {"IndexName": "index-1"}}]
    assert change(lab, GlobalSecondaryIndexUpdates=two) == "LimitExceededException"
    assert [change(lab, GlobalSecondaryIndexUpdates=[one]) for one in two] == ["", ""]


def test_capacity_that_indexes_have_already_counts_when_the_table_is_changed(dynamo):
    lab = dynamo({READS: 100})
    lab.call("CreateTable", **table("tab-a", reads=10, GlobalSecondaryIndexes=[index(1, 40)]))

    def raised(reads):
        return change(lab, ProvisionedThroughput={"ReadCapacityUnits": reads, "WriteCapacityUnits": 5})

    assert [raised(60), raised(61)] == ["", "LimitExceededException"]
    more = {
        "IndexName": "index-1",
        "ProvisionedThroughput": {"ReadCapacityUnits": 41, "WriteCapacityUnits": 1},
    }
    assert change(lab, GlobalSecondaryIndexUpdates=[{"Update": more}]) == "LimitExceededException"
    more["ProvisionedThroughput"]["ReadCapacityUnits"] = 40
    assert change(lab, GlobalSecondaryIndexUpdates=[{"Update": more}]) == ""


def test_a_table_with_a_stream_has_a_write_quota_of_its_own(dynamo):
    lab = dynamo({"L-923BEB7A": 50})
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
    assert code(lab.call("CreateTable", **table("tab-b", writes=51, **stream))) == "LimitExceededException"
    assert lab.call("CreateTable", **table("tab-a", writes=50, **stream))["__status"] == 200
    changed = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 51}
    assert change(lab, ProvisionedThroughput=changed) == "LimitExceededException"
    assert lab.call("CreateTable", **table("tab-c", writes=51))["__status"] == 200


def test_names_of_tables_and_indexes_have_at_least_three_characters(dynamo):
    lab = dynamo()
    short = lab.call("CreateTable", **table("ab"))
    assert (code(short), short["message"][:46]) == (
        "ValidationException",
        "TableName must be at least 3 characters long a",
    )
    index_of_two = {**index(1), "IndexName": "by"}
    refused = lab.call("CreateTable", **table("abc", GlobalSecondaryIndexes=[index_of_two]))
    assert (code(refused), refused["message"][:10]) == ("ValidationException", "1 validati")
    assert lab.call("CreateTable", **table("abc"))["__status"] == 200
