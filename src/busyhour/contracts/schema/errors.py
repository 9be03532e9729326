"""Validate a value by JSON Schema and return every violated keyword, with the condition under which it applies.

Asked only about actions that the fast validator refuses (`fast`). It knows the keywords that flow_schemas/ uses
and nothing else; tests hold it, and the fast validator, to the jsonschema library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from busyhour.flows.model import Pointer

Resolve = Callable[[str, str], tuple[Any, str]]
"""(reference, base) -> (schema, its own base)."""


@dataclass(frozen=True, slots=True)
class Objection:
    """A keyword of a schema that a value violates.

    `path` leads from the action to the value, `limit` is the keyword's value, `schema` the schema that has it,
    `when` the condition under which the schema applies (` in store mode`), with a leading space.
    `keyword` is None if no value at all is allowed.
    """

    keyword: str | None
    limit: Any
    value: Any
    schema: Mapping[str, Any]
    path: Pointer
    when: str


def objections(schema: Any, value: Any, base: str, resolve: Resolve) -> Iterator[Objection]:
    """Return all violations in `value` of `schema`, which is in the file `base`."""
    return _Walk(resolve).walk(schema, value, (), base, "")


def kinds_of(value: Any) -> tuple[str, ...]:
    """Return JSON Schema's names for the type of a value."""
    match value:
        case None:
            return ("null",)
        case bool():
            return ("boolean",)
        case int():
            return ("integer", "number")
        case float():
            return ("integer", "number") if value.is_integer() else ("number",)
        case str():
            return ("string",)
        case list():
            return ("array",)
        case _:
            return ("object",)


@dataclass(frozen=True, slots=True)
class _Walk:
    resolve: Resolve

    def holds(self, schema: Any, value: Any, base: str) -> bool:
        return next(self.walk(schema, value, (), base, ""), None) is None

    def walk(self, schema: Any, value: Any, path: Pointer, base: str, when: str) -> Iterator[Objection]:
        if schema is True:
            return
        if schema is False:
            yield Objection(None, None, value, {}, path, when)
            return
        if "x-when" in schema:
            when = f" {schema['x-when']}"

        def objection(keyword: str) -> Objection:
            return Objection(keyword, schema[keyword], value, schema, path, when)

        if "$ref" in schema:
            target, home = self.resolve(schema["$ref"], base)
            yield from self.walk(target, value, path, home, when)
        if "type" in schema:
            wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            if not set(wanted) & set(kinds_of(value)):
                yield objection("type")
        if "enum" in schema and not any(same(value, one) for one in schema["enum"]):
            yield objection("enum")
        if "const" in schema and not same(value, schema["const"]):
            yield objection("const")
        if isinstance(value, str):
            yield from (objection(keyword) for keyword in _of_string(schema, value))
        elif isinstance(value, dict):
            yield from self._of_object(schema, value, path, base, when)
        elif isinstance(value, list):
            yield from self._of_list(schema, value, path, base, when)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            if value < schema.get("minimum", value):
                yield objection("minimum")
            if value > schema.get("maximum", value):
                yield objection("maximum")
        yield from self._combined(schema, value, path, base, when)

    def _of_object(
        self, schema: Mapping[str, Any], value: dict[str, Any], path: Pointer, base: str, when: str
    ) -> Iterator[Objection]:
        properties = schema.get("properties", {})
        for name, inner in properties.items():
            if name in value:
                yield from self.walk(inner, value[name], (*path, name), base, when)
        additional = schema.get("additionalProperties", True)
        broken: list[str] = []
        if "required" in schema and not value.keys() >= set(schema["required"]):
            broken.append("required")
        if "minProperties" in schema and len(value) < schema["minProperties"]:
            broken.append("minProperties")
        if "maxProperties" in schema and len(value) > schema["maxProperties"]:
            broken.append("maxProperties")
        if additional is False and not value.keys() <= properties.keys():
            broken.append("additionalProperties")
        for keyword in broken:
            yield Objection(keyword, schema[keyword], value, schema, path, when)
        if additional is not True and additional is not False:
            for name in sorted(value.keys() - properties.keys()):
                yield from self.walk(additional, value[name], (*path, name), base, when)
        if "propertyNames" in schema:
            for name in sorted(value):
                yield from self.walk(schema["propertyNames"], name, path, base, when)

    def _of_list(
        self, schema: Mapping[str, Any], value: list[Any], path: Pointer, base: str, when: str
    ) -> Iterator[Objection]:
        broken: list[str] = []
        if "minItems" in schema and len(value) < schema["minItems"]:
            broken.append("minItems")
        if "maxItems" in schema and len(value) > schema["maxItems"]:
            broken.append("maxItems")
        if schema.get("uniqueItems") and not distinct(value):
            broken.append("uniqueItems")
        for keyword in broken:
            yield Objection(keyword, schema[keyword], value, schema, path, when)
        if "items" in schema:
            for at, one in enumerate(value):
                yield from self.walk(schema["items"], one, (*path, at), base, when)
        if "contains" in schema:
            count = sum(self.holds(schema["contains"], one, base) for one in value)
            if count < schema.get("minContains", 1):
                yield Objection("contains", schema["contains"], value, schema, path, when)
            if count > schema.get("maxContains", count):
                yield Objection("maxContains", schema["maxContains"], value, schema, path, when)

    def _combined(
        self, schema: Mapping[str, Any], value: Any, path: Pointer, base: str, when: str
    ) -> Iterator[Objection]:
        for inner in schema.get("allOf", ()):
            yield from self.walk(inner, value, path, base, when)
        if "anyOf" in schema and not any(self.holds(inner, value, base) for inner in schema["anyOf"]):
            yield Objection("anyOf", schema["anyOf"], value, schema, path, when)
        if "oneOf" in schema and sum(self.holds(inner, value, base) for inner in schema["oneOf"]) != 1:
            yield Objection("oneOf", schema["oneOf"], value, schema, path, when)
        if "not" in schema and self.holds(schema["not"], value, base):
            yield Objection("not", schema["not"], value, schema, path, when)
        if "if" in schema:
            branch = "then" if self.holds(schema["if"], value, base) else "else"
            yield from self.walk(schema.get(branch, True), value, path, base, when)


def _of_string(schema: Mapping[str, Any], value: str) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield "minLength"
    if len(value) > schema.get("maxLength", len(value)):
        yield "maxLength"
    if "pattern" in schema and _pattern(schema["pattern"]).search(value) is None:
        yield "pattern"


_pattern = lru_cache(maxsize=None)(re.compile)


def same(value: Any, other: Any) -> bool:
    """Whether two JSON values are equal: true is not 1."""
    return value == other and (value.__class__ is bool) == (other.__class__ is bool)


def distinct(values: list[Any]) -> bool:
    """Whether no two values are equal."""
    return not any(same(value, other) for at, value in enumerate(values) for other in values[:at])
