"""Fast path for the most frequent updates, without moto's expression machinery: `SET a = :x, #b = :y ADD n :one`.

moto parses, copies and walks an update expression at every request, about 700 µs. Expressions of this simple
form are parsed once; any other form, or one that would end in an error, is left to moto.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from busyhour.emulator.dynamodb.api.request_limits import EXPRESSION_BYTES
from busyhour.emulator.dynamodb.partitioned import PartitionedTable

_NAME = r"#?[A-Za-z_][A-Za-z0-9_]*"
_VALUE = r":[A-Za-z0-9_]+"
_FORM = re.compile(
    rf"SET\s+(?P<set>{_NAME}\s*=\s*{_VALUE}(?:\s*,\s*{_NAME}\s*=\s*{_VALUE})*)"
    rf"(?:\s+ADD\s+(?P<add>{_NAME}\s+{_VALUE}(?:\s*,\s*{_NAME}\s+{_VALUE})*))?"
    rf"|ADD\s+(?P<only>{_NAME}\s+{_VALUE}(?:\s*,\s*{_NAME}\s+{_VALUE})*)"
)
_PAIR = re.compile(rf"({_NAME})[\s=]+({_VALUE})")
_PARAMETERS = frozenset(
    ("TableName", "Key", "UpdateExpression", "ExpressionAttributeValues", "ExpressionAttributeNames")
)
_SCALARS = frozenset(("S", "N", "BOOL", "NULL"))
_LARGEST = 200_000
"""Bytes; an item near the limit of 400 KB is left to moto, which rejects it correctly."""


@dataclass(frozen=True, slots=True)
class _Form:
    """A simple expression: attribute and value by their names in the expression."""

    sets: tuple[tuple[str, str], ...]
    adds: tuple[tuple[str, str], ...]
    names: frozenset[str]
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class SimpleUpdate:
    """An update that is ready to be applied to an item."""

    sets: tuple[tuple[str, Mapping[str, Any]], ...]
    adds: tuple[tuple[str, Mapping[str, Any]], ...]

    def apply(self, item: Item) -> None:
        """Update the item."""
        for name, value in self.sets:
            item.attrs[name] = DynamoType(value)
        for name, value in self.adds:
            before = item.attrs.get(name) or DynamoType({"N": "0"})
            item.attrs[name] = before + DynamoType(value)


@lru_cache(maxsize=1024)
def _read(expression: str) -> _Form | None:
    """Parse the expression if it has the simple form."""
    found = _FORM.fullmatch(expression.strip()) if len(expression) <= EXPRESSION_BYTES else None
    if found is None:
        return None
    sets = tuple(_PAIR.findall(found["set"] or ""))
    adds = tuple(_PAIR.findall(found["add"] or found["only"] or ""))
    pairs = sets + adds
    reserved = ReservedKeywords.get_reserved_keywords()
    if any(not name.startswith("#") and name.upper() in reserved for name, _ in pairs):
        return None
    names = frozenset(name for name, _ in pairs if name.startswith("#"))
    return _Form(sets, adds, names, frozenset(value for _, value in pairs))


def simple_update(
    params: Mapping[str, Any], table: PartitionedTable, item: Item | None, size: int
) -> SimpleUpdate | None:
    """Return the update in `params`, or None if moto must handle it.

    `item` is the stored item with its `size` in bytes.
    """
    if not params.keys() <= _PARAMETERS or table.stream_shard is not None:
        return None
    form = _read(params["UpdateExpression"]) if "UpdateExpression" in params else None
    values = params.get("ExpressionAttributeValues")
    names = params.get("ExpressionAttributeNames") or {}
    if form is None or not values or form.values != values.keys() or form.names != names.keys():
        return None
    if "ExpressionAttributeNames" in params and not names:
        return None
    targets = [names.get(name, name) for name, _ in form.sets + form.adds]
    if len(set(targets)) != len(targets) or any(name in table.attribute_keys for name in targets):
        return None
    for value in values.values():
        kind, content = next(iter(value.items()))
        if kind not in _SCALARS:
            return None
        size += len(content) if isinstance(content, str) else 1
    if size > _LARGEST:
        return None
    count = len(form.sets)
    for name, (_, value_name) in zip(targets[count:], form.adds, strict=True):
        before = item.attrs.get(name) if item is not None else None
        if "N" not in values[value_name] or (before is not None and before.type != "N"):
            return None
    sets = tuple((name, values[value]) for name, (_, value) in zip(targets, form.sets, strict=False))
    adds = tuple((name, values[value]) for name, (_, value) in zip(targets[count:], form.adds, strict=True))
    return SimpleUpdate(sets, adds)
