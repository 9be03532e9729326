"""What a schema objects to in the transitions of an action."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from busyhour.contracts.reading.placeholders import PLACEHOLDER
from busyhour.contracts.schema.errors import Objection
from busyhour.contracts.schema.violations import Issue, Speaker, expected, extra, missing, options
from busyhour.contracts.schema.wording import bare_kind, listed, shown
from busyhour.errors import did_you_mean
from busyhour.flows.model import OUTCOMES_OF_A_CALL, FlowType, Pointer


def of_transitions(speaker: Speaker, objection: Objection) -> Iterator[Issue]:
    """Issues with `Transitions` itself."""
    path = objection.path
    where = speaker.at(path)
    match objection.keyword:
        case "required":
            for one in missing(objection):
                if one == "NextAction":
                    yield speaker.issue(
                        "missing-next-action",
                        path,
                        f"{speaker.type} needs NextAction, which {where} lacks"
                        + (
                            " although its branches cover every outcome"
                            if "Conditions" in objection.value
                            else ""
                        ),
                    )
                elif one == "Errors":
                    yield from _missing_errors(speaker, objection)
                else:
                    yield speaker.issue(
                        "missing-condition",
                        path,
                        f"{speaker.type}{objection.when} needs {_needed(speaker, objection)}; {where} has none",
                    )
        case "additionalProperties":
            for name in extra(objection):
                if speaker.terminal:
                    yield _terminal(speaker, (*path, name))
                else:
                    yield speaker.issue(
                        "action-shape",
                        (*path, name),
                        f"Transitions has no {name!r}; it has NextAction, Errors and Conditions."
                        f"{did_you_mean(name, ('NextAction', 'Errors', 'Conditions'))}",
                        key=True,
                    )
        case _ if objection.value == "":
            return  # an unconnected branch: the rule on drafts speaks of it
        case _:
            yield speaker.issue(
                "action-shape", path, f"{where} is {shown(objection.value)}; {expected(objection)}"
            )


def _terminal(speaker: Speaker, path: Pointer) -> Issue:
    return speaker.issue(
        "terminal-with-transitions",
        path,
        f"{speaker.type} ends the flow and takes no transitions; {path[-1]} at {speaker.at(path[:-1])} is refused on "
        'publish ("Action does not support transitions")',
        key=True,
    )


def of_errors(speaker: Speaker, objection: Objection) -> Iterator[Issue]:
    """Issues with `Errors`."""
    path = objection.path
    where = speaker.at(path)
    match (objection.keyword, path[3:]):
        case (("contains" | "minContains"), ()):
            name = _const(objection.schema.get("contains", {}), "ErrorType")
            if name in OUTCOMES_OF_A_CALL and speaker.flow_type is FlowType.AGENT_TRANSFER:
                return
            yield speaker.issue(
                "missing-error",
                path,
                f"{speaker.type}{objection.when} needs a branch for the error {name}, which {where} lacks",
            )
        case ("maxContains", ()):
            name = _const(objection.schema.get("contains", {}), "ErrorType")
            places = [
                at
                for at, one in enumerate(objection.value)
                if isinstance(one, dict) and one.get("ErrorType") == name
            ]
            yield speaker.issue(
                "duplicate-error",
                (*path, places[-1], "ErrorType"),
                f"{speaker.type} has {len(places)} branches for the error {name}; it takes one",
            )
        case ("maxItems", ()):
            if speaker.terminal:
                yield _terminal(speaker, path)
                return
            for at, one in enumerate(objection.value):
                given = one.get("ErrorType") if isinstance(one, dict) else one
                yield _disallowed(speaker, (*path, at), given, [], objection.when)
        case (("enum" | "const"), ("ErrorType",)):
            yield _disallowed(speaker, path[:-1], objection.value, options(objection), objection.when)
        case ("additionalProperties", _):
            for name in extra(objection):
                yield speaker.issue(
                    "action-shape",
                    (*path, name),
                    f"an error branch has no {name!r}; it has NextAction and ErrorType",
                    key=True,
                )
        case (_, ("NextAction",)) if objection.value == "":
            return
        case _:
            yield speaker.issue(
                "action-shape", path, f"{where} is {shown(objection.value)}; {expected(objection)}"
            )


def _disallowed(speaker: Speaker, path: Pointer, given: Any, allowed: Sequence[str], when: str) -> Issue:
    takes = f"takes only {listed(allowed, 'and')}" if allowed else "has no error branches"
    return speaker.issue(
        "disallowed-error",
        (*path, "ErrorType"),
        f"{speaker.type}{when} {takes}; {given} at {speaker.at(path)} is refused on publish."
        f"{did_you_mean(str(given), allowed)}",
    )


def _missing_errors(speaker: Speaker, objection: Objection) -> Iterator[Issue]:
    path = objection.path
    schema = objection.schema.get("properties", {}).get("Errors", {})
    names: list[str] = []
    for one in schema.get("allOf", ()):
        target = speaker.follow(one)
        if target.get("minContains", 1):
            names.append(_const(target.get("contains", {}), "ErrorType"))
    words = listed(names, "and") or "its errors"
    yield speaker.issue(
        "missing-error",
        path,
        f"{speaker.type}{objection.when} needs branches for {words}; {speaker.at(path)} has no Errors",
    )


def of_conditions(speaker: Speaker, objection: Objection) -> Iterator[Issue]:
    """Issues with `Conditions`."""
    path = objection.path
    where = speaker.at(path)
    inside = path[3:]
    value = objection.value
    match (objection.keyword, inside):
        case (("contains" | "minContains"), ()):
            yield speaker.issue(
                "missing-condition",
                path,
                f"{speaker.type}{objection.when} needs a branch for {_operand(objection.schema)}, which {where} lacks",
            )
        case ("maxContains", ()):
            yield speaker.issue(
                "condition-operand",
                path,
                f"{speaker.type} takes one branch for {_operand(objection.schema)}; {where} has more",
            )
        case ("minItems", ()):
            yield speaker.issue(
                "missing-condition",
                path,
                f"{speaker.type}{objection.when} needs at least one condition; {where} has none",
            )
        case ("maxItems", ()):
            if speaker.terminal:
                yield _terminal(speaker, path)
                return
            yield speaker.issue(
                "condition-not-allowed",
                path,
                f"{speaker.type}{objection.when} takes no conditions; {where} has {len(value)}",
            )
        case (("enum" | "const"), ("Condition", "Operator")):
            if isinstance(value, str) and PLACEHOLDER.search(value) and not speaker.strict:
                return
            allowed = options(objection)
            yield speaker.issue(
                "condition-operator",
                path,
                f"{speaker.type} compares by {listed(allowed, 'or')}; {shown(value)} at {where} is refused."
                f"{did_you_mean(str(value), allowed)}",
            )
        case (_, ("Condition", "Operands", *_)):
            yield from _of_operands(speaker, objection)
        case ("required", ("Condition",)):
            for one in missing(objection):
                rule = "condition-operator" if one == "Operator" else "condition-operand"
                yield speaker.issue(rule, path, f'the condition at {where} has no "{one}"')
        case (_, ("NextAction",)) if value == "":
            return
        case ("additionalProperties", _):
            for name in extra(objection):
                yield speaker.issue(
                    "action-shape",
                    (*path, name),
                    f"{name!r} does not belong in the condition at {where}",
                    key=True,
                )
        case _:
            yield speaker.issue("action-shape", path, f"{where} is {shown(value)}; {expected(objection)}")


def _of_operands(speaker: Speaker, objection: Objection) -> Iterator[Issue]:
    path = objection.path
    where = speaker.at(path)
    value = objection.value
    match objection.keyword:
        case "minItems" | "maxItems":
            said = f"{where} has {len(value)} operands; a condition takes exactly one"
        case "type" if path[-1] == "Operands":
            said = f"{where} is {shown(value)}; it is a list of exactly one string"
        case "type":
            said = f"{where} is the JSON {bare_kind(value)} {shown(value)}; an operand is always a string"
        case _ if value == "":
            said = f'{where} is an empty string, which Connect refuses ("Invalid branch"); " " is accepted'
        case _:
            if isinstance(value, str) and PLACEHOLDER.search(value) and not speaker.strict:
                return
            said = (
                f"{shown(value)} at {where} can never come out of {speaker.type}{objection.when}, which gives "
                f"{speaker.allowed(objection)}"
            )
    yield speaker.issue("condition-operand", path, said)


def _needed(speaker: Speaker, objection: Objection) -> str:
    schema = objection.schema.get("properties", {}).get("Conditions", {})
    names = [_operand(speaker.follow(one)) for one in schema.get("allOf", ()) if one.get("minContains", 1)]
    return f"branches for {listed(names, 'and')}" if names else "at least one condition"


def _const(schema: Mapping[str, Any], name: str) -> str:
    return str(schema.get("properties", {}).get(name, {}).get("const", ""))


def _operand(schema: Mapping[str, Any]) -> str:
    inner = schema.get("contains", {}).get("properties", {}).get("Condition", {}).get("properties", {})
    return str(inner.get("Operands", {}).get("const", [""])[0])
