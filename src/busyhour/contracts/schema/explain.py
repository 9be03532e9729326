"""What a schema objects to in an action, in the words of the flow language and under the rule that owns it.

The schema of the action's own type is asked, so that a message never speaks of other types.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from busyhour.contracts.finding import pointer_text
from busyhour.contracts.schema.errors import Objection
from busyhour.contracts.schema.explain_parameters import of_parameters
from busyhour.contracts.schema.explain_transitions import of_conditions, of_errors, of_transitions
from busyhour.contracts.schema.violations import Issue, Speaker, extra
from busyhour.errors import did_you_mean

if TYPE_CHECKING:
    from busyhour.contracts.flow_view import ActionView, FlowView
    from busyhour.contracts.schema.store import SchemaStore


def explain(store: SchemaStore, action: ActionView, flow: FlowView) -> list[Issue]:
    """Everything that the schema of the action's type objects to, each thing once."""
    found = {
        (issue.rule, issue.pointer, issue.message): issue for issue in _issues(Speaker(store, action, flow))
    }
    return list(found.values())


def _issues(speaker: Speaker) -> Iterator[Issue]:
    raw = dict(speaker.action.raw)
    # Absent parts read as empty ones, so that what is missing is named and not its container.
    for part, rule in (("Parameters", "action-shape"), ("Transitions", "missing-next-action")):
        if raw.get(part) is None:
            if part in speaker.schema.get("required", ()):
                yield speaker.issue(
                    rule, (), f'{speaker.type} at {pointer_text(speaker.action.pointer)} has no "{part}"'
                )
            raw[part] = {}
    objections = list(speaker.objections(raw))
    wrong_kind = {objection.path for objection in objections if objection.keyword == "type"}
    for objection in objections:
        if objection.path in wrong_kind and objection.keyword in ("enum", "const", "pattern"):
            continue  # it cannot be one of them
        match objection.path[:2]:
            case ():
                yield from _of_action(speaker, objection)
            case ("Identifier" | "Type", *_):
                continue  # rules of their own speak of these
            case ("Parameters", *_):
                yield from of_parameters(speaker, objection)
            case ("Transitions", "Errors"):
                yield from of_errors(speaker, objection)
            case ("Transitions", "Conditions"):
                yield from of_conditions(speaker, objection)
            case _:
                yield from of_transitions(speaker, objection)


def _of_action(speaker: Speaker, objection: Objection) -> Iterator[Issue]:
    if objection.keyword == "additionalProperties":
        for name in extra(objection):
            yield speaker.issue(
                "action-shape",
                (name,),
                f"{speaker.type} at {pointer_text(speaker.action.pointer)} has {name!r}; an action has only Identifier, Type, "
                f"Parameters and Transitions.{did_you_mean(name, objection.schema['properties'])}",
                key=True,
            )
