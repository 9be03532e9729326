"""Channels of the contacts that can be at each action, and whether a person waits there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from busyhour.contracts.analysis.conditions import CHANNELS
from busyhour.contracts.analysis.graph import Edge
from busyhour.flows.action_types import DECLARED
from busyhour.flows.references import whole

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.contracts.flow_view import FlowView

_EVERY = frozenset(CHANNELS)
_WITH_A_PERSON = frozenset({"VOICE", "CHAT"})
"""Channels on which a person waits while the flow runs."""

_AGENT_HOOKS = frozenset({"DefaultAgentUI", "DisconnectAgentUI"})
_CARING = frozenset(type for type, one in DECLARED.items() if one.occupies or one.hands_over)


def channels_at(flow: FlowView) -> Sequence[frozenset[str]]:
    """Return for each action the channels of contacts that some path brings there.

    Comparisons of `$.Channel` narrow them; an action that no path reaches has none.
    """
    found: list[frozenset[str]] = [frozenset()] * len(flow.actions)
    start = flow.graph.start
    if start is None:
        return found
    found[start] = _EVERY
    stack = [start]
    while stack:
        node = stack.pop()
        left = _compared(flow.actions[node])
        for edge in flow.followed[node]:
            passed = found[node] & left(edge) if left is not None else found[node]
            if not passed <= found[edge.target]:
                found[edge.target] |= passed
                stack.append(edge.target)
    return found


class _Branches:
    """Channels that take each branch of a comparison of the channel."""

    def __init__(self, action: ActionView) -> None:
        self._by_condition: dict[int, frozenset[str]] = {}
        rest = _EVERY
        for condition in action.conditions:
            operand = condition.operands[0] if condition.operands else None
            if condition.operator != "Equals" or not isinstance(operand, str) or "$" in operand:
                self._by_condition[condition.at] = rest  # what matches is not known, so nothing is ruled out
                continue
            self._by_condition[condition.at] = rest & {operand}
            rest -= {operand}
        self._rest = rest

    def __call__(self, edge: Edge) -> frozenset[str]:
        return self._by_condition.get(edge.at, _EVERY) if edge.kind == "condition" else self._rest


def _compared(action: ActionView) -> _Branches | None:
    """Return the branches of a comparison of `$.Channel`, None for any other action."""
    value = action.parameters.get("ComparisonValue")
    reference = whole(value) if action.behaviour == "compare" and isinstance(value, str) else None
    if reference is None or reference.root != "Channel" or reference.path:
        return None
    return _Branches(action)


def guides_an_agent(flow: FlowView) -> bool:
    """Whether the flow is a step-by-step guide: an agent's hook leads to it, or views are all that it shows.

    Source: AWS administrator guide, Step-by-step guides: the guide is a contact of its own beside the caller's.
    """
    if any(
        reference.kind in _AGENT_HOOKS and target is flow
        for reference, target in flow.project.flow_set.resolved
    ):
        return True
    return {type for type in flow.types if type in _CARING} == {"ShowView"}


def serves_a_person(flow: FlowView, action: ActionView) -> bool:
    """Whether a caller or chat customer can be at the action, who would notice that the contact ends."""
    return bool(flow.channels[action.index] & _WITH_A_PERSON) and not flow.guides_an_agent
