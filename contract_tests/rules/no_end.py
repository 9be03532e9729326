"""From some action on, no path ends the flow."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowType, FlowView, Problem, leaves_flow, path_text, rule, shortest

_ENDLESS = (FlowType.CUSTOMER_QUEUE, FlowType.CUSTOMER_HOLD, FlowType.AGENT_HOLD)
"""Types that run until an agent takes the contact: looping without end is their job."""

_ENDS = frozenset(
    {
        "CompleteOutboundCall",
        "DisconnectParticipant",
        "EndFlowExecution",
        "EndFlowModuleExecution",
        "TransferContactToAgent",
    }
)


@rule(
    id="no-end",
    severity="warning",
    summary="From some action on, no path ends the flow",
    why="The flow loops until the caller hangs up, and every minute is billed.",
    fix="Lead one branch out: to a disconnect, a queue, another flow or the end of the flow; bound it with Loop.",
    source="AWS administrator guide, flows: every flow ends with a terminal block",
    group="resilience",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """The first action of each part of the flow that contacts enter and cannot leave."""
    graph = flow.graph
    if (
        graph.start is None
        or not graph.circular
        or flow.flow_type in _ENDLESS
        or "MessageParticipantIteratively" in flow.types
    ):
        return
    index = flow.by_identifier
    ending = [
        action.index
        for action in flow.actions
        if action.type in _ENDS
        or leaves_flow(action)
        or not action.targets  # any is missing there, it does not go on
        or any(target not in index for target in action.targets)
    ]
    ends = graph.leading_to(ending)
    reported: set[int] = set()
    for at in graph.order:
        if ends[at] or at in reported:
            continue
        reported.update(one for one, inside in enumerate(graph.reachable_from([at])) if inside)
        path = shortest(flow, graph.start, at)
        way = f"; it is entered by {path_text(flow, path, at)}" if path else ""
        yield flow.problem(f"no path from here ends the flow{way}", action=flow.actions[at])
