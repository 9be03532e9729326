"""Nothing in the project leads to this flow, and its type is one that only other flows use."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowType, FlowView, Problem, rule

_KINDS = {
    FlowType.AGENT_HOLD: "AgentHold",
    FlowType.AGENT_WHISPER: "AgentWhisper",
    FlowType.CUSTOMER_HOLD: "CustomerHold",
    FlowType.CUSTOMER_QUEUE: "CustomerQueue",
    FlowType.CUSTOMER_WHISPER: "CustomerWhisper",
    FlowType.MODULE: "module",
}
"""Types that contacts come into only by an event hook or an invocation, and which that is."""


@rule(
    id="orphan-flow",
    severity="note",
    summary="Nothing in the project leads to this flow, and its type is one that only other flows use",
    why="It counts towards the quota of flows and needs maintenance without being used, or a reference to it is missing.",
    fix="Use it, or delete it.",
    source="AWS administrator guide, Set event hooks, Invoke module: the only ways into such a flow",
    group="project",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Modules, hold, whisper and queue flows without any reference, where references can be followed at all."""
    flow_set = flow.project.flow_set
    kind = _KINDS.get(flow.flow_type) if flow.flow_type is not None else None
    if kind is None or not flow_set.resolved or id(flow) in flow_set.entered_by_others:
        return
    if any(one.kind == kind for one in flow_set.unresolved):
        return  # one of those may mean this flow
    yield flow.problem(f"no flow of this project leads to this {flow.flow_type}")
