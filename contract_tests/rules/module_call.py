"""A module is invoked with an input that it does not declare, or on a branch that it does not have."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, declared_interface, did_you_mean, listed, rule


@rule(
    id="module-call",
    severity="error",
    summary="A module is invoked with an input that it does not declare, or on a branch that it does not have",
    why="Connect rejects the flow on publish.",
    fix="Pass only inputs that the module's settings declare, and branch only on its own results.",
    source="Rejections by CreateContactFlow on record: inputs and branches are compared with the module's settings",
    group="project",
    types=("InvokeFlowModule",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Inputs and conditions of InvokeFlowModule that the module's own settings do not know."""
    for reference, module in flow.project.flow_set.resolved_of(flow):
        if reference.kind != "module":
            continue
        contract = declared_interface(module)
        if contract is None:
            continue
        action = reference.action
        given = action.parameters.get("Input")
        known = contract.inputs
        if known is not None and not contract.open_inputs and isinstance(given, dict):
            for key in given:
                if key not in known:
                    names = listed(sorted(known), "and") or "none"
                    yield flow.problem(
                        f"{module.name} declares no input {key!r}; it declares {names}.{did_you_mean(key, known)}",
                        "Parameters",
                        "Input",
                        key,
                        action=action,
                        key=True,
                    )
        for condition in action.conditions:
            operand = condition.operands[0] if len(condition.operands) == 1 else None
            if contract.branches and isinstance(operand, str) and operand not in contract.branches:
                names = listed(sorted(contract.branches), "and")
                yield flow.problem(
                    f"{module.name} has no branch {operand!r}; it has {names}.{did_you_mean(operand, contract.branches)}",
                    "Transitions",
                    "Conditions",
                    condition.at,
                    action=action,
                )
