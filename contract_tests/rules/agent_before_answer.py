"""`$.Agent` is read where no agent has the contact yet."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowType, FlowView, Problem, rule

_WITHOUT = (FlowType.CONTACT_FLOW, FlowType.CUSTOMER_QUEUE, FlowType.QUEUE_TRANSFER)
_AFTER_AN_AGENT = frozenset(
    {"AgentHold", "CustomerHold", "CustomerRemaining", "DefaultAgentUI", "DisconnectAgentUI"}
)
"""Hooks whose flow runs when an agent has, or had, the contact."""


@rule(
    id="agent-before-answer",
    severity="warning",
    summary="$.Agent is read where no agent has the contact yet",
    why="The reference is empty there: callers hear a sentence with a gap, comparisons never match.",
    fix="Read it in whispers, hold flows and transfers to an agent; before that, use $.Queue or an attribute.",
    source="AWS administrator guide, contact attributes: agent attributes are not filled in inbound, queue and "
    "transfer-to-queue flows",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Reads of `$.Agent` in flows that run before an agent; a Compare may test for one."""
    if flow.flow_type not in _WITHOUT:
        return
    reads = [one for one in flow.reads if one.reference.root == "Agent"]
    if not reads or "ShowView" in flow.types:
        return
    flow_set = flow.project.flow_set
    if flow_set.transfers_anywhere or any(
        target is flow and (one.kind in _AFTER_AN_AGENT or one.kind == "transfer")
        for one, target in flow_set.resolved
    ):
        return
    reported: set[tuple[int, str]] = set()
    for read in reads:
        action = flow.actions[read.action]
        key = (read.action, read.reference.text)
        if action.behaviour == "compare" or key in reported:
            continue
        reported.add(key)
        yield flow.problem(
            f"{read.reference.text} is empty in a flow of type {flow.flow_type}: no agent has the contact yet",
            *read.pointer,
            action=action,
        )
