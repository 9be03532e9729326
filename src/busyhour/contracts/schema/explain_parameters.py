"""Explain a schema's objections to the parameters of an action."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from busyhour.contracts.finding import pointer_text
from busyhour.contracts.reading.placeholders import PLACEHOLDER, describes_a_value
from busyhour.contracts.schema.errors import Objection
from busyhour.contracts.schema.violations import ActionContext, Issue, extra, missing
from busyhour.contracts.schema.wording import bare_kind, listed, shown
from busyhour.errors import did_you_mean
from busyhour.flows.model import Pointer


def of_parameters(context: ActionContext, objection: Objection) -> Iterator[Issue]:
    """Yield issues with a value in `Parameters`."""
    path = objection.path
    where = context.at(path)
    value = objection.value
    name = _name(path)
    match objection.keyword:
        case _ if value == "":
            yield context.issue(
                "empty-value",
                path,
                f"{where} is an empty string; Connect rejects empty values everywhere in Parameters",
            )
        case None:
            yield context.issue(
                "unknown-parameter",
                path,
                f"{context.type}{objection.when} takes no {name}; found at {where}",
                key=True,
            )
        case "additionalProperties":
            yield from _unknown_parameters(context, objection)
        case "required":
            for one in missing(objection):
                yield context.issue(
                    "missing-parameter",
                    path,
                    f"{context.type}{objection.when} needs {one}, which {where} lacks",
                )
        case "oneOf" | "dependentRequired" | "not" | "maxProperties":
            yield from _exclusive(context, objection)
        case "anyOf" if all("required" in one for one in objection.limit):
            names = listed([" with ".join(one["required"]) for one in objection.limit], "or")
            yield context.issue(
                "missing-parameter", path, f"{context.type} needs {names}; {where} has none of them"
            )
        case "minItems" | "minProperties":
            yield context.issue(
                "empty-value",
                path,
                f"{context.type} needs at least one entry in {name or 'Parameters'}; {where} is empty",
            )
        case "type" if "string" in (
            objection.limit if isinstance(objection.limit, list) else [objection.limit]
        ) and value.__class__ in (bool, int, float):
            number = _in_bounds(value, objection.schema)
            yield context.issue(
                "string-scalar",
                path,
                f"{where} is the JSON {bare_kind(value)} {shown(value)}; on the wire {name} is a string"
                + ("; Connect accepts such numbers elsewhere, not seen refused here" if number else ""),
                help=f'Write "{_wire(value, objection.schema)}" in quotes.',
                undecided=number,
            )
        case _:
            yield from _wrong_value(context, objection)


def _unknown_parameters(context: ActionContext, objection: Objection) -> Iterator[Issue]:
    path = objection.path
    known = [one for one, schema in objection.schema.get("properties", {}).items() if schema is not False]
    refused: Mapping[str, str] = context.schema.get("x-refused", {})
    holder = context.type if len(path) == 1 else f"{pointer_text(path[1:])} of {context.type}"
    for name in extra(objection):
        reason = refused.get(name, "")
        if not known:
            takes = "takes no parameters"
        else:
            takes = f"takes {listed(known, 'and')}"
        yield context.issue(
            "unknown-parameter",
            (*path, name),
            f"{holder}{objection.when} has no parameter {name!r}; it {takes}.{did_you_mean(name, known)}",
            key=True,
            help=reason or None,
        )


def _exclusive(context: ActionContext, objection: Objection) -> Iterator[Issue]:
    path = objection.path
    schema = objection.schema
    where = context.at(path)
    given = objection.value if isinstance(objection.value, dict) else {}
    if objection.keyword == "maxProperties":
        names = listed(sorted(given), "and")
        yield context.issue(
            "exclusive-parameters",
            path,
            f"{where} has {len(given)} entries ({names}); Connect takes {objection.limit} in one action",
        )
        return
    if objection.keyword == "oneOf":
        groups = [tuple(one.get("required", ())) for one in objection.limit]
        names = listed([" with ".join(group) for group in groups], "or")
        present = [group for group in groups if all(name in given for name in group)]
        if not present:
            yield context.issue(
                "missing-parameter",
                path,
                f"{context.type}{objection.when} needs {names}; {where} has none of them",
            )
            return
        together = listed([" with ".join(group) for group in present], "and")
        yield context.issue(
            "exclusive-parameters",
            path,
            f"{context.type}{objection.when} takes only one of {names}; {where} has {together} together",
        )
        return
    message = schema.get("x-message", "")
    names = listed([one for one in objection.limit.get("required", ()) if one in given], "and")
    yield context.issue(
        "exclusive-parameters",
        path,
        message or f"{context.type}{objection.when} rejects {names} together at {where}",
    )


def _wrong_value(context: ActionContext, objection: Objection) -> Iterator[Issue]:
    path = objection.path
    value = objection.value
    where = context.at(path)
    resource = isinstance(value, str) and "ARN" in context.words(objection.schema)
    if resource and context.old:
        return  # the console's importer finds the resources of an old export by name
    holder = isinstance(value, str) and (
        PLACEHOLDER.search(value) is not None or (resource and describes_a_value(value))
    )
    if holder and not context.strict:
        return
    if holder:
        yield context.issue("placeholder", path, f"{where} still holds the placeholder {shown(value)}")
        return
    if (
        isinstance(value, str)
        and value.startswith("$.")
        and objection.keyword in ("enum", "const", "pattern")
        and "reference" not in context.words(objection.schema)
    ):
        yield context.issue(
            "static-parameter",
            path,
            f"{where} is the reference {shown(value)}; {context.type} takes {context.allowed(objection)} here and "
            "nothing dynamic",
        )
        return
    yield context.issue(
        "parameter-value",
        path,
        f"{where} is {shown(value)}; {context.type}{objection.when} takes {context.allowed(objection)}",
        help="Shorten it, or divide it among several actions." if objection.keyword == "maxLength" else None,
    )


def _name(path: Pointer) -> str:
    last = path[-1]
    return last if isinstance(last, str) else pointer_text(path[1:])


def _in_bounds(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value is a whole number that the schema would accept as a string."""
    least, most = schema.get("x-minimum"), schema.get("x-maximum", value)
    return value.__class__ is int and least is not None and least <= value <= most


def _wire(value: Any, schema: Mapping[str, Any]) -> str:
    """Return the string for a JSON number or boolean."""
    if isinstance(value, bool):
        text = str(value)
        return text.lower() if text.lower() in schema.get("enum", ()) else text
    return str(value)
