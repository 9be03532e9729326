"""An action in a flow of a type that does not allow it, or next to actions that no type allows with it."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.contracts.rule import Problem, rule
from busyhour.contracts.subject import FlowUnderCheck
from busyhour.flows.model import FlowType


@rule(
    id="flow-type",
    severity="error",
    summary="The action may not stand in a flow of this type",
    why="Connect refuses the flow on publish.",
    fix="Use the action in a flow of a type that allows it, or end the flow another way.",
    source="AWS developer guide, flow language actions: supported flow types; matrix of real exports",
    group="structure",
)
def check(flow: FlowUnderCheck) -> Iterator[Problem]:
    """An action in a flow of a type that does not allow it, or next to actions that no type allows with it."""
    allowed = {
        type: frozenset(flow.schemas.action(type).get("x-flow-types", ()))
        for type in flow.types
        if type in flow.schemas.types
    }
    kind = flow.flow_type
    if kind is not None:
        for type, permitted in allowed.items():
            if permitted and kind not in permitted:
                for action in flow.by_type[type]:
                    names = ", ".join(sorted(permitted))
                    yield flow.problem(
                        f"{type} may not stand in a flow of type {kind}; it may in {names}", action=action
                    )
        return
    left = frozenset(FlowType)
    for type in sorted(allowed):
        permitted = allowed[type]
        if not permitted:
            continue
        if not left & permitted:
            others = ", ".join(
                sorted(
                    one for one in allowed if allowed[one] and not allowed[one] >= permitted and one != type
                )
            )
            for action in flow.by_type[type]:
                yield flow.problem(
                    f"no flow type allows {type} together with the other actions of this flow ({others})",
                    action=action,
                )
            return
        left &= permitted
