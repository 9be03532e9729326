"""Validate a value by JSON Schema and return every violated keyword, with the condition under which it applies.

Asked only about actions that the fast validator refuses (`fast`). It knows the keywords that flow_schemas/ uses
and nothing else; tests hold it, and the fast validator, to the jsonschema library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from busyhour.flows.model import Pointer

Resolve = Callable[[str, str], tuple[Any, str]]
"""(reference, base) -> (schema, its own base)."""


class About(NamedTuple):
    """Surroundings of a schema: the condition under which it applies, the evidence for a reference, the doubt."""

    when: str = ""
    evidence: Mapping[str, Any] | None = None
    doubt: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """A keyword of a schema that a value violates.

    `path` leads from the action to the value, `limit` is the keyword's value, `schema` the schema that has it.
    `about` is what encloses the schema. `keyword` is None if no value at all is allowed.
    """

    keyword: str | None
    limit: Any
    value: Any
    schema: Mapping[str, Any]
    path: Pointer
    about: About

    @property
    def when(self) -> str:
        """The condition under which the schema applies (` in store mode`), with a leading space."""
        return self.about.when

    @property
    def doubt(self) -> Mapping[str, Any] | None:
        """The member of `x-undecided` that is violated: the service may well accept the value."""
        return self.about.doubt

    def evidence(self, name: str = "") -> Mapping[str, Any] | None:
        """Return the evidence beside the violated keyword (for one `name` in it, if given), None without any."""
        beside = self.schema.get("x-evidence", {})
        found: Mapping[str, Any] | None = beside.get(f"{self.keyword}/{name}") or beside.get(self.keyword)
        return found or self.about.evidence


def objections(schema: Any, value: Any, base: str, resolve: Resolve) -> Iterator[Objection]:
    """Return all violations in `value` of `schema`, which is in the file `base`; those of `x-undecided` have a doubt."""
    return _Walk(resolve).walk(schema, value, (), base, About())


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
    doubts: bool = True

    def holds(self, schema: Any, value: Any, base: str) -> bool:
        certain = _Walk(self.resolve, doubts=False)
        return next(certain.walk(schema, value, (), base, About()), None) is None

    def walk(self, schema: Any, value: Any, path: Pointer, base: str, about: About) -> Iterator[Objection]:
        if schema is True:
            return
        if schema is False:
            yield Objection(None, None, value, {}, path, about)
            return
        if "x-when" in schema:
            about = about._replace(when=f" {schema['x-when']}")

        def objection(keyword: str) -> Objection:
            return Objection(keyword, schema[keyword], value, schema, path, about)

        if "$ref" in schema:
            target, home = self.resolve(schema["$ref"], base)
            evidence = schema.get("x-evidence", {}).get("$ref") or about.evidence
            yield from self.walk(target, value, path, home, about._replace(evidence=evidence))
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
            yield from self._of_object(schema, value, path, base, about)
        elif isinstance(value, list):
            yield from self._of_list(schema, value, path, base, about)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            if value < schema.get("minimum", value):
                yield objection("minimum")
            if value > schema.get("maximum", value):
                yield objection("maximum")
        yield from self._combined(schema, value, path, base, about)

    def _of_object(
        self, schema: Mapping[str, Any], value: dict[str, Any], path: Pointer, base: str, about: About
    ) -> Iterator[Objection]:
        properties = schema.get("properties", {})
        for name, inner in properties.items():
            if name in value:
                yield from self.walk(inner, value[name], (*path, name), base, about)
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
            yield Objection(keyword, schema[keyword], value, schema, path, about)
        if additional is not True and additional is not False:
            for name in sorted(value.keys() - properties.keys()):
                yield from self.walk(additional, value[name], (*path, name), base, about)
        if "propertyNames" in schema:
            for name in sorted(value):
                yield from self.walk(schema["propertyNames"], name, path, base, about)

    def _of_list(
        self, schema: Mapping[str, Any], value: list[Any], path: Pointer, base: str, about: About
    ) -> Iterator[Objection]:
        broken: list[str] = []
        if "minItems" in schema and len(value) < schema["minItems"]:
            broken.append("minItems")
        if "maxItems" in schema and len(value) > schema["maxItems"]:
            broken.append("maxItems")
        if schema.get("uniqueItems") and not distinct(value):
            broken.append("uniqueItems")
        for keyword in broken:
            yield Objection(keyword, schema[keyword], value, schema, path, about)
        if "items" in schema:
            for at, one in enumerate(value):
                yield from self.walk(schema["items"], one, (*path, at), base, about)
        if "contains" in schema:
            count = sum(self.holds(schema["contains"], one, base) for one in value)
            if count < schema.get("minContains", 1):
                yield Objection("contains", schema["contains"], value, schema, path, about)
            if count > schema.get("maxContains", count):
                yield Objection("maxContains", schema["maxContains"], value, schema, path, about)

    def _combined(
        self, schema: Mapping[str, Any], value: Any, path: Pointer, base: str, about: About
    ) -> Iterator[Objection]:
        if self.doubts:
            for inner in schema.get("x-undecided", ()):
                yield from self.walk(inner, value, path, base, about._replace(doubt=inner))
        for inner in schema.get("allOf", ()):
            yield from self.walk(inner, value, path, base, about)
        if "anyOf" in schema and not any(self.holds(inner, value, base) for inner in schema["anyOf"]):
            yield Objection("anyOf", schema["anyOf"], value, schema, path, about)
        if "oneOf" in schema and sum(self.holds(inner, value, base) for inner in schema["oneOf"]) != 1:
            yield Objection("oneOf", schema["oneOf"], value, schema, path, about)
        if "not" in schema and self.holds(schema["not"], value, base):
            yield Objection("not", schema["not"], value, schema, path, about)
        if "if" in schema:
            branch = "then" if self.holds(schema["if"], value, base) else "else"
            yield from self.walk(schema.get(branch, True), value, path, base, about)


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
