"""Recorded answers compared with AWS's own models: a file that was edited or damaged is named, not followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

_TYPES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "structure": ("an object", lambda value: isinstance(value, dict)),
    "map": ("an object", lambda value: isinstance(value, dict)),
    "list": ("a list", lambda value: isinstance(value, list)),
    "string": ("a text", lambda value: isinstance(value, str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "timestamp": ("a time", lambda value: isinstance(value, str | int | float)),
    **dict.fromkeys(
        ("integer", "long", "float", "double"),
        ("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    ),
}


def problem(service: str, operation: str, answer: Any) -> str:
    """Return the first member of an answer that is not of the type that AWS documents, with what is expected; else empty."""
    shape = _output(service, operation)
    return "" if shape is None else _problem(shape, answer, "the answer")


@cache
def _output(service: str, operation: str) -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    return model.operation_model(operation).output_shape


def _problem(shape: Any, value: Any, place: str) -> str:
    expected, fits = _TYPES.get(shape.type_name, ("", lambda _: True))
    if not fits(value):
        return f"{place} must be {expected}"
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if name in value and (found := _problem(member, value[name], f"{place}.{name}")):
                return found
    elif shape.type_name == "map":
        for key, inner in value.items():
            if found := _problem(shape.value, inner, f"{place}.{key}"):
                return found
    elif shape.type_name == "list":
        for number, inner in enumerate(value):
            if found := _problem(shape.member, inner, f"{place}[{number}]"):
                return found
    return ""
