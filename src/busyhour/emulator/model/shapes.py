"""Validators of JSON values, made from botocore's shapes.

Compiled once per operation, because StartOutboundVoiceContact is checked thousands of times a second.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, cast

Check = Callable[[Any, str], None]
"""Raises `MalformedError` or `ConstraintError` for an invalid value; the text has its place."""


class MalformedError(Exception):
    """A value of a wrong JSON type, or a missing required member."""


class ConstraintError(Exception):
    """A value of the right type that violates a length, range, pattern or enumeration."""


def compile_shape(shape: Any) -> Check:
    """Compile the validator of a botocore shape. Unknown members are accepted, as by AWS."""
    return _COMPILERS.get(shape.type_name, _anything)(shape, {})


def _inner(shape: Any, known: dict[str, Check]) -> Check:
    """Return the validator of a member; recursive shapes refer to themselves by name."""
    name = shape.name
    if name not in known:

        def later(value: Any, where: str) -> None:
            known[name](value, where)

        known[name] = later
        known[name] = _COMPILERS.get(shape.type_name, _anything)(shape, known)
    return known[name]


def _structure(shape: Any, known: dict[str, Check]) -> Check:
    required = tuple(shape.required_members)
    members = {
        member.serialization.get("name", name): (name, _inner(member, known))
        for name, member in shape.members.items()
    }
    wire_required = tuple(shape.members[name].serialization.get("name", name) for name in required)

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise MalformedError(f"{where or 'The request'} must be an object.")
        for name in wire_required:
            if value.get(name) is None:
                raise MalformedError(f"{_path(where, name)} is required.")
        for name, inner in value.items():
            known_member = members.get(name)
            if known_member is not None and inner is not None:
                member, check_member = known_member
                check_member(inner, f"{where}.{member}" if where else member)

    return check


def _bounds(shape: Any, at_most: str, at_least: str) -> Callable[[float, str], None]:
    """Return the check of a length or value against the shape's `min` and `max`; the texts are the requirements."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")

    def check(value: float, where: str) -> None:
        if high is not None and value > high:
            raise ConstraintError(f"{where} must {at_most.format(high)}.")
        if low is not None and value < low:
            raise ConstraintError(f"{where} must {at_least.format(low)}.")

    return check


def _list(shape: Any, known: dict[str, Check]) -> Check:
    inner = _inner(shape.member, known)
    within = _bounds(shape, "include at most {} items", "include at least {} items")

    def check(value: Any, where: str) -> None:
        if not isinstance(value, list):
            raise MalformedError(f"{where} must be a list.")
        within(len(value), where)
        for index, item in enumerate(value):
            inner(item, f"{where}[{index}]")

    return check


def _map(shape: Any, known: dict[str, Check]) -> Check:
    key_check, value_check = _inner(shape.key, known), _inner(shape.value, known)
    within = _bounds(shape, "include at most {} entries", "include at least {} entries")

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise MalformedError(f"{where} must be an object.")
        within(len(value), where)
        for key, item in value.items():
            key_check(key, f"{where} key {key[:60]!r}")
            value_check(item, f"{where}[{key[:60]!r}]")

    return check


def _string(shape: Any, known: dict[str, Check]) -> Check:
    metadata = shape.metadata
    within = _bounds(shape, "have length less than or equal to {}", "have length greater than or equal to {}")
    low, high = metadata.get("min", 0), metadata.get("max", math.inf)
    choices = frozenset(metadata.get("enum", ()))
    pattern = _pattern(metadata.get("pattern"))

    def check(value: Any, where: str) -> None:
        if not isinstance(value, str):
            raise MalformedError(f"{where} must be a string.")
        if not low <= len(value) <= high:
            within(len(value), where)
        if choices and value not in choices:
            raise ConstraintError(f"{where} must be one of {', '.join(sorted(choices))}.")
        if pattern is not None and pattern.fullmatch(value) is None:
            raise ConstraintError(f"{where} must satisfy regular expression pattern: {pattern.pattern}")

    return check


def _pattern(text: str | None) -> re.Pattern[str] | None:
    r"""Return the pattern of a model, which is written for Java, as one for Python.

    Connect's model has some with every backslash doubled, one between slashes (`Password`), and classes such as
    `\p{L}`, for which `re` has nothing; DynamoDB's has a range of surrogate pairs.
    """
    if text is None:
        return None
    text = text.replace("\\\\", "\\").replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    if len(text) > 1 and text[0] == text[-1] == "/":
        text = text[1:-1]
    try:
        return re.compile(text)
    except re.error:
        import regex  # only for the few patterns that need it

        return cast("re.Pattern[str]", regex.compile(text))


def _number(kinds: tuple[type[int | float], ...], what: str) -> Callable[[Any, dict[str, Check]], Check]:
    def compiler(shape: Any, known: dict[str, Check]) -> Check:
        within = _bounds(
            shape, "have value less than or equal to {}", "have value greater than or equal to {}"
        )

        def check(value: Any, where: str) -> None:
            if not isinstance(value, kinds) or isinstance(value, bool):
                raise MalformedError(f"{where} must be {what}.")
            within(value, where)

        return check

    return compiler


def _boolean(shape: Any, known: dict[str, Check]) -> Check:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, bool):
            raise MalformedError(f"{where} must be true or false.")

    return check


def _timestamp(shape: Any, known: dict[str, Check]) -> Check:
    def check(value: Any, where: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise MalformedError(f"{where} must be a time.")

    return check


def _anything(shape: Any, known: dict[str, Check]) -> Check:
    def check(value: Any, where: str) -> None:
        return

    return check


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


_COMPILERS: dict[str, Callable[[Any, dict[str, Check]], Check]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _number((int,), "a whole number"),
    "long": _number((int,), "a whole number"),
    "float": _number((int, float), "a number"),
    "double": _number((int, float), "a number"),
    "boolean": _boolean,
    "timestamp": _timestamp,
}
