"""The flow has more than 250 actions."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule

MAX_ACTIONS = 250


@rule(
    id="too-many-actions",
    severity="error",
    summary="The flow has more than 250 actions",
    why="Connect rejects the flow.",
    fix="Move a part of the flow into a flow module or a flow of its own.",
    source="AWS, Amazon Connect service quotas: 250 actions per flow or module",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """The flow has more than 250 actions."""
    count = len(flow.actions)
    if count > MAX_ACTIONS:
        yield flow.problem(f"the flow has {count} actions; at most {MAX_ACTIONS} are allowed", "Actions")
