"""Callers wait in a queue without the offer of a callback."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule

_LED_TO = frozenset({"CustomerQueue", "module", "transfer"})


@rule(
    id="no-callback-offered",
    severity="warning",
    summary="Callers wait in a queue without the offer of a callback",
    why="In the busy hour callers hold for long, take up concurrent calls, and hang up to call again.",
    fix="Offer a callback before the transfer or in the customer queue flow (Transfer to queue: callback queue).",
    source="a team's policy; AWS administrator guide, set up queued callback",
    group="security",
    types=("TransferContactToQueue",),
    optional=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Flows with a transfer to a queue, and no callback in them nor in a flow or module that they lead to."""
    seen: list[FlowView] = [flow]
    for one in seen:
        if "CreateCallbackContact" in one.types:
            return
        if any(
            reference.kind in _LED_TO
            for reference in flow.project.flow_set.unresolved
            if reference.source is one
        ):
            return  # a flow that is not here may offer it
        seen += [
            target
            for reference, target in flow.project.flow_set.resolved_of(one)
            if reference.kind in _LED_TO and target not in seen
        ]
    for action in flow.of_type("TransferContactToQueue"):
        if flow.graph.reachable[action.index] and flow.serves_a_person(action):
            yield flow.problem("no callback is offered before or while the caller waits", action=action)
            return
