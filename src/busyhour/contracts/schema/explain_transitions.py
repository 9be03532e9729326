"""Explain a schema's objections to the transitions of an action."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from busyhour.contracts.reading.placeholders import PLACEHOLDER
from busyhour.contracts.schema.errors import Objection
from busyhour.contracts.schema.violations import ActionContext, Issue, expected, extra, missing, options
from busyhour.contracts.schema.wording import bare_kind, listed, shown
from busyhour.errors import did_you_mean
from busyhour.flows.model import OUTCOMES_OF_A_CALL, FlowType, Pointer


def of_transitions(context: ActionContext, objection: Objection) -> Iterator[Issue]:
    """Yield issues with `Transitions` itself."""
    path = objection.path
    where = context.at(path)
    match objection.keyword:
        case "required":
            for one in missing(objection):
                if one == "NextAction":
                    yield context.issue(
                        "missing-next-action",
                        path,
                        f"{context.type} needs NextAction, which {where} lacks"
                        + (
                            " although its branches cover every outcome"
                            if "Conditions" in objection.value
                            else ""
                        ),
                    )
                elif one == "Errors":
                    yield from _missing_errors(context, objection)
                else:
                    yield context.issue(
                        "missing-condition",
                        path,
                        f"{context.type}{objection.when} needs {_needed(context, objection)}; {where} has none",
                    )
        case "additionalProperties":
            for name in extra(objection):
                if context.terminal:
                    yield _terminal(context, (*path, name))
                else:
                    yield context.issue(
                        "action-shape",
                        (*path, name),
                        f"Transitions has no {name!r}; it has NextAction, Errors and Conditions."
                        f"{did_you_mean(name, ('NextAction', 'Errors', 'Conditions'))}",
                        key=True,
                    )
        case _ if objection.value == "":
            return  # an unconnected branch: reported by the rule on drafts
        case _:
            yield context.issue(
                "action-shape", path, f"{where} is {shown(objection.value)}; {expected(objection)}"
            )


def _terminal(context: ActionContext, path: Pointer) -> Issue:
    return context.issue(
        "terminal-with-transitions",
        path,
        f"{context.type} ends the flow and takes no transitions; {path[-1]} at {context.at(path[:-1])} is rejected on "
        'publish ("Action does not support transitions")',
        key=True,
    )


def of_errors(context: ActionContext, objection: Objection) -> Iterator[Issue]:
    """Yield issues with `Errors`."""
    path = objection.path
    where = context.at(path)
    match (objection.keyword, path[3:]):
        case (("contains" | "minContains"), ()):
            name = _const(objection.schema.get("contains", {}), "ErrorType")
            if name in OUTCOMES_OF_A_CALL and context.flow_type is FlowType.AGENT_TRANSFER:
                return
            yield context.issue(
                "missing-error",
                path,
                f"{context.type}{objection.when} needs a branch for the error {name}, which {where} lacks",
            )
        case ("maxContains", ()):
            name = _const(objection.schema.get("contains", {}), "ErrorType")
            places = [
                at
                for at, one in enumerate(objection.value)
                if isinstance(one, dict) and one.get("ErrorType") == name
            ]
            yield context.issue(
                "duplicate-error",
                (*path, places[-1], "ErrorType"),
                f"{context.type} has {len(places)} branches for the error {name}; it takes one",
            )
        case ("maxItems", ()):
            if context.terminal:
                yield _terminal(context, path)
                return
            for at, one in enumerate(objection.value):
                given = one.get("ErrorType") if isinstance(one, dict) else one
                yield _disallowed(context, objection, (*path, at), given, [])
        case (("enum" | "const"), ("ErrorType",)):
            yield _disallowed(context, objection, path[:-1], objection.value, options(objection))
        case ("additionalProperties", _):
            for name in extra(objection):
                yield context.issue(
                    "action-shape",
                    (*path, name),
                    f"an error branch has no {name!r}; it has NextAction and ErrorType",
                    key=True,
                )
        case (_, ("NextAction",)) if objection.value == "":
            return
        case _:
            yield context.issue(
                "action-shape", path, f"{where} is {shown(objection.value)}; {expected(objection)}"
            )


def _disallowed(
    context: ActionContext, objection: Objection, path: Pointer, given: Any, allowed: Sequence[str]
) -> Issue:
    takes = f"takes only {listed(allowed, 'and')}" if allowed else "has no error branches"
    seen = context.seen_refused(objection)
    verdict = "is rejected on publish" if seen else "is not one of its errors"
    return context.issue(
        "disallowed-error",
        (*path, "ErrorType"),
        f"{context.type}{objection.when} {takes}; {given} at {context.at(path)} {verdict}."
        f"{did_you_mean(str(given), allowed)}",
    )


def _missing_errors(context: ActionContext, objection: Objection) -> Iterator[Issue]:
    path = objection.path
    schema = objection.schema.get("properties", {}).get("Errors", {})
    names: list[str] = []
    for one in schema.get("allOf", ()):
        target = context.follow(one)
        if target.get("minContains", 1):
            names.append(_const(target.get("contains", {}), "ErrorType"))
    words = listed(names, "and") or "its errors"
    yield context.issue(
        "missing-error",
        path,
        f"{context.type}{objection.when} needs branches for {words}; {context.at(path)} has no Errors",
    )


def of_conditions(context: ActionContext, objection: Objection) -> Iterator[Issue]:
    """Yield issues with `Conditions`."""
    path = objection.path
    where = context.at(path)
    inside = path[3:]
    value = objection.value
    match (objection.keyword, inside):
        case (("contains" | "minContains"), ()):
            yield context.issue(
                "missing-condition",
                path,
                f"{context.type}{objection.when} needs a branch for {_operand(objection.schema)}, which {where} lacks",
            )
        case ("maxContains", ()):
            yield context.issue(
                "condition-operand",
                path,
                f"{context.type} takes one branch for {_operand(objection.schema)}; {where} has more",
            )
        case ("minItems", ()):
            yield context.issue(
                "missing-condition",
                path,
                f"{context.type}{objection.when} needs at least one condition; {where} has none",
            )
        case ("maxItems", ()):
            if context.terminal:
                yield _terminal(context, path)
                return
            yield context.issue(
                "condition-not-allowed",
                path,
                f"{context.type}{objection.when} takes no conditions; {where} has {len(value)}",
            )
        case (("enum" | "const"), ("Condition", "Operator")):
            if isinstance(value, str) and PLACEHOLDER.search(value) and not context.strict:
                return
            allowed = options(objection)
            yield context.issue(
                "condition-operator",
                path,
                f"{context.type} compares by {listed(allowed, 'or')}; {shown(value)} at {where} is rejected."
                f"{did_you_mean(str(value), allowed)}",
            )
        case (_, ("Condition", "Operands", *_)):
            yield from _of_operands(context, objection)
        case ("required", ("Condition",)):
            for one in missing(objection):
                rule = "condition-operator" if one == "Operator" else "condition-operand"
                yield context.issue(rule, path, f'the condition at {where} has no "{one}"')
        case (_, ("NextAction",)) if value == "":
            return
        case ("additionalProperties", _):
            for name in extra(objection):
                yield context.issue(
                    "action-shape",
                    (*path, name),
                    f"{name!r} does not belong in the condition at {where}",
                    key=True,
                )
        case _:
            yield context.issue("action-shape", path, f"{where} is {shown(value)}; {expected(objection)}")


def _of_operands(context: ActionContext, objection: Objection) -> Iterator[Issue]:
    path = objection.path
    where = context.at(path)
    value = objection.value
    number = value.__class__ in (int, float) and objection.keyword == "type"
    match objection.keyword:
        case "minItems" | "maxItems":
            message = f"{where} has {len(value)} operands; a condition takes exactly one"
        case "type" if path[-1] == "Operands":
            message = f"{where} is {shown(value)}; it is a list of exactly one string"
        case "type":
            message = f"{where} is the JSON {bare_kind(value)} {shown(value)}; an operand is a string" + (
                "; Connect accepts numbers as percentages, not seen refused here" if number else ""
            )
        case _ if value == "":
            message = f'{where} is an empty string, which Connect rejects ("Invalid branch"); " " is accepted'
        case _:
            if isinstance(value, str) and PLACEHOLDER.search(value) and not context.strict:
                return
            message = (
                f"{shown(value)} at {where} is never a result of {context.type}{objection.when}, which returns "
                f"{context.allowed(objection)}"
            )
    yield context.issue("condition-operand", path, message, undecided=number)


def _needed(context: ActionContext, objection: Objection) -> str:
    schema = objection.schema.get("properties", {}).get("Conditions", {})
    names = [_operand(context.follow(one)) for one in schema.get("allOf", ()) if one.get("minContains", 1)]
    return f"branches for {listed(names, 'and')}" if names else "at least one condition"


def _const(schema: Mapping[str, Any], name: str) -> str:
    return str(schema.get("properties", {}).get(name, {}).get("const", ""))


def _operand(schema: Mapping[str, Any]) -> str:
    inner = schema.get("contains", {}).get("properties", {}).get("Condition", {}).get("properties", {})
    return str(inner.get("Operands", {}).get("const", [""])[0])
