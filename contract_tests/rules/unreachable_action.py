"""No path from the start leads to this action."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule


@rule(
    id="unreachable-action",
    severity="warning",
    summary="No path from the start leads to this action",
    why="It never runs: either a branch was forgotten, or the action is a leftover.",
    fix="Connect it, or remove it.",
    source="Connect publishes such flows; the administrator guide asks to connect every block",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """No path from the start leads to this action."""
    graph = flow.graph
    if graph.start is None or all(graph.reachable):
        return
    for action, reached in zip(flow.actions, graph.reachable, strict=True):
        if not reached and action.identifier:
            yield flow.problem(
                f"no path from the start leads to this {action.type or 'action'}", action=action
            )
