"""Convert dataclasses to JSON values and back, for run.json and load.json."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from busyhour.errors import BusyhourError

T = TypeVar("T")

MOST = 10**15
"""Largest number in a record; sums and products of such numbers stay finite."""

_WHOLE: set[type] = {int, str}
"""Types whose values are JSON values already."""


def encode(value: Any) -> Any:
    """Convert `value` to JSON values.

    Dataclasses to objects, enums to their values, NaN and infinities to null.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        if set(map(type, value)) <= _WHOLE:  # long lists of counts: unchanged
            return list(value)
        return [encode(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return value


def decode(kind: type[T], data: Any, *, place: str = "$") -> T:
    """Convert `data` to an instance of the dataclass `kind`.

    Members that `kind` does not have are ignored: a newer version may have written them.

    Raises:
        BusyhourError: a member is missing or has the wrong type; the message names it.
    """
    made: T = _decode(kind, data, place)
    return made


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _decode(kind: Any, data: Any, place: str) -> Any:
    if kind is Any:
        return data
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        members = typing.get_args(kind)
        if data is None and type(None) in members:
            return None
        return _decode(next(member for member in members if member is not type(None)), data, place)
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, _of(Mapping, data, place), place)
    if origin is list:
        (item,) = typing.get_args(kind)
        if item in _WHOLE and isinstance(data, list) and set(map(type, data)) <= {item}:
            if item is int and data and max(max(data), -min(data)) > MOST:
                raise BusyhourError(f"{place}: has a number beyond {MOST:.0e}.")
            return list(data)  # long lists of counts: checked at once
        return [_decode(item, each, f"{place}[{i}]") for i, each in enumerate(_of(list, data, place))]
    if origin is tuple:
        kinds, items = typing.get_args(kind), _of((list, tuple), data, place)
        if len(items) != len(kinds):
            raise BusyhourError(f"{place}: {data!r:.60} has {len(items)} members, not {len(kinds)}.")
        return tuple(
            _decode(one, each, f"{place}[{i}]")
            for i, (one, each) in enumerate(zip(kinds, items, strict=True))
        )
    if origin is dict:
        _, item = typing.get_args(kind)
        return {key: _decode(item, each, f"{place}.{key}") for key, each in _of(Mapping, data, place).items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(data)
        except ValueError:
            known = ", ".join(repr(member.value) for member in kind)
            raise BusyhourError(f"{place}: {data!r} is not one of {known}.") from None
    found = _of((int, float) if kind is float else kind, data, place)
    if kind in (int, float) and abs(found) > MOST:
        raise BusyhourError(f"{place}: {found!r:.40} is beyond {MOST:.0e}, the largest number in a record.")
    return float(found) if kind is float else found


def _of(kind: Any, data: Any, place: str) -> Any:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        wanted = " or ".join(k.__name__ for k in kind) if isinstance(kind, tuple) else kind.__name__
        raise BusyhourError(f"{place}: {data!r:.60} is not of type {wanted}.")
    return data


def _dataclass(kind: Any, data: Mapping[str, Any], place: str) -> Any:
    hints = _hints(kind)
    given = {}
    for field in dataclasses.fields(kind):
        if field.name in data:
            given[field.name] = _decode(hints[field.name], data[field.name], f"{place}.{field.name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise BusyhourError(f"{place}: member {field.name!r} is missing.")
    try:
        return kind(**given)
    except ValueError as error:
        raise BusyhourError(f"{place}: {error}.") from None
