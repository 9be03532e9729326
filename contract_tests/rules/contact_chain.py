"""Contacts that create contacts without limit, or more than twelve in a chain."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, reference_chain, rule

_LONGEST = 12


@rule(
    id="contact-chain",
    severity="warning",
    summary="Flows whose contacts create further contacts, more than twelve in a chain",
    why="A chain has twelve contacts at most: the next one is not created, and the error branch is taken.",
    fix="End the chain: create the next contact in one flow only, or count and stop.",
    source="AWS administrator guide, Amazon Connect feature limits: contacts in a contact chain",
    group="project",
    types=("CreateCallbackContact", "CreateTask", "StartOutboundChatContact"),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Chains of flows, each beginning a contact in the next, of more than twelve contacts; a cycle is such a chain."""
    flow_set = flow.project.flow_set
    entered = any(
        one.kind == "contact" and target is flow and one.source is not flow
        for one, target in flow_set.resolved
    )
    chain = reference_chain(flow, "contact", _LONGEST)
    if not chain:
        return
    targets = [target for _, target in chain]
    circular = any(target is flow for target in targets)
    if entered and not circular:
        return  # it is reported where the chain begins
    if circular and min(targets, key=lambda one: one.path).path < flow.path:
        return  # one finding for a cycle
    names = list(dict.fromkeys([flow.name, *(target.name for target in targets)]))
    shown = " → ".join([*names, flow.name] if circular else names)
    first = chain[0][0]
    yield flow.problem(
        f"contacts of this flow create contacts {'in a cycle' if circular else f'in a chain of {len(chain) + 1}'}: "
        f"{shown}; a chain has at most {_LONGEST}",
        *first.pointer,
        action=first.action,
    )
