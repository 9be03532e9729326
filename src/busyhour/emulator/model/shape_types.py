"""Check that parameters have the types of botocore's model, before an operation reads them.

Only types: the operation checks lengths, ranges and values with its service's own errors. Protocols
with text values only may pass numbers, times and booleans as text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from busyhour.emulator.messages import ApiError

_MANY = 2.0**63


def check_types(service: str, operation: str, parameters: Mapping[str, Any], *, text: bool = False) -> None:
    """Check parameters against the operation's input; `service` is botocore's name of it.

    Args:
        service: like `cloudwatch`.
        operation: an operation of its model.
        parameters: by member.
        text: whether values may be text that contains a number.

    Raises:
        ApiError: SerializationException that names the member.
    """
    shape = _model(service).operation_model(operation).input_shape
    if shape is not None:
        _check(shape, parameters, "", text)


@cache
def _model(service: str) -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _check(shape: Any, value: Any, where: str, text: bool) -> None:
    if value is None:
        return
    kind = shape.type_name
    if kind == "structure":
        for name, inner in _members(value, where).items():
            if name in shape.members:
                _check(shape.members[name], inner, f"{where}.{name}" if where else name, text)
    elif kind == "list":
        if not isinstance(value, list) and not (text and value == ""):
            raise _mismatch(where, "a list")
        for number, inner in enumerate(value):
            if inner is None:
                raise _mismatch(f"{where}[{number}]", "a value")
            _check(shape.member, inner, f"{where}[{number}]", text)
    elif kind == "map":
        for name, inner in _members(value, where).items():
            _check(shape.value, inner, f"{where}.{name}", text)
    elif kind in _TYPES and not (text and isinstance(value, str)):
        what, fits = _TYPES[kind]
        if not fits(value):
            raise _mismatch(where, what)


def _members(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _mismatch(where or "The request", "a structure")
    return value


def _mismatch(where: str, what: str) -> ApiError:
    return ApiError("SerializationException", f"{where} must be {what}.")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_MANY <= value < _MANY


def _finite(value: Any) -> bool:
    return _number(value) and (isinstance(value, int) or math.isfinite(value)) and abs(value) < 1e300


_TYPES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("text", lambda value: isinstance(value, str)),
    "integer": ("a whole number", _whole),
    "long": ("a whole number", _whole),
    "float": ("a number", _finite),
    "double": ("a number", _finite),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "timestamp": (
        "a time",
        lambda value: isinstance(value, datetime | str) or (_finite(value) and abs(value) < 1e11),
    ),
}
"""Description of each type's values, and a test for one."""
