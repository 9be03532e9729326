"""A card or identity number is written to the flow log."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, asks_for_secret, path_text, rule, shortest


@rule(
    id="sensitive-logged",
    severity="warning",
    summary="A card or identity number is entered while the flow log is on",
    why="The log has the unencrypted input of the block, and every attribute that is set from it.",
    fix="Encrypt the input, or switch logging off before it with Set logging behavior and on again after it.",
    source="AWS administrator guide, flow logs: switch logging off where sensitive data is collected",
    group="security",
    types=("UpdateFlowLoggingBehavior",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Unencrypted secret inputs that some path reaches with logging switched on in this flow."""
    asking = [
        one
        for one in flow.of_type("GetParticipantInput")
        if flow.graph.reachable[one.index] and asks_for_secret(one)
    ]
    if not asking:
        return
    switches = {
        one.index: one.parameters.get("FlowLoggingBehavior") == "Enabled"
        for one in flow.of_type("UpdateFlowLoggingBehavior")
        if flow.graph.reachable[one.index]
    }
    for action in asking:
        for start in (at for at, on in switches.items() if on):
            path = shortest(flow, start, action.index, lambda edge: switches.get(edge.source, True))
            if path is not None:
                yield flow.problem(
                    f"the input is in the flow log: switched on by {path_text(flow, path, action.index)}",
                    action=action,
                )
                break
