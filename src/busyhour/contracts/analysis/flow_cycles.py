"""Cycles between flows with no interaction on the cycle, and chains of references from flow to flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from busyhour.contracts.analysis.cycles import cycle, strongly_connected
from busyhour.contracts.analysis.silence import interactive

if TYPE_CHECKING:
    from busyhour.contracts.flow_set import FlowReference, FlowSet
    from busyhour.contracts.flow_view import FlowView

FlowCycle = Sequence["FlowReference"]
"""The references of a cycle, each from one flow to the next; the first by name and path comes first."""


def cycles(flow_set: FlowSet) -> list[FlowCycle]:
    """Return one cycle in each group of flows that lead to each other; linear in flows and references."""
    place = {id(one): at for at, one in enumerate(flow_set.flows)}
    steps: dict[tuple[int, int], FlowReference] = {}
    silent: dict[int, list[bool]] = {}
    for reference, target in flow_set.resolved:
        if reference.kind not in ("transfer", "module"):
            continue
        source = reference.source
        if id(source) not in silent:
            silent[id(source)] = without_interaction(source)
        if silent[id(source)][reference.action.index]:
            steps.setdefault((place[id(source)], place[id(target)]), reference)
    edges: list[list[int]] = [[] for _ in flow_set.flows]
    for source_at, target_at in steps:
        edges[source_at].append(target_at)
    found: list[FlowCycle] = []
    for part in strongly_connected(edges):
        way = cycle(edges, part)
        if way:
            first = min(way, key=lambda at: (flow_set.flows[at].name, flow_set.flows[at].path))
            turn = way.index(first)
            way = [*way[turn:], *way[:turn]]
            found.append([steps[one, other] for one, other in zip(way, [*way[1:], way[0]], strict=True)])
    return found


def without_interaction(flow: FlowView) -> list[bool]:
    """Return for each action whether some path reaches it without any input or prompt before."""
    seen = [False] * len(flow.actions)
    start = flow.graph.start
    stack = [] if start is None else [start]
    for one in stack:
        seen[one] = True
    while stack:
        node = stack.pop()
        if interactive(flow.actions[node]):
            continue
        for edge in flow.followed[node]:
            if not seen[edge.target]:
                seen[edge.target] = True
                stack.append(edge.target)
    return seen


def reference_chain(flow: FlowView, kind: str, length: int) -> list[tuple[FlowReference, FlowView]]:
    """Return `length` references of the kind in a row with their targets, the first from `flow`; empty without them."""
    flow_set = flow.project.flow_set
    layers: list[dict[int, tuple[FlowReference, FlowView]]] = []
    sources = [flow]
    for _ in range(length):
        reached: dict[int, tuple[FlowReference, FlowView]] = {}
        for source in sources:
            for reference, target in flow_set.resolved_of(source):
                if reference.kind == kind:
                    reached.setdefault(id(target), (reference, target))
        if not reached:
            return []
        layers.append(reached)
        sources = [target for _, target in reached.values()]
    chain = [next(iter(layers[-1].values()))]
    for layer in reversed(layers[:-1]):
        chain.append(layer[id(chain[-1][0].source)])
    return chain[::-1]
