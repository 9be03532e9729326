"""Flows transfer to each other in a circle without asking, playing or waiting; or a module invokes itself."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule


@rule(
    id="flow-recursion",
    severity="warning",
    summary="Flows lead to each other in a circle on which callers are asked, told and wait for nothing",
    why="The contact is handed round as fast as Connect can until it ends the contact at a limit of its own.",
    fix="Break the circle, or put a prompt or an input into it; a module must not invoke itself.",
    source="AWS administrator guide, flow modules: no invocation of itself; flow language, TransferToFlow",
    group="project",
    types=("TransferToFlow", "InvokeFlowModule"),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Circles of transfers and invocations that the flow is the first of, by name and path."""
    for circle in flow.project.landscape.circles:
        first = circle[0]
        if first.source is flow:
            names = " → ".join([*(step.source.name for step in circle), flow.name])
            yield flow.problem(
                f"{names} is a cycle of flows without input, prompt or wait",
                *first.pointer,
                action=first.action,
            )
