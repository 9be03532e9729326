"""DynamoDB as a client sees it: throttles, capacity, metrics, errors."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib

import botocore.parsers
import botocore.session
import pytest

from ..conftest import ON_DEMAND

PROVISIONED = {
    **{k: v for k, v in ON_DEMAND.items() if k != "BillingMode"},
    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
}
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/tab"


def key(name="k"):
    return {"id": {"S": name}}


def test_importing_the_service_does_not_import_moto():
    script = "import sys, busyhour.emulator.dynamodb.api.service; print('moto' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_answers_carry_the_checksum_that_sdks_compare(dynamo):
    ours = dynamo()
    ours.call("CreateTable", **ON_DEMAND)
    response = ours.send("GetItem", json.dumps({"TableName": "tab", "Key": key()}).encode())
    assert response.headers["x-amz-crc32"] == str(zlib.crc32(response.body))
    assert response.content_type == "application/x-amz-json-1.0"


# ------------------------------------------------------------------------------------------------ throttles


def test_a_provisioned_table_throttles_with_its_reason(dynamo):
    ours = dynamo()
    ours.call("CreateTable", **PROVISIONED)
    answers = [ours.call("PutItem", TableName="tab", Item=key(str(i))) for i in range(7)]
    assert [a["__status"] for a in answers] == [200] * 5 + [400] * 2
    assert answers[5]["__type"].endswith("#ProvisionedThroughputExceededException")
    assert answers[5]["ThrottlingReasons"] == [
        {"reason": "TableWriteProvisionedThroughputExceeded", "resource": ARN}
    ]
    assert ours.call("Scan", TableName="tab", Select="COUNT")["Count"] == 5
    ours.now[0] += 1
    assert ours.call("PutItem", TableName="tab", Item=key("later"))["__status"] == 200
    assert ours.total("WriteThrottleEvents", TableName="tab") == 2
    assert ours.total("WriteProvisionedThroughputThrottleEvents", TableName="tab") == 2
    assert ours.total("ThrottledRequests", TableName="tab", Operation="PutItem") == 2
    assert ours.total("ConsumedWriteCapacityUnits", TableName="tab") == 6


def test_botocore_reads_the_throttle_as_the_modelled_error(dynamo):
    ours = dynamo()
    ours.call("CreateTable", **PROVISIONED)
    body = json.dumps({"TableName": "tab", "Item": key()}).encode()
    for _ in range(5):
        ours.send("PutItem", body)
    response = ours.send("PutItem", body)
    model = botocore.session.get_session().get_service_model("dynamodb")
    raw = {"status_code": response.status, "headers": {}, "body": response.body}
    parser = botocore.parsers.create_parser("json")
    parsed = parser.parse(raw, model.operation_model("PutItem").output_shape)
    assert parsed["Error"]["Code"] == "ProvisionedThroughputExceededException"
    error = parser.parse(raw, model.shape_for_error_code("ProvisionedThroughputExceededException"))
    assert error["ThrottlingReasons"][0]["reason"] == "TableWriteProvisionedThroughputExceeded"


def test_the_table_level_quota_turns_requests_away_and_is_tallied(dynamo):
    ours = dynamo({"L-AB614373": 3})
    ours.call("CreateTable", **ON_DEMAND)
    answers = [ours.call("PutItem", TableName="tab", Item=key(str(i))) for i in range(5)]
    assert [a["__status"] for a in answers] == [200, 200, 200, 400, 400]
    assert answers[4]["__type"].endswith("#RequestLimitExceeded")
    assert answers[4]["ThrottlingReasons"][0]["reason"] == "TableWriteAccountLimitExceeded"
    tally = {t.quota.code: t for t in ours.limits.tallies()}["L-AB614373"]
    assert (tally.rejected, tally.peak) == (2, 3)


def test_an_on_demand_maximum_is_kept_although_moto_does_not_know_it(dynamo):
    ours = dynamo()
    ours.call(
        "CreateTable", **ON_DEMAND, OnDemandThroughput={"MaxWriteRequestUnits": 2, "MaxReadRequestUnits": -1}
    )
    answers = [ours.call("PutItem", TableName="tab", Item=key(str(i))) for i in range(3)]
    assert answers[2]["__type"].endswith("#ThrottlingException")
    assert answers[2]["throttlingReasons"][0]["reason"] == "TableWriteMaxOnDemandThroughputExceeded"


@pytest.mark.parametrize(("initial", "taken"), [(3, 3), (5, 5)])
def test_what_a_new_table_on_demand_takes_is_the_applied_value_of_its_quota(dynamo, initial, taken):
    ours = dynamo({"dynamodb.new-on-demand-table-initial-writes": initial})
    ours.call("CreateTable", **ON_DEMAND)
    answers = [ours.call("PutItem", TableName="tab", Item=key(str(i)))["__status"] for i in range(8)]
    assert answers == [200] * taken + [400] * (8 - taken)


def test_a_batch_that_is_too_much_is_done_in_part(dynamo):
    ours = dynamo()
    ours.call("CreateTable", **PROVISIONED)
    requests = [{"PutRequest": {"Item": key(str(i))}} for i in range(7)]
    answer = ours.call("BatchWriteItem", RequestItems={"tab": requests})
    assert answer["UnprocessedItems"] == {"tab": requests[5:]}
    ours.now[0] += 0.5
    keys = [key(str(i)) for i in range(12)]
    got = ours.call("BatchGetItem", RequestItems={"tab": {"Keys": keys, "ConsistentRead": True}})
    assert len(got["Responses"]["tab"]) == 5
    assert got["UnprocessedKeys"] == {"tab": {"Keys": keys[5:], "ConsistentRead": True}}
    nothing = ours.call("BatchGetItem", RequestItems={"tab": {"Keys": keys, "ConsistentRead": True}})
    assert nothing["__type"].endswith("#ProvisionedThroughputExceededException")


def test_a_transaction_that_is_too_much_is_cancelled_and_changes_nothing(dynamo):
    ours = dynamo()
    ours.call("CreateTable", **PROVISIONED)
    entries = [{"Put": {"TableName": "tab", "Item": key(str(i))}} for i in range(3)]
    answer = ours.call("TransactWriteItems", TransactItems=entries)
    assert answer["__type"].endswith("#TransactionCanceledException")
    assert [r["Code"] for r in answer["CancellationReasons"]] == [
        "None",
        "None",
        "ProvisionedThroughputExceeded",
    ]
    assert ours.call("Scan", TableName="tab", Select="COUNT")["Count"] == 0
    assert ours.call("TransactWriteItems", TransactItems=entries[:2])["__status"] == 200


def test_a_query_is_charged_for_what_it_read_afterwards(dynamo):
    ours = dynamo()
    ours.call(
        "CreateTable",
        **{**PROVISIONED, "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 500}},
    )
    ours.call("PutItem", TableName="tab", Item={**key(), "text": {"S": "x" * 80_000}})
    query = {
        "TableName": "tab",
        "KeyConditionExpression": "id = :k",
        "ExpressionAttributeValues": {":k": {"S": "k"}},
        "FilterExpression": "attribute_exists(nothing)",
        "ReturnConsumedCapacity": "TOTAL",
    }
    answer = ours.call("Query", **query)
    assert answer["Count"] == 0
    assert answer["ConsumedCapacity"] == {"TableName": "tab", "CapacityUnits": 10.0}
    assert ours.call("Query", **query)["__type"].endswith("#ProvisionedThroughputExceededException")


def test_a_changed_capacity_counts_at_once(dynamo):
    ours = dynamo()
    ours.call("CreateTable", **PROVISIONED)
    for i in range(6):
        last = ours.call("PutItem", TableName="tab", Item=key(str(i)))
    assert last["__status"] == 400
    ours.call(
        "UpdateTable",
        TableName="tab",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 50},
    )
    assert {ours.call("PutItem", TableName="tab", Item=key(str(i)))["__status"] for i in range(50)} == {200}


# ------------------------------------------------------------------------------------------------- capacity


@pytest.mark.parametrize(
    ("operation", "params", "units"),
    [
        ("GetItem", {"Key": key("big")}, 1.0),
        ("GetItem", {"Key": key("big"), "ConsistentRead": True}, 2.0),
        ("GetItem", {"Key": key("missing")}, 0.5),
        ("PutItem", {"Item": key("big")}, 6.0),  # the larger of before and after
        ("UpdateItem", {"Key": key("big"), "UpdateExpression": "REMOVE content"}, 6.0),
        ("DeleteItem", {"Key": key("big")}, 6.0),
        ("DeleteItem", {"Key": key("missing")}, 1.0),
        ("Scan", {}, 1.0),
    ],
)
def test_consumed_capacity(dynamo, operation, params, units):
    ours = dynamo()
    ours.call("CreateTable", **ON_DEMAND)
    ours.call("PutItem", TableName="tab", Item={**key("big"), "content": {"S": "x" * 5500}})
    answer = ours.call(operation, TableName="tab", **params, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == {"TableName": "tab", "CapacityUnits": units}
    plain = ours.call(operation, TableName="tab", **params)
    assert "ConsumedCapacity" not in plain


def test_an_update_that_makes_an_item_grow_is_charged_for_the_new_size(dynamo):
    ours = dynamo()
    ours.call("CreateTable", **ON_DEMAND)
    answer = ours.call(
        "UpdateItem",
        TableName="tab",
        Key=key(),
        UpdateExpression="SET content = :c",
        ExpressionAttributeValues={":c": {"S": "x" * 5500}},
        ReturnConsumedCapacity="INDEXES",
    )
    assert answer["ConsumedCapacity"] == {
        "TableName": "tab",
        "CapacityUnits": 6.0,
        "Table": {"CapacityUnits": 6.0},
    }


def test_a_query_of_an_index_is_charged_to_the_index(dynamo):
    ours = dynamo()
    ours.call(
        "CreateTable",
        **{
            **ON_DEMAND,
            "AttributeDefinitions": [
                *ON_DEMAND["AttributeDefinitions"],
                {"AttributeName": "g", "AttributeType": "S"},
            ],
        },
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    answer = ours.call(
        "Query",
        TableName="tab",
        IndexName="by-g",
        KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "x"}},
        ReturnConsumedCapacity="INDEXES",
    )
    assert answer["ConsumedCapacity"]["GlobalSecondaryIndexes"] == {"by-g": {"CapacityUnits": 0.5}}
    assert ours.total("ConsumedReadCapacityUnits", TableName="tab", GlobalSecondaryIndexName="by-g") == 0.5


# --------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("operation", "body", "code", "text"),
    [
        ("GetItem", b"{not json", "SerializationException", "not JSON"),
        ("GetItem", b"[]", "SerializationException", "Start of list"),
        ("GetItem", b"{}", "ValidationException", 'Missing required parameter in input: "TableName"'),
        (
            "PutItem",
            b'{"TableName": "tab"}',
            "ValidationException",
            'Missing required parameter in input: "Item"',
        ),
        ("PutItem", b'{"TableName": "tab", "Item": {"id": {"X": "1"}}}', "ValidationException", "datatypes"),
        ("PutItem", b'{"TableName": "tab", "Item": {"id": {}}}', "ValidationException", "datatypes"),
        (
            "PutItem",
            b'{"TableName": "tab", "Item": {"id": {"B": "not base64"}}}',
            "SerializationException",
            "read",
        ),
        (
            "GetItem",
            b'{"TableName": "missing", "Key": {"id": {"S": "a"}}}',
            "ResourceNotFoundException",
            "resource",
        ),
        ("NoSuchThing", b"{}", "UnknownOperationException", "NoSuchThing"),
        ("", b"{}", "UnknownOperationException", "does not serve"),
    ],
)
def test_bad_requests_are_answered_in_dynamodbs_words(dynamo, operation, body, code, text):
    ours = dynamo()
    ours.call("CreateTable", **ON_DEMAND)
    response = ours.send(operation, body)
    answer = json.loads(response.body)
    assert response.status == 400
    assert answer["__type"].endswith(code)
    assert text in answer["message"]


def test_a_failed_condition_is_counted_apart_from_other_errors(dynamo):
    ours = dynamo()
    ours.call("CreateTable", **ON_DEMAND)
    put = {"TableName": "tab", "Item": key(), "ConditionExpression": "attribute_not_exists(id)"}
    ours.call("PutItem", **put)
    assert ours.call("PutItem", **put)["__type"].endswith("#ConditionalCheckFailedException")
    assert ours.total("ConditionalCheckFailedRequests", TableName="tab") == 1
    assert ours.total("UserErrors") == 0


# --------------------------------------------------------------------------------------------------- tables


def test_limits_are_those_of_the_quota_table(dynamo):
    ours = dynamo({"L-CF0CBE56": 50_000})
    answer = ours.call("DescribeLimits")
    assert answer["TableMaxReadCapacityUnits"] == 50_000
    assert answer["TableMaxWriteCapacityUnits"] == 40_000
    assert answer["AccountMaxReadCapacityUnits"] == 80_000


def test_there_are_only_so_many_tables(dynamo):
    ours = dynamo({"L-F98FE922": 1})
    assert ours.call("CreateTable", **ON_DEMAND)["__status"] == 200
    refused = ours.call("CreateTable", **{**ON_DEMAND, "TableName": "uab"})
    assert refused["__type"].endswith("#LimitExceededException")
    ours.call("DeleteTable", TableName="tab")
    assert ours.call("CreateTable", **{**ON_DEMAND, "TableName": "uab"})["__status"] == 200


def test_two_emulators_share_nothing(dynamo):
    one, two = dynamo(), dynamo()
    one.call("CreateTable", **ON_DEMAND)
    assert two.call("ListTables")["TableNames"] == []


def test_a_failed_transaction_leaves_every_item_as_it_was(dynamo):
    ours = dynamo()
    ours.call("CreateTable", **ON_DEMAND)
    ours.call("PutItem", TableName="tab", Item={**key("a"), "n": {"N": "1"}})
    answer = ours.call(
        "TransactWriteItems",
        TransactItems=[
            {
                "Update": {
                    "TableName": "tab",
                    "Key": key("a"),
                    "UpdateExpression": "SET n = :n",
                    "ExpressionAttributeValues": {":n": {"N": "2"}},
                }
            },
            {"Put": {"TableName": "tab", "Item": key("b")}},
            {
                "ConditionCheck": {
                    "TableName": "tab",
                    "Key": key("c"),
                    "ConditionExpression": "attribute_exists(id)",
                }
            },
        ],
    )
    assert [r["Code"] for r in answer["CancellationReasons"]] == ["None", "None", "ConditionalCheckFailed"]
    items = ours.call("Scan", TableName="tab")["Items"]
    assert items == [{**key("a"), "n": {"N": "1"}}]
