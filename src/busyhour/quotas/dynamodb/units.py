"""Item sizes and capacity units that DynamoDB charges.

Sources: DynamoDB Developer Guide, "DynamoDB item sizes and formats" and "read/write capacity": a read unit is
4 KB read strongly consistently (half for eventually consistent, two for a transaction), a write unit is 1 KB
(two in a transaction); the name and the value of every attribute count, a number about one byte for two
digits plus one, a list or map three bytes and one for each element.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

READ_UNIT = 4096
WRITE_UNIT = 1024


_DIGITS = 38
"""Significant digits of a number (Developer Guide, "Supported data types")."""
TYPES = frozenset({"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"})


class InvalidValueError(ValueError):
    """An invalid attribute value; the message is DynamoDB's."""


def item_size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the bytes of an item in DynamoDB JSON."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Mapping[str, Any]) -> int:
    """Return the bytes of one attribute value in DynamoDB JSON (blobs as bytes or base64).

    Raises:
        InvalidValueError: it is not an attribute value.
    """
    if not isinstance(value, dict):
        raise InvalidValueError(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
        )
    if len(value) > 1:
        raise InvalidValueError(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
            "datatypes"
        )
    for kind, content in value.items():
        if kind in TYPES:
            return typed_size(kind, content)
    raise InvalidValueError(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
    )


def typed_size(kind: str, content: Any) -> int:
    """Return the bytes of one attribute value of type `kind`.

    Nested values are `{type: content}` or objects.
    """
    if kind == "S":
        return len(content) if content.isascii() else len(content.encode())
    if kind == "N":
        return _number(content)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "B":
        return len(content) if isinstance(content, bytes) else len(content) * 3 // 4
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _nested(value) for name, value in content.items())
    if kind == "L":
        return 3 + sum(1 + _nested(value) for value in content)
    return sum(typed_size(kind[0], value) for value in content)  # SS, NS, BS


def _nested(value: Any) -> int:
    if isinstance(value, dict):
        return value_size(value)
    return typed_size(value.type, value.value)


def _number(text: str) -> int:
    digits = text.strip("-+").lower().partition("e")[0].replace(".", "").strip("0")
    if len(digits) > _DIGITS:
        raise InvalidValueError("Attempting to store more than 38 significant digits in a Number")
    return min(21, (len(digits) + 1) // 2 + 1 + text.startswith("-"))


def stored_size(attributes: Mapping[str, Any]) -> int:
    """Return the bytes of a stored item: attribute values as objects with `type` and `value`."""
    return sum(len(name.encode()) + typed_size(value.type, value.value) for name, value in attributes.items())


def read_units(size: int, *, consistent: bool = False, transactional: bool = False) -> float:
    """Return the read units of `size` bytes; an empty read costs as much as one block."""
    blocks = max(1, math.ceil(size / READ_UNIT))
    return blocks * (2.0 if transactional else 1.0 if consistent else 0.5)


def write_units(size: int, *, transactional: bool = False) -> float:
    """Return the write units of `size` bytes, the larger of the item before and after; at least one."""
    return max(1, math.ceil(size / WRITE_UNIT)) * (2.0 if transactional else 1.0)
