"""A DynamoDB request: its parameters as in the body, and a batch split into items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from busyhour.emulator.dynamodb.backend import Operations
from busyhour.emulator.dynamodb.throughput.charging import Charge
from busyhour.emulator.messages import ApiError
from busyhour.quotas.dynamodb.units import value_size

DATA = frozenset(
    (
        "GetItem",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "Query",
        "Scan",
        "BatchGetItem",
        "BatchWriteItem",
        "TransactGetItems",
        "TransactWriteItems",
    )
)
"""Operations on items."""


def read_parameters(operations: Operations, name: str, body: bytes) -> dict[str, Any]:
    """Parse the request's parameters, on the fast path if it gives the same as moto's parser.

    moto's parser drops nulls and decodes blobs; for a body without either the plain JSON is equal.
    """
    try:
        params = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise ApiError("SerializationException", f"The request body is not JSON: {error}") from None
    if not isinstance(params, dict):
        raise ApiError("SerializationException", "Start of list found where not expected")
    if name in DATA and b'"B"' not in body and b'"BS"' not in body and b"null" not in body:
        return params
    try:
        return operations.parse(name, body)
    except Exception as error:  # moto's parser assumes the types, and fails in many ways on others
        raise ApiError("SerializationException", f"The request cannot be read: {error}") from None


def check_values(params: Mapping[str, Any]) -> None:
    """Raise InvalidValueError for an invalid attribute value, wherever a request has values on their own."""
    for member in ("Key", "Item", "ExpressionAttributeValues"):
        values = params.get(member)
        if isinstance(values, dict):
            for value in values.values():
                value_size(value)


def split_batch(
    name: str, params: dict[str, Any], left: list[Charge]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the batch without the items in `left`, and those items in the form of a response."""
    refused = {(charge.named, charge.position) for charge in left}
    going: dict[str, Any] = {}
    waiting: dict[str, Any] = {}
    for named, request in params["RequestItems"].items():
        entries = request["Keys"] if name == "BatchGetItem" else request
        parts: tuple[list[Any], list[Any]] = ([], [])
        for position, entry in enumerate(entries):
            parts[(named, position) in refused].append(entry)
        for where, part in zip((going, waiting), parts, strict=True):
            if part:
                where[named] = {**request, "Keys": part} if name == "BatchGetItem" else part
    member = "UnprocessedKeys" if name == "BatchGetItem" else "UnprocessedItems"
    return {**params, "RequestItems": going}, {member: waiting}
