"""A flow attribute is used on a path on which nothing sets it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from busyhour.api.rules import Edge, FlowType, FlowView, Problem, before_each, path_text, rule, witness

PLAIN = re.compile(r"[\w.-]+")
"""A key that is neither computed nor filled in by a template."""


@rule(
    id="flow-attribute-unset",
    severity="warning",
    summary="A flow attribute is used on a path on which nothing sets it",
    why="Flow attributes begin empty in every flow, so that nothing but this flow could have set it.",
    fix="Set it on that path too, or use a contact attribute if another flow sets it.",
    source="AWS administrator guide, flow attributes: they live as long as the flow that set them",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A flow attribute is used on a path on which nothing sets it."""
    if flow.flow_type is FlowType.MODULE:
        return  # whether a module sees those of the flow that invokes it is not documented
    uses = [
        read
        for read in flow.reads
        if read.reference.root == "FlowAttributes"
        and read.reference.path
        and flow.actions[read.action].type != "Compare"
    ]
    keys = sorted({".".join(read.reference.path) for read in uses})
    if not keys:
        return
    bits = {key: 1 << at for at, key in enumerate(keys)}
    everything = (1 << len(keys)) - 1
    gives: dict[int, int] = {}
    for action in flow.of_type("UpdateFlowAttributes"):
        named = action.parameters.get("FlowAttributes")
        for key in named if isinstance(named, dict) else ():
            gives[action.index] = gives.get(action.index, 0) | (
                bits.get(key, 0) if PLAIN.fullmatch(key) else everything
            )

    def given(edge: Edge) -> int:
        if flow.actions[edge.source].type == "InvokeFlowModule":
            return everything
        return gives.get(edge.source, 0)

    before = before_each(flow, given, everything)
    reported: set[tuple[int, str]] = set()
    for read in uses:
        key = ".".join(read.reference.path)
        bit = bits[key]
        if (
            before[read.action] & bit
            or (read.action, key) in reported
            or not flow.graph.reachable[read.action]
        ):
            continue
        reported.add((read.action, key))
        path = witness(flow, read.action, partial(_leaves_open, given, bit))
        if path is not None:
            yield flow.problem(
                f"{read.reference.text} is empty when the flow takes the path {path_text(flow, path, read.action)}: "
                f"nothing on that path sets it",
                *read.pointer,
                action=flow.actions[read.action],
            )


def _leaves_open(given: Callable[[Edge], int], bit: int, edge: Edge) -> bool:
    return not given(edge) & bit
