"""Requests of DynamoDB operations: the drawn operation of a call -> its parameters. Pure."""

from __future__ import annotations

from typing import Any

from busyhour.quotas.dynamodb.operations import READS, WRITES, Drawn

DRIVEN = (READS | WRITES) - {"Scan"}
"""Operations that a run can make for a call: a Scan has no key, and no call should wait for one."""


def parameters(drawn: Drawn, serial: int = 0) -> dict[str, Any]:
    """Return the parameters of one operation.

    Args:
        drawn: operation, keys, and size of written items.
        serial: makes written items differ from those of other calls.
    """
    step, (number, *_) = drawn.step, drawn.numbers
    items, access = step.items, step.access
    base: dict[str, Any] = {"TableName": step.table}
    consistent = {"ConsistentRead": True} if access.consistent else {}
    match step.operation:
        case "PutItem":
            return base | {"Item": items.new(number, drawn.size, serial)}
        case "UpdateItem":
            ((name, value),) = items.update(number, drawn.size, serial).items()
            return base | {
                "Key": items.key(number),
                "UpdateExpression": "SET #a = :a",
                "ExpressionAttributeNames": {"#a": name},
                "ExpressionAttributeValues": {":a": value},
            }
        case "Query":
            return base | _query(drawn, number) | consistent
        case "BatchGetItem":
            keys = [items.key(each) for each in drawn.numbers]
            return {"RequestItems": {step.table: {"Keys": keys, **consistent}}}
        case "BatchWriteItem":
            puts = [{"PutRequest": {"Item": items.new(each, drawn.size, serial)}} for each in drawn.numbers]
            return {"RequestItems": {step.table: puts}}
        case "TransactGetItems":
            return {"TransactItems": [{"Get": base | {"Key": items.key(each)}} for each in drawn.numbers]}
        case "TransactWriteItems":
            new = [items.new(each, drawn.size, serial) for each in drawn.numbers]
            return {"TransactItems": [{"Put": base | {"Item": item}} for item in new]}
        case _:
            return base | {"Key": items.key(number)} | (consistent if step.operation == "GetItem" else {})


def _query(drawn: Drawn, number: int) -> dict[str, Any]:
    """Return the condition on the partition key of the table or the index."""
    items, wanted = drawn.step.items, drawn.step.access.index
    name, values = items.schema[0][0], items.key(number)
    found: dict[str, Any] = {}
    for index in items.indexes:
        if index.name == wanted:
            name, values = index.keys[0], items.stored(number)
            found = {"IndexName": index.name}
    return found | {
        "KeyConditionExpression": "#k = :k",
        "ExpressionAttributeNames": {"#k": name},
        "ExpressionAttributeValues": {":k": values[name]},
    }
