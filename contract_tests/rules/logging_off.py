"""The flow runs without a log."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowType, FlowView, Problem, rule


@rule(
    id="logging-off",
    severity="note",
    summary="The flow runs without a log",
    why="Without a flow log the path of a call cannot be traced afterwards.",
    fix="Begin the flow with Set logging behavior: Enabled, and switch it off only around confidential input.",
    source="AWS administrator guide, flow logs: Set logging behavior switches them on",
    group="resilience",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Flows that only switch the log off, and entry flows that never switch it on."""
    switches = flow.of_type("UpdateFlowLoggingBehavior")
    if any(one.parameters.get("FlowLoggingBehavior") != "Disabled" for one in switches):
        return
    if switches:
        yield flow.problem("the log is switched off here and nowhere on", action=switches[0])
    elif flow.flow_type is FlowType.CONTACT_FLOW and not flow.project.flow_set.may_be_entered(flow):
        yield flow.problem("nothing switches the log on")
