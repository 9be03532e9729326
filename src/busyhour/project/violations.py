"""Explain JSON Schema violations of a TOML file to its author.

The schema supplies the words: `title` names the expected value ("a duration"), `description` and `examples`
give the way out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from busyhour.errors import did_you_mean

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Keys = tuple[str | int, ...]
"""Path to a value: keys and list indices from the top of the file."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """The problem of the value at `about`, and the way out."""

    about: Keys
    text: str
    way_out: str


@dataclass(frozen=True, slots=True)
class _Violation:
    """A ValidationError, reduced to the parts for a message."""

    keys: Keys
    value: Any
    limit: Any
    schema: Mapping[str, Any]

    @property
    def way_out(self) -> str:
        return _way_out(self.schema)


def explain(error: ValidationError) -> Iterator[Problem]:
    """Return the problems in one schema error: several if a table has several unknown or missing keys."""
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    violation = _Violation(tuple(error.absolute_path), error.instance, error.validator_value, schema)
    if "propertyNames" in error.absolute_schema_path:
        return _bad_name(violation)
    return _EXPLAIN.get(str(error.validator), _wrong_kind)(violation)


def not_finite(value: Any, keys: Keys = ()) -> Iterator[Problem]:
    """Return the numbers in `value` that are nan or infinite."""
    if isinstance(value, Mapping | list):
        for key, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from not_finite(inner, (*keys, key))
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem(keys, f"{dotted(keys)} is {value}, not a finite number", "Write a number.")


def dotted(keys: Sequence[str | int]) -> str:
    """Format keys as in TOML: `callers.menus."Main menu"`; list items are counted from 1: `layers[1]`."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key + 1}]"
            continue
        written = key if _BARE_KEY.fullmatch(key) else f'"{key}"'
        text += f".{written}" if text else written
    return text


def value_shown(value: Any) -> str:
    """Format a value as in TOML, cut to a readable length."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= _LONGEST else f'"{value[: _LONGEST - 3]}..."'
    if isinstance(value, Mapping):
        return "a table" if value else "an empty table"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return str(value)


def _table(keys: Keys) -> str:
    return f"[{dotted(keys)}]" if keys else "the file"


def _way_out(schema: Mapping[str, Any]) -> str:
    parts = [str(schema.get("description", ""))]
    if examples := schema.get("examples"):
        parts.append(f"Write for example {' or '.join(_example(example) for example in examples)}.")
    return " ".join(part for part in parts if part)


def _example(value: Any) -> str:
    """Format an example as in the file."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_example(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(_example(inner) for inner in value)}]"
    return value_shown(value)


def _unknown_key(found: _Violation) -> Iterator[Problem]:
    known = list(found.schema.get("properties", {}))
    for key in found.value:
        if key not in known:
            text = f"unknown key {key!r} in {_table(found.keys)}.{did_you_mean(key, known)}"
            yield Problem((*found.keys, key), text, f"Keys of {_table(found.keys)}: {', '.join(known)}.")


def _missing_key(found: _Violation) -> Iterator[Problem]:
    # jsonschema reports each missing key separately but with the whole list; repeated ones are dropped.
    for key in found.limit:
        if key not in found.value:
            about = found.schema.get("properties", {}).get(key, {})
            yield Problem(
                found.keys, f"{_table(found.keys)} has no {key!r}", _way_out(about) or f"Add {key!r}."
            )


def _wrong_choice(found: _Violation) -> Iterator[Problem]:
    known = [str(value) for value in found.limit]
    guess = did_you_mean(found.value, known) if isinstance(found.value, str) else ""
    text = (
        f"{dotted(found.keys)} is {value_shown(found.value)}, which is not one of {', '.join(known)}.{guess}"
    )
    yield Problem(found.keys, text, found.way_out)


def _bound(words: str) -> Callable[[_Violation], Iterator[Problem]]:
    def say(found: _Violation) -> Iterator[Problem]:
        text = f"{dotted(found.keys)} is {value_shown(found.value)}; it must be {words} {found.limit}"
        yield Problem(found.keys, text, found.way_out)

    return say


def _empty(found: _Violation) -> Iterator[Problem]:
    yield Problem(found.keys, f"{dotted(found.keys)} is empty", found.way_out)


def _bad_name(found: _Violation) -> Iterator[Problem]:
    name = str(found.value)
    text = f"{name!r} in {_table(found.keys)} is not {found.schema.get('title', 'a valid name')}"
    yield Problem((*found.keys, name), text, found.way_out)


def _wrong_kind(found: _Violation) -> Iterator[Problem]:
    wanted = found.schema.get("title") or _TYPES.get(str(found.limit), str(found.limit))
    yield Problem(
        found.keys, f"{dotted(found.keys)} is {value_shown(found.value)}, not {wanted}", found.way_out
    )


_TYPES = {
    "object": "a table",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}
_EXPLAIN: dict[str, Callable[[_Violation], Iterator[Problem]]] = {
    "additionalProperties": _unknown_key,
    "required": _missing_key,
    "enum": _wrong_choice,
    "minimum": _bound("at least"),
    "maximum": _bound("at most"),
    "exclusiveMinimum": _bound("more than"),
    "exclusiveMaximum": _bound("below"),
    "minItems": _empty,
    "minLength": _empty,
    "minProperties": _empty,
}
