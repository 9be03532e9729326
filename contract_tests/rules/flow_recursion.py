"""Flows transfer to each other in a cycle without asking, playing or waiting; or a module invokes itself."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule


@rule(
    id="flow-recursion",
    severity="warning",
    summary="Flows lead to each other in a cycle without an input, prompt or wait",
    why="The contact passes from flow to flow without a pause until Connect ends it at one of its own limits.",
    fix="Break the cycle, or put a prompt or an input into it; a module must not invoke itself.",
    source="AWS administrator guide, flow modules: no invocation of itself; flow language, TransferToFlow",
    group="project",
    types=("TransferToFlow", "InvokeFlowModule"),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Cycles of transfers and invocations of which this flow is the first, by name and path."""
    for cycle in flow.project.flow_set.cycles:
        first = cycle[0]
        if first.source is flow:
            names = " → ".join([*(step.source.name for step in cycle), flow.name])
            yield flow.problem(
                f"{names} is a cycle of flows without input, prompt or wait",
                *first.pointer,
                action=first.action,
            )
