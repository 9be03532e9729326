"""Validators of parameters, made from botocore's shapes.

Compiled once per operation, because StartOutboundVoiceContact is checked thousands of times a second. A service that
checks lengths, ranges and values with errors of its own has the types checked alone (`check_types`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, cast

from busyhour.emulator.messages import ApiError

_MANY = 2.0**63

Check = Callable[[Any, str], None]
"""Raises `MalformedError` or `ConstraintError` for an invalid value; the text has its place."""


class MalformedError(Exception):
    """A value of a wrong JSON type, or a missing required member."""


class ConstraintError(Exception):
    """A value of the right type that violates a length, range, pattern or enumeration."""


def compile_shape(shape: Any, *, drops: bool = False) -> Check:
    """Compile the validator of a botocore shape. Unknown members are accepted, as by AWS.

    With `drops` they, and members that are null, are taken out of the value: no answer repeats them.
    """
    return _Compiler(drops=drops).compiled(shape)


def check_types(
    service: str,
    operation: str,
    parameters: Mapping[str, Any],
    *,
    text: bool = False,
    constraint: str = "",
) -> None:
    """Check that parameters have the types of an operation's input; a member that is null counts as absent.

    Args:
        service: botocore's name of it, like `cloudwatch`.
        operation: an operation of its model.
        parameters: by member.
        text: whether numbers, times and booleans may be text: protocols with text values only.
        constraint: error of a member that is missing, or violates a length, a range or an enumeration; empty: types only.

    Raises:
        ApiError: SerializationException that names the member, or `constraint`.
    """
    try:
        _types_of(service, operation, text, not constraint)(parameters, "")
    except MalformedError as error:
        raise ApiError("SerializationException", str(error)) from None
    except ConstraintError as error:
        raise ApiError(constraint, str(error)) from None


@cache
def _types_of(service: str, operation: str, text: bool, types_only: bool) -> Check:
    shape = _model(service).operation_model(operation).input_shape
    compiler = _Compiler(types_only=types_only, text=text)
    return _anything(shape, compiler) if shape is None else compiler.compiled(shape)


@cache
def _model(service: str) -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Options of a validator, and the validators of the shapes compiled so far, by name."""

    types_only: bool = False
    text: bool = False
    drops: bool = False
    """Whether members that the model does not have, and nulls, are taken out of what is validated."""
    known: dict[str, Check] = field(default_factory=dict)

    def constraints(self, shape: Any) -> Mapping[str, Any]:
        """Return a shape's length or range, pattern and enumeration, as far as they are checked."""
        return {} if self.types_only else shape.metadata

    def compiled(self, shape: Any) -> Check:
        return _COMPILERS.get(shape.type_name, _anything)(shape, self)

    def inner(self, shape: Any) -> Check:
        """Return the validator of a member; recursive shapes refer to themselves by name."""
        known, name = self.known, shape.name
        if name not in known:

            def later(value: Any, where: str) -> None:
                known[name](value, where)

            known[name] = later
            known[name] = self.compiled(shape)
        return known[name]


def _structure(shape: Any, compiler: _Compiler) -> Check:
    required = () if compiler.types_only else tuple(shape.required_members)
    members = {
        member.serialization.get("name", name): (name, compiler.inner(member))
        for name, member in shape.members.items()
    }
    wire_required = tuple(shape.members[name].serialization.get("name", name) for name in required)

    def check(value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            raise MalformedError(f"{where or 'The request'} must be an object.")
        for name in wire_required:
            if value.get(name) is None:
                raise MalformedError(f"{_path(where, name)} is required.")
        unused = []
        for name, inner in value.items():
            known = members.get(name)
            if known is not None and inner is not None:
                member, check_member = known
                check_member(inner, f"{where}.{member}" if where else member)
            else:
                unused.append(name)
        if unused and drops and isinstance(value, dict):
            for name in unused:
                del value[name]

    drops = compiler.drops and not getattr(shape, "is_document_type", False)
    return check


def _bounds(constraints: Mapping[str, Any], at_most: str, at_least: str) -> Callable[[float, str], None]:
    """Return the check of a length or value against `min` and `max`; the texts are the requirements."""
    low, high = constraints.get("min"), constraints.get("max")

    def check(value: float, where: str) -> None:
        if high is not None and value > high:
            raise ConstraintError(f"{where} must {at_most.format(high)}.")
        if low is not None and value < low:
            raise ConstraintError(f"{where} must {at_least.format(low)}.")

    return check


def _list(shape: Any, compiler: _Compiler) -> Check:
    inner, empty_text = compiler.inner(shape.member), compiler.text
    within = _bounds(compiler.constraints(shape), "include at most {} items", "include at least {} items")

    def check(value: Any, where: str) -> None:
        if not isinstance(value, list):
            if empty_text and value == "":
                return
            raise MalformedError(f"{where} must be a list.")
        within(len(value), where)
        for index, item in enumerate(value):
            inner(item, f"{where}[{index}]")

    return check


def _map(shape: Any, compiler: _Compiler) -> Check:
    key_check, value_check = compiler.inner(shape.key), compiler.inner(shape.value)
    within = _bounds(compiler.constraints(shape), "include at most {} entries", "include at least {} entries")
    types_only = compiler.types_only

    def check(value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            raise MalformedError(f"{where} must be an object.")
        within(len(value), where)
        for key, item in value.items():
            key_check(key, f"{where} key {key[:60]!r}")
            if not (types_only and item is None):
                value_check(item, f"{where}[{key[:60]!r}]")

    return check


def _string(shape: Any, compiler: _Compiler) -> Check:
    metadata = compiler.constraints(shape)
    within = _bounds(
        metadata, "have length less than or equal to {}", "have length greater than or equal to {}"
    )
    low, high = metadata.get("min", 0), metadata.get("max", math.inf)
    choices = frozenset(metadata.get("enum", ()))
    pattern = _pattern(metadata.get("pattern"), high)

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


_ONE_CHARACTER = re.compile(r"\^\[[^\]]+\]\$")


def _pattern(text: str | None, longest: float) -> re.Pattern[str] | None:
    r"""Return the pattern of a model, which is written for Java, as one for Python.

    Connect's model has some with every backslash doubled, one between slashes (`Password`), and classes such as
    `\p{L}`, for which `re` has nothing; DynamoDB's has a range of surrogate pairs. One that allows a single character and a length
    of more (`ViewContentSha256`) means any number of them.
    """
    if text is None:
        return None
    text = text.replace("\\\\", "\\").replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    if len(text) > 1 and text[0] == text[-1] == "/":
        text = text[1:-1]
    if longest > 1 and _ONE_CHARACTER.fullmatch(text):
        text = f"{text[:-1]}*$"
    try:
        return re.compile(text)
    except re.error:
        import regex  # only for the few patterns that need it

        return cast("re.Pattern[str]", regex.compile(text))


def _scalar(what: str, fits: Callable[[Any], bool]) -> Callable[[Any, _Compiler], Check]:
    """Return the compiler of a number, time or boolean that `fits`, described as `what`."""

    def compiler_of(shape: Any, compiler: _Compiler) -> Check:
        within = _bounds(
            compiler.constraints(shape),
            "have value less than or equal to {}",
            "have value greater than or equal to {}",
        )
        text, bounded = compiler.text, bool({"min", "max"} & compiler.constraints(shape).keys())

        def check(value: Any, where: str) -> None:
            if text and isinstance(value, str):
                return
            if not fits(value):
                raise MalformedError(f"{where} must be {what}.")
            if bounded:
                within(value, where)

        return check

    return compiler_of


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_MANY <= value < _MANY


def _finite(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (isinstance(value, int) or math.isfinite(value)) and abs(value) < 1e300


def _time(value: Any) -> bool:
    return isinstance(value, datetime | str) or (_finite(value) and abs(value) < 1e11)


def _anything(shape: Any, compiler: _Compiler) -> Check:
    def check(value: Any, where: str) -> None:
        return

    return check


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


_COMPILERS: dict[str, Callable[[Any, _Compiler], Check]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _scalar("a whole number", _whole),
    "long": _scalar("a whole number", _whole),
    "float": _scalar("a number", _finite),
    "double": _scalar("a number", _finite),
    "boolean": _scalar("true or false", lambda value: isinstance(value, bool)),
    "timestamp": _scalar("a time", _time),
}
