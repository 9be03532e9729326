"""An event hook, a transfer or an invocation leads to a flow of a type that is not allowed there."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowType, FlowView, Problem, listed, rule

_INBOUND = (FlowType.CONTACT_FLOW,)
_ALLOWED: dict[str, tuple[FlowType, ...]] = {
    "AgentHold": (FlowType.AGENT_HOLD,),
    "AgentWhisper": (FlowType.AGENT_WHISPER,),
    "CustomerHold": (FlowType.CUSTOMER_HOLD,),
    "CustomerQueue": (FlowType.CUSTOMER_QUEUE,),
    "CustomerRemaining": _INBOUND,
    "CustomerWhisper": (FlowType.CUSTOMER_WHISPER,),
    "DefaultAgentUI": _INBOUND,
    "DisconnectAgentUI": _INBOUND,
    "PauseContact": _INBOUND,
    "ResumeContact": _INBOUND,
    "module": (FlowType.MODULE,),
    "transfer": (FlowType.CONTACT_FLOW, FlowType.AGENT_TRANSFER, FlowType.QUEUE_TRANSFER),
}
_WORDS = {"module": "an invocation", "transfer": "a transfer"}


@rule(
    id="wrong-flow-type",
    severity="warning",
    summary="An event hook, a transfer or an invocation leads to a flow of a type that is not allowed there",
    why="The error branch is taken, or the instance's default flow runs instead.",
    fix="Lead it to a flow of the right type; the type of a flow cannot be changed, so create a new one if need be.",
    source="AWS administrator guide, flow types; Set event hooks; Transfer to flow",
    group="project",
    types=("UpdateContactEventHooks", "TransferToFlow", "InvokeFlowModule"),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """References to flows of the project whose type is known and does not fit."""
    for reference, target in flow.project.flow_set.resolved_of(flow):
        allowed = _ALLOWED.get(reference.kind)
        if allowed is None or target.flow_type is None:
            continue
        if target.flow_type not in allowed:
            what = _WORDS.get(reference.kind, f"the event hook {reference.kind}")
            yield flow.problem(
                f"{what} needs a flow of type {listed(allowed, 'or')}, and {target.name} is a {target.flow_type}",
                *reference.pointer,
                action=reference.action,
            )
