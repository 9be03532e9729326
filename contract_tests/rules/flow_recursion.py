"""Flows transfer to each other in a circle without asking, playing or waiting; or a module invokes itself."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.contracts.cycles import cycle, strongly_connected
from busyhour.contracts.landscape import Landscape
from busyhour.contracts.outcomes import interactive
from busyhour.contracts.paths import taken
from busyhour.contracts.rule import Problem, rule
from busyhour.contracts.subject import FlowUnderCheck


@rule(
    id="flow-recursion",
    severity="warning",
    summary="Flows lead to each other in a circle on which callers are asked, told and wait for nothing",
    why="The contact is handed round as fast as Connect can until it ends the contact at a limit of its own.",
    fix="Break the circle, or put a prompt or an input into it; a module must not invoke itself.",
    source="AWS administrator guide, flow modules: no invocation of itself; flow language, TransferToFlow",
    group="project",
    types=("TransferToFlow", "InvokeFlowModule"),
)
def check(flow: FlowUnderCheck) -> Iterator[Problem]:
    """Circles of transfers and invocations that the flow is the first of, by name and path."""
    landscape = flow.project.landscape
    if not landscape.resolved:
        return
    place = {id(one): at for at, one in enumerate(landscape.flows)}
    edges = _direct(landscape, place)
    for part in strongly_connected(edges):
        way = cycle(edges, part)
        if not way:
            continue
        first = min(way, key=lambda at: (landscape.flows[at].name, landscape.flows[at].path))
        if landscape.flows[first] is not flow:
            continue
        while way[0] != first:
            way = [*way[1:], way[0]]
        following = landscape.flows[way[1 % len(way)]]
        reference = next(
            one for one, target in landscape.resolved if one.source is flow and target is following
        )
        names = " → ".join(landscape.flows[at].name for at in [*way, first])
        yield flow.problem(
            f"{names} is a circle of flows without input, prompt or wait",
            *reference.pointer,
            action=reference.action,
        )


def _direct(landscape: Landscape, place: dict[int, int]) -> list[list[int]]:
    """From each flow to those that a contact can reach from its start without being asked or told anything."""
    edges: list[list[int]] = [[] for _ in landscape.flows]
    silent: dict[int, list[bool]] = {}
    for reference, target in landscape.resolved:
        if reference.kind not in ("transfer", "module"):
            continue
        source = reference.source
        if id(source) not in silent:
            silent[id(source)] = _without_interaction(source)
        if silent[id(source)][reference.action.index]:
            edges[place[id(source)]].append(place[id(target)])
    return edges


def _without_interaction(flow: FlowUnderCheck) -> list[bool]:
    """For each action whether it is reached on some path without asking or playing anything before."""
    seen = [False] * len(flow.actions)
    start = flow.graph.start
    stack = [] if start is None else [start]
    for one in stack:
        seen[one] = True
    while stack:
        node = stack.pop()
        if interactive(flow.actions[node]):
            continue
        for edge in flow.graph.edges[node]:
            if not seen[edge.target] and taken(flow, edge):
                seen[edge.target] = True
                stack.append(edge.target)
    return seen
