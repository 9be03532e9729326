"""Fixed limits of a request's size that no quota raises, where moto has another limit or none.

Figures: DynamoDB Developer Guide, "Constraints in Amazon DynamoDB", and the API reference of each operation.
Messages: those that clients report of DynamoDB. That 31 nested values pass and 32 do not is how AWS counts its
32 levels (observed).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from busyhour.emulator.messages import ApiError
from busyhour.quotas.dynamodb.units import item_size

BATCH_WRITES = 25
TRANSACTION_ITEMS = 100
TRANSACTION_BYTES = 4 * 1024 * 1024
EXPRESSION_BYTES = 4096
NESTED = 31
POLICY_BYTES = 20 * 1024
TAGS = 50
_EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)

Params = Mapping[str, Any]


def check_request(name: str, params: Params) -> None:
    """Raise ApiError if the request exceeds a limit of DynamoDB."""
    _expressions(params)
    check = _CHECKS.get(name)
    if check is not None:
        check(params)


def check_read_transaction(items: list[Params]) -> None:
    """Raise ApiError if the items read by a transaction exceed the limit of bytes."""
    _transaction_size(sum(item_size(found["Item"]) for found in items if found.get("Item")))


def _expressions(params: Params) -> None:
    for member in _EXPRESSIONS:
        text = params.get(member)
        if isinstance(text, str) and len(text.encode()) > EXPRESSION_BYTES:
            raise _refused(
                f"Invalid {member}: Expression size has exceeded the maximum allowed size; "
                f"expression size: {len(text.encode())}"
            )


def _values(*members: str) -> Callable[[Params], None]:
    """Return a check of the nesting depth of these members' values."""

    def check(params: Params) -> None:
        for member in members:
            for value in (params.get(member) or {}).values():
                if _depth(value) > NESTED:
                    raise _refused(
                        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
                        "beyond supported limit"
                    )

    return check


def _depth(value: Any) -> int:
    """Count lists and maps around the innermost value, without recursion."""
    depth, level = 0, [value]
    while True:
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return depth
        depth += 1


def _inner(value: Any) -> Iterator[Any]:
    """Return the values in a list or map."""
    if isinstance(value, dict):
        if isinstance(several := value.get("L"), list):
            yield from several
        elif isinstance(named := value.get("M"), dict):
            yield from named.values()


def _batch_write(params: Params) -> None:
    requests = [request for several in params["RequestItems"].values() for request in several]
    if len(requests) > BATCH_WRITES:
        raise _refused("Too many items requested for the BatchWriteItem call")
    for request in requests:
        if "PutRequest" in request:
            _ITEM(request["PutRequest"])


def _transact(params: Params) -> None:
    items = params["TransactItems"]
    if not 1 <= len(items) <= TRANSACTION_ITEMS:
        bound = f"less than or equal to {TRANSACTION_ITEMS}" if items else "greater than or equal to 1"
        raise _refused(
            "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have "
            f"length {bound}"
        )
    size = 0
    for item in items:
        for kind, operation in item.items():
            _expressions(operation)
            _ITEM(operation)
            size += 0 if kind == "Get" else item_size(operation.get("Item") or operation.get("Key") or {})
    _transaction_size(size)


def _transaction_size(size: int) -> None:
    if size > TRANSACTION_BYTES:
        raise _refused(
            "Transaction size limit exceeded: the aggregate size of the items in the transaction cannot exceed 4 MB"
        )


def _policy(params: Params) -> None:
    if len(params["Policy"].encode()) > POLICY_BYTES:
        raise ApiError(
            "LimitExceededException",
            f"Subscriber limit exceeded: A resource-based policy has at most {POLICY_BYTES} bytes",
        )


def _tags(params: Params) -> None:
    if len(params.get("Tags") or ()) > TAGS:
        raise _refused(f"One or more parameter values were invalid: More than {TAGS} tags")


def _refused(message: str) -> ApiError:
    return ApiError("ValidationException", message)


_ITEM = _values("Item")
_CHECKS: Mapping[str, Callable[[Params], None]] = {
    "PutItem": _ITEM,
    "UpdateItem": _values("ExpressionAttributeValues"),
    "BatchWriteItem": _batch_write,
    "TransactWriteItems": _transact,
    "TransactGetItems": _transact,
    "PutResourcePolicy": _policy,
    "CreateTable": _tags,
    "TagResource": _tags,
}
