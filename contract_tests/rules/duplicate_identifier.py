"""Two actions have the same Identifier."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule


@rule(
    id="duplicate-identifier",
    severity="error",
    summary="Two actions have the same Identifier",
    why="A transition to it would be ambiguous; Connect rejects the flow.",
    fix="Give each action an Identifier of its own and point its callers at the right one.",
    source="AWS, Amazon Connect Flow language (2019-10-30)",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Two actions have the same Identifier."""
    if len(flow.by_identifier) == len(flow.actions):
        return
    seen: dict[str, int] = {}
    for action in flow.actions:
        first = seen.setdefault(action.identifier, action.index)
        if action.identifier and first != action.index:
            yield flow.problem(
                f"{action.identifier!r} is already the Identifier of Actions[{first}]",
                "Identifier",
                action=action,
            )
