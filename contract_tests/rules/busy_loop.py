"""Actions that lead back to themselves without an input, prompt or wait, and without a bound."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, action_name, cycle, interactive, rule, strongly_connected


@rule(
    id="busy-loop",
    severity="warning",
    summary="Actions lead back to themselves without an input, prompt or wait, and without a bound",
    why="The flow loops without a pause: the caller hears nothing, Lambda functions are invoked as fast as they return, "
    "and Connect ends the contact at one of its own limits.",
    fix="Count the rounds with Loop, or put a prompt, an input or a wait into the cycle.",
    source="AWS administrator guide, Loop block; flow language, Loop",
    group="resilience",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """One finding for each cycle of actions without a pause or a bound; a module may have a prompt or an input."""
    graph = flow.graph
    if not graph.circular:
        return
    edges: list[list[int]] = [[] for _ in flow.actions]
    for at in graph.order:
        action = flow.actions[at]
        if action.type != "InvokeFlowModule" and not interactive(action):
            counted = action.type == "Loop"
            edges[at] = [
                edge.target for edge in flow.followed[at] if not (counted and edge.label == "ContinueLooping")
            ]
    for component in strongly_connected(edges):
        round_trip = cycle(edges, component)
        if round_trip:
            first = flow.actions[min(round_trip)]
            while round_trip[0] != first.index:
                round_trip = [*round_trip[1:], round_trip[0]]
            names = [action_name(flow, flow.actions[at]) for at in [*round_trip, round_trip[0]]]
            if len(names) > 10:
                names = [*names[:5], f"… ({len(names) - 9} more)", *names[-4:]]
            yield flow.problem(
                f"{' → '.join(names)} is a cycle without input, prompt, wait or bound", action=first
            )
