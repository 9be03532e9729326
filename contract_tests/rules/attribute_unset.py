"""A contact attribute is used on a path on which nothing sets it, though the same flow sets it on others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from busyhour.api.rules import (
    Edge,
    FlowType,
    FlowView,
    Problem,
    Read,
    attributes_set,
    before_each,
    filled_first,
    path_text,
    rule,
    witness,
)

_HANDED_ON = frozenset(
    {
        "Attributes",
        "CaseRequestFields",
        "ContextVariables",
        "FlowAttributes",
        "Input",
        "LambdaInvocationAttributes",
        "LexSessionAttributes",
        "ProfileRequestData",
        "References",
        "ResultData",
        "Tags",
        "ViewData",
    }
)
"""Parameters that only pass an attribute on: its receiver may not need it."""


@rule(
    id="attribute-unset",
    severity="warning",
    summary="A contact attribute is used on a path on which nothing sets it, though the same flow sets it on others",
    why="It is empty there: the prompt is read with a blank where the value should be, or a queue, flow or number is missing.",
    fix="Set the attribute on that path too, best at the start of the flow, with a default.",
    source="AWS administrator guide, contact attributes: an attribute that was not set is empty",
    group="data-flow",
    types=("UpdateContactAttributes",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A contact attribute is used on a path on which nothing sets it, though the same flow sets it on others."""
    if flow.flow_type not in (None, FlowType.CONTACT_FLOW):
        return  # the contact has been elsewhere before
    uses = _uses(flow)
    if not uses:
        return
    flow_set = flow.project.flow_set
    setting = {
        action.index: attributes_set(action).keys() for action in flow.of_type("UpdateContactAttributes")
    }
    here = {key for keys in setting.values() for key in keys}
    keys = sorted(key for key in uses if key in here and not flow_set.set_elsewhere(key, flow))
    if not keys or flow_set.may_be_entered(flow):
        return
    bits = {key: 1 << at for at, key in enumerate(keys)}
    everything = (1 << len(keys)) - 1
    gives = {at: sum(bits[key] for key in given if key in bits) for at, given in setting.items()}

    def given(edge: Edge) -> int:
        # Setting fails only beyond 32 KB of attributes, so that its error branch counts as done too.
        kind = flow.actions[edge.source].type
        return gives.get(edge.source, 0) if kind != "InvokeFlowModule" else everything

    before = before_each(flow, given, everything)
    for key in keys:
        bit = bits[key]
        doubtful = {read.action for read in uses[key] if not before[read.action] & bit}
        if not doubtful:
            continue
        sometimes = filled_first(flow, {read.action for read in uses[key]}, partial(_sets, given, bit))
        if not all(sometimes[at] for at in doubtful):
            continue  # where some use comes before the flow sets it, the value comes from elsewhere
        for read in uses[key]:
            if read.action not in doubtful:
                continue
            doubtful.discard(read.action)
            path = witness(flow, read.action, partial(_leaves_open, given, bit))
            if path is not None:
                yield flow.problem(
                    f"{read.reference.text} is empty when the flow takes the path "
                    f"{path_text(flow, path, read.action)}: it is set on other paths only",
                    *read.pointer,
                    action=flow.actions[read.action],
                )


def _uses(flow: FlowView) -> dict[str, list[Read]]:
    found: dict[str, list[Read]] = {}
    for read in flow.reads:
        reference = read.reference
        if reference.root != "Attributes" or not reference.path or len(read.pointer) < 2:
            continue
        if flow.actions[read.action].type != "Compare" and read.pointer[1] not in _HANDED_ON:
            found.setdefault(".".join(reference.path), []).append(read)
    return found


def _sets(given: Callable[[Edge], int], bit: int, flow: FlowView, edge: Edge) -> bool:
    return bool(given(edge) & bit)


def _leaves_open(given: Callable[[Edge], int], bit: int, edge: Edge) -> bool:
    return not given(edge) & bit
