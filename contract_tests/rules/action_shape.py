"""An action has members that an action cannot have."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, json_kind, rule


@rule(
    id="action-shape",
    severity="error",
    summary="An action has members that an action cannot have",
    why="Connect rejects an action with other members than Identifier, Type, Parameters and Transitions, or of other kinds.",
    fix="Write the action as the designer exports it.",
    source="AWS, Amazon Connect Flow language (2019-10-30)",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """An action has members that an action cannot have."""
    for action in flow.actions:
        if action.stray:
            given = flow.data["Actions"][action.index]
            yield flow.problem(f"Actions[{action.index}] is {json_kind(given)}, not an object", action=action)
        elif action.type not in flow.schemas.types:
            for part in ("Parameters", "Transitions"):
                if action.raw.get(part, {}).__class__ is not dict:
                    where = f"Actions[{action.index}].{part}"
                    yield flow.problem(
                        f"{where} is {json_kind(action.raw[part])}, not an object", part, action=action
                    )
    yield from from_schema(flow, "action-shape")
