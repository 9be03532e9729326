"""Contacts that create contacts without limit, or more than twelve in a chain."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowReference, FlowView, Problem, rule

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
    chain = _chain(flow)
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


def _chain(flow: FlowView) -> list[tuple[FlowReference, FlowView]]:
    """Return twelve references in a row, each beginning a contact in the flow of the next; empty without them."""
    flow_set = flow.project.flow_set
    layers: list[dict[int, tuple[FlowReference, FlowView]]] = []
    here = [flow]
    for _ in range(_LONGEST):
        reached: dict[int, tuple[FlowReference, FlowView]] = {}
        for one in here:
            for reference, target in flow_set.resolved_of(one):
                if reference.kind == "contact":
                    reached.setdefault(id(target), (reference, target))
        if not reached:
            return []
        layers.append(reached)
        here = [target for _, target in reached.values()]
    chain = [next(iter(layers[-1].values()))]
    for layer in reversed(layers[:-1]):
        chain.append(layer[id(chain[-1][0].source)])
    return chain[::-1]
