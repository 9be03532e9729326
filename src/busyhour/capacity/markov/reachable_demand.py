"""Services reachable from a flow position: an upper bound on the demand of a call after it has waited."""

from __future__ import annotations

from collections.abc import Iterable

from busyhour.flows.action_types import declared
from busyhour.flows.actions.functions import ARN_KEYS, function_name
from busyhour.flows.call import Call
from busyhour.flows.library import FlowLibrary
from busyhour.flows.model import Action, Flow
from busyhour.flows.references import find

EVERY_FUNCTION = "invocations:"
"""Represents every function, where the flow names one by a reference."""


def reachable_demand(call: Call, library: FlowLibrary) -> frozenset[str]:
    """Return the quantities that may still grow after this position.

    They are `invocations:NAME`, `Lex turns` and `service:TYPE`.
    """
    todo: list[tuple[Flow, str]] = []
    for name, identifier in _places(call):
        found = library.resolve(name)
        action = found.by_identifier().get(identifier) if found else None
        if found is not None and action is not None:
            todo += [(found, target) for target in action.targets()]
    # A hook without a flow was switched off.
    hooks = [reference for reference in (call.hooks or {}).values() if reference]
    todo += [(flow, flow.start) for flow in _flows_of(hooks, library)]
    seen: set[tuple[str, str]] = set()
    demand: set[str] = set()
    actions = {id(flow): flow.by_identifier() for flow in library}
    while todo:
        flow, identifier = todo.pop()
        action = actions[id(flow)].get(identifier)
        if action is None or (flow.name, identifier) in seen:
            continue
        seen.add((flow.name, identifier))
        demand |= _of_action(action)
        todo += [(flow, target) for target in action.targets()]
        todo += [(one, one.start) for one in _entered(action, library)]
    return frozenset(demand)


def _places(call: Call) -> list[tuple[str, str]]:
    frames = call.frames or ()
    return [
        (call.flow_name, call.current_action),
        *((frame.node.flow.name, frame.node.identifier) for frame in frames),
    ]


def _of_action(action: Action) -> set[str]:
    if action.behaviour == "invoke-function":
        reference = next((str(action.parameters[key]) for key in ARN_KEYS if key in action.parameters), "")
        return {
            EVERY_FUNCTION if not reference or find(reference) else f"invocations:{function_name(reference)}"
        }
    if action.behaviour == "lex":
        return {"Lex turns"}
    return {f"service:{action.type}"}


def _entered(action: Action, library: FlowLibrary) -> list[Flow]:
    """Return the flows that the action may start, now or later."""
    entered = [
        action.parameters.get(parameter, "")
        for parameter, purpose in declared(action.type).flow_parameters.items()
        if purpose in ("transfer", "module")
    ]
    if entered:
        return _flows_of(entered, library)
    if action.behaviour == "event-hooks":
        return _flows_of(dict(action.parameters.get("EventHooks") or {}).values(), library)
    return []


def _flows_of(references: Iterable[object], library: FlowLibrary) -> list[Flow]:
    flows: list[Flow] = []
    for reference in map(str, references):
        if not reference or find(reference):
            # Empty, or known only at run time: it may be any flow.
            return list(library)
        found = library.resolve(reference)
        flows += [found] if found else []
    return flows
