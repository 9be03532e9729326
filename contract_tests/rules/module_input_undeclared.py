"""A module reads an input that it does not declare, or a flow that is not a module reads one."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowType, FlowView, Problem, declared_interface, did_you_mean, listed, rule


@rule(
    id="module-input-undeclared",
    severity="warning",
    summary="A module reads an input that it does not declare, or a flow that is not a module reads one",
    why="No flow can pass it, so it is empty on every call.",
    fix="Declare the input in the module's settings, or correct the name.",
    source="AWS administrator guide, flow modules: inputs are declared in the module's settings",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A module reads an input that it does not declare, or a flow that is not a module reads one."""
    inputs = [
        read
        for read in flow.reads
        if read.reference.root == "Modules"
        and read.reference.path[:1] == ("Input",)
        and len(read.reference.path) > 1
    ]
    if not inputs:
        return
    contract = declared_interface(flow)
    for read in inputs:
        action = flow.actions[read.action]
        key = read.reference.path[1]
        if flow.flow_type is not None and flow.flow_type is not FlowType.MODULE:
            yield flow.problem(
                f"{read.reference.text} is empty: only a module has inputs, and this is a {flow.flow_type}",
                *read.pointer,
                action=action,
            )
        elif contract is not None and contract.inputs is not None and key not in contract.inputs:
            names = listed(sorted(contract.inputs), "and") or "none"
            yield flow.problem(
                f"{read.reference.text} is not an input of this module; it declares {names}.{did_you_mean(key, contract.inputs)}",
                *read.pointer,
                action=action,
            )
