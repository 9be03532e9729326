"""How sure each constraint of the schemas is: live, documented, seen, inferred or undecided, with source and date."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from busyhour.contracts.schema.store import SchemaStore

CERTAINTIES: Mapping[str, str] = {
    "live": "a real instance of Connect answered so",
    "documented": "AWS documents it",
    "seen": "published exports agree",
    "inferred": "concluded from related facts",
    "undecided": "not known whether Connect rejects it: a warning",
}
"""Certainties, the surest first, each with its meaning."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence for one constraint of an action type; an empty `place` stands for all that have no entry of their own.

    `place` is a path below the action (`Transitions.NextAction`), `rule` the rule that reports a flow which breaks it.
    """

    type: str
    place: str
    certainty: str
    source: str
    date: str
    rule: str = ""


@lru_cache(maxsize=1)
def evidence(store: SchemaStore) -> tuple[Evidence, ...]:
    """Return the evidence for the constraints of all action types, the file's own first."""
    return tuple(_all(store))


def _all(store: SchemaStore) -> Iterator[Evidence]:
    for type in sorted(store.types):
        schema = store.action(type)
        source = "; ".join(schema["x-source"])
        yield Evidence(type, "", schema["x-certainty"], source, schema["x-date"])
        seen: set[Evidence] = set()
        for one in _inside(type, schema, ()):
            if one not in seen:
                seen.add(one)
                yield one


def _inside(type: str, schema: Any, path: tuple[str, ...]) -> Iterator[Evidence]:
    if isinstance(schema, list):
        for one in schema:
            yield from _inside(type, one, path)
        return
    if not isinstance(schema, dict):
        return
    for keyword, given in schema.get("x-evidence", {}).items():
        place = ".".join((*path, *_named(keyword, schema)))
        rule = _rule(keyword, schema, path)
        yield Evidence(type, place, given["certainty"], given["source"], given["date"], rule)
    for doubt in schema.get("x-undecided", ()):
        place = ".".join(path)
        yield Evidence(
            type,
            place,
            "undecided",
            f"{doubt['x-doubt']} ({doubt['x-source']})",
            doubt["x-date"],
            doubt["x-rule"],
        )
    for kind, why in schema.get("x-flow-types-undecided", {}).items():
        yield Evidence(type, f"in {kind}", "undecided", why, schema["x-date"], "flow-type")
    for keyword, inner in schema.items():
        if keyword == "properties":
            for name, part in inner.items():
                yield from _inside(type, part, (*path, name))
        elif not keyword.startswith("x-"):
            yield from _inside(type, inner, path)


def _named(keyword: str, schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the part of a place that a keyword stands for: a member's name, an error, or the keyword itself."""
    word, _, name = keyword.partition("/")
    if name:
        return (name,)
    if word == "$ref":
        return (str(schema["$ref"]).rpartition("/")[2].removeprefix("must").removeprefix("may"),)
    return (f"({word})",)


_OF_PARAMETERS = {
    "required": "missing-parameter",
    "minItems": "empty-value",
    "maxLength": "parameter-value",
    "type": "string-scalar",
}
_REQUIRED = {
    "NextAction": "missing-next-action",
    "Errors": "missing-error",
    "Conditions": "missing-condition",
}


def _rule(keyword: str, schema: Mapping[str, Any], path: tuple[str, ...]) -> str:
    """Return the rule that reports a flow which breaks the constraint of a keyword."""
    word, _, name = keyword.partition("/")
    if path[:1] == ("Parameters",):
        return _OF_PARAMETERS.get(word, "exclusive-parameters")
    if path[1:2] == ("Errors",):
        required = word == "$ref" and "/must" in schema["$ref"]
        return "missing-error" if required else "disallowed-error"
    if path[1:2] == ("Conditions",):
        return "condition-operand" if "Operands" in path else "missing-condition"
    return _REQUIRED.get(name, "terminal-with-transitions")


def table(store: SchemaStore, rules: Collection[str] | None = None) -> Iterator[str]:
    """Yield one line for each constraint with its certainty, date and source, for a terminal.

    Args:
        store: the schemas.
        rules: only the constraints that these rules report; None for all, with the certainty of each file.
    """
    for one in evidence(store):
        if rules is None or one.rule in rules:
            place = f" {one.place}" if one.place else ", unless named below"
            reported = f" [{one.rule}]" if one.rule else ""
            yield f"{one.type}{place}: {one.certainty}, {one.date}, {one.source}{reported}"
