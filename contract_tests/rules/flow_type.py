"""An action in a flow of a type that does not allow it, or next to actions that no type allows with it."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowType, FlowView, Problem, Severity, rule


@rule(
    id="flow-type",
    severity="error",
    summary="The action is not allowed in a flow of this type",
    why="Connect rejects the flow on publish.",
    fix="Use the action in a flow of a type that allows it, or end the flow another way.",
    source="AWS developer guide, flow language actions: supported flow types; matrix of real exports",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """An action in a flow of a type that does not allow it, or next to actions that no type allows with it."""
    store = flow.schemas
    kind = flow.flow_type
    if kind is None:
        yield from _of_no_type(flow)
        return
    for type in flow.types:
        permitted = store.flow_types(type)
        doubt = store.undecided_flow_types(type).get(kind)
        if doubt is not None:
            for action in flow.by_type[type]:
                yield flow.problem(
                    f"{type} in a flow of type {kind}: {doubt}", action=action, severity=Severity.WARNING
                )
        elif kind not in permitted:
            names = ", ".join(sorted(permitted))
            for action in flow.by_type[type]:
                yield flow.problem(
                    f"{type} is not allowed in a flow of type {kind}; it is in {names}", action=action
                )


def _of_no_type(flow: FlowView) -> Iterator[Problem]:
    """Actions that no flow type allows together, where the flow's own type is not known."""
    store = flow.schemas
    limited = {
        type: permitted
        for type in flow.types
        if len(permitted := store.flow_types(type) | frozenset(store.undecided_flow_types(type)))
        < len(FlowType)
    }
    if not limited or frozenset.intersection(*limited.values()):
        return
    left = frozenset(FlowType)
    before: list[str] = []
    for type in sorted(limited):
        if not left & limited[type]:
            for action in flow.by_type[type]:
                yield flow.problem(
                    f"no flow type allows {type} together with the other actions of this flow "
                    f"({', '.join(before)})",
                    action=action,
                )
            return
        left &= limited[type]
        before.append(type)
