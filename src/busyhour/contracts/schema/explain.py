"""Explain a schema's objections to an action in the terms of the flow language, under the rule that reports them.

Only the schema of the action's own type is used, so that a message never mentions other types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from busyhour.contracts.reading.placeholders import PLACEHOLDER
from busyhour.contracts.schema.errors import Objection
from busyhour.contracts.schema.explain_parameters import of_parameters
from busyhour.contracts.schema.explain_transitions import of_conditions, of_errors, of_transitions
from busyhour.contracts.schema.violations import ActionContext, Issue, extra
from busyhour.contracts.schema.wording import shown
from busyhour.errors import did_you_mean

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.contracts.flow_view import FlowView
    from busyhour.contracts.schema.store import SchemaStore


def explain(store: SchemaStore, action: ActionView, flow: FlowView) -> list[Issue]:
    """Return all objections of the schema of the action's type, each once."""
    found = {
        (issue.rule, issue.pointer, issue.message): issue
        for issue in _issues(ActionContext(store, action, flow))
    }
    return list(found.values())


def _issues(context: ActionContext) -> Iterator[Issue]:
    raw = dict(context.action.raw)
    # Absent parts read as empty ones, so that the missing member is named and not its container.
    for part, rule in (("Parameters", "action-shape"), ("Transitions", "missing-next-action")):
        if raw.get(part) is None:
            if part in context.schema.get("required", ()):
                yield context.issue(rule, (), f'{context.type} at {context.at(())} has no "{part}"')
            raw[part] = {}
    objections = list(context.objections(raw))
    wrong_kind = {objection.path for objection in objections if objection.keyword == "type"}
    for objection in objections:
        if objection.path in wrong_kind and objection.keyword in ("enum", "const", "pattern"):
            continue  # it cannot be one of them
        if objection.doubt is not None:
            yield from _undecided(context, objection, objection.doubt)
            continue
        match objection.path[:2]:
            case ():
                yield from _of_action(context, objection)
            case ("Identifier" | "Type", *_):
                continue  # reported by rules of their own
            case ("Parameters", *_):
                yield from of_parameters(context, objection)
            case ("Transitions", "Errors"):
                yield from of_errors(context, objection)
            case ("Transitions", "Conditions"):
                yield from of_conditions(context, objection)
            case _:
                yield from of_transitions(context, objection)


def _undecided(context: ActionContext, objection: Objection, doubt: Mapping[str, Any]) -> Iterator[Issue]:
    """Yield the issue with a value of which it is not known whether the service accepts it."""
    path, value = objection.path, objection.value
    if isinstance(value, str) and PLACEHOLDER.search(value) and not context.strict:
        return
    given = (
        f" is {shown(value)}"
        if objection.keyword != "required" and not isinstance(value, dict | list)
        else ""
    )
    yield context.issue(
        doubt["x-rule"],
        path,
        f"{context.type}, {context.at(path)}{given}: {doubt['x-doubt']}",
        key=objection.keyword is None,
        help=doubt.get("x-help"),
        undecided=True,
    )


def _of_action(context: ActionContext, objection: Objection) -> Iterator[Issue]:
    if objection.keyword == "additionalProperties":
        for name in extra(objection):
            yield context.issue(
                "action-shape",
                (name,),
                f"{context.type} at {context.at(())} has {name!r}; an action has only Identifier, Type, "
                f"Parameters and Transitions.{did_you_mean(name, objection.schema['properties'])}",
                key=True,
            )
