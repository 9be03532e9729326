"""An agent's own queue is reached without identification of the caller."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import Edge, FlowView, Problem, before_each, path_text, rule, witnesses

_IDENTIFY = frozenset(
    {
        *("AuthenticateParticipant", "CheckVoiceId", "ConnectParticipantWithLexBot", "GetCustomerProfile"),
        *("InvokeFlowModule", "InvokeLambdaFunction"),
    }
)


@rule(
    id="agent-queue-unidentified",
    severity="warning",
    summary="An agent's own queue is reached without identification of the caller",
    why="Any caller reaches a certain agent by dialling the number.",
    fix="Identify the caller on that path: a function, a bot, a profile or a stored input that is compared.",
    source="a team's policy; AWS administrator guide, Set working queue: by agent",
    group="security",
    types=("UpdateContactTargetQueue",),
    optional=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Working queues of agents that some path chooses before anything identified the caller."""
    required = [one for one in flow.of_type("UpdateContactTargetQueue") if _of_an_agent(one.parameters)]
    if not required or flow.project.flow_set.may_be_entered(flow):
        return

    def identified(edge: Edge) -> bool:
        action = flow.actions[edge.source]
        if action.type in _IDENTIFY:
            return edge.kind != "error"
        return (
            edge.kind == "condition"
            and action.behaviour == "compare"
            and str(action.parameters.get("ComparisonValue")).startswith("$.StoredCustomerInput")
        )

    known = before_each(flow, lambda edge: int(identified(edge)), 1)
    without = witnesses(flow, lambda edge: not identified(edge))
    for action in required:
        path = None
        if flow.graph.reachable[action.index] and not known[action.index]:
            path = without(action.index)
        if path is not None:
            yield flow.problem(
                f"the caller is not identified on the path {path_text(flow, path, action.index)}",
                action=action,
            )


def _of_an_agent(parameters: dict[str, object]) -> bool:
    return "AgentId" in parameters or "/queue/agent/" in str(parameters.get("QueueId"))
