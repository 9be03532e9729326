"""Paths through one flow: which transitions can be taken, and a path as text.

Facts on all paths come from `Graph.holds_on_every_path`, restricted to transitions that can be taken.
A single path is searched for only when there is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from busyhour.contracts.analysis.graph import Edge
from busyhour.flows.action_types import declared

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.contracts.flow_view import FlowView

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_HEAD, _TAIL = 3, 6
"""Number of actions that are named at either end of a long path."""


def is_true(value: object) -> bool:
    """Whether a flag of a flow is on; flags are strings, in either case."""
    return str(value).lower() == "true"


def taken(flow: FlowView, edge: Edge) -> bool:
    """Whether Connect ever takes this transition."""
    if edge.kind != "next":
        return True
    action = flow.actions[edge.source]
    return not (leaves_flow(action) or decides(action))


def decides(action: ActionView) -> bool:
    """Whether branches of the action cover every outcome, so that its NextAction can only repeat one of them."""
    outcomes = declared(action.type).results
    if outcomes is None:
        return False
    if action.behaviour == "loop-counter" and not str(action.parameters.get("LoopCount")).isdecimal():
        return False  # without a count it fails, and without a branch for that it continues
    if action.error_target("NoMatchingCondition") is not None:
        return True
    labels = {
        one.operands[0] for one in action.conditions if one.operands and isinstance(one.operands[0], str)
    }
    return bool(outcomes) and outcomes <= labels


def leaves_flow(action: ActionView) -> bool:
    """Whether the success of this action ends the flow, with the contact continuing elsewhere."""
    if action.behaviour == "third-party":
        return not is_true(action.parameters.get("ContinueFlowExecution", "True"))
    return declared(action.type).ends_on_success


def before_each(
    flow: FlowView, given: Callable[[Edge], int], everything: int, at_start: int = 0
) -> list[int]:
    """Return the facts (bits) that are true before each action on every possible path from the start."""
    return flow.graph.holds_on_every_path(given, everything, at_start, flow.followed)


def witness(
    flow: FlowView, goal: int, allowed: Callable[[Edge], bool] = lambda edge: True
) -> list[Edge] | None:
    """Return a path to `goal` over allowed transitions with as few errors as possible; None without one.

    A path that compares the same value twice with contradicting outcomes is excluded.
    """
    return witnesses(flow, allowed)(goal)


def witnesses(flow: FlowView, allowed: Callable[[Edge], bool]) -> Callable[[int], list[Edge] | None]:
    """Return a `witness` path for any number of goals, with one search for all."""
    start = flow.graph.start
    if start is None:
        return lambda goal: None
    paths = ShortestPaths(flow, start, allowed)

    def find(goal: int) -> list[Edge] | None:
        found = paths.to(goal)
        return found if found is not None and consistent(flow, found) else None

    return find


def shortest(
    flow: FlowView, start: int, goal: int, allowed: Callable[[Edge], bool] = lambda edge: True
) -> list[Edge] | None:
    """Return the allowed path from `start` to `goal` with the fewest errors, then the fewest steps."""
    return ShortestPaths(flow, start, allowed).to(goal)


class ShortestPaths:
    """Paths from one action over allowed transitions with the fewest errors, then the fewest steps (Dijkstra).

    The search is lazy: it goes as far as requested, and continues from there.
    """

    def __init__(self, flow: FlowView, start: int, allowed: Callable[[Edge], bool]) -> None:
        self._edges = flow.followed
        self._allowed = allowed
        self._came: dict[int, Edge | None] = {}
        self._heap: list[tuple[int, int, int, Edge | None]] = [(0, 0, start, None)]

    def to(self, goal: int) -> list[Edge] | None:
        """Return the path to `goal`, None without an allowed one."""
        came, heap, allowed = self._came, self._heap, self._allowed
        while heap and goal not in came:
            errors, steps, node, by = heappop(heap)
            if node in came:
                continue
            came[node] = by
            for edge in self._edges[node]:
                if edge.target not in came and allowed(edge):
                    heappush(heap, (errors + (edge.kind == "error"), steps + 1, edge.target, edge))
        if goal not in came:
            return None
        path: list[Edge] = []
        last = came[goal]
        while last is not None:
            path.append(last)
            last = came[last.source]
        path.reverse()
        return path


_FOLLOWED = frozenset({"Attributes", "External", "FlowAttributes", "StoredCustomerInput", "Lex"})
"""Roots that only the types that declare it fill; any action may change the others."""


def consistent(flow: FlowView, path: Sequence[Edge]) -> bool:
    """Whether the path has no contradicting outcomes for a value that nothing on the way can change."""
    known: dict[str, tuple[str, frozenset[str]]] = {}
    for edge in path:
        action = flow.actions[edge.source]
        if action.behaviour == "compare":
            value = action.parameters.get("ComparisonValue")
            if isinstance(value, str) and not _agrees(known, value, action, edge):
                return False
            continue
        filled = declared(action.type).fills
        for value in [one for one in known if (root := _root(one)) in filled or root not in _FOLLOWED]:
            del known[value]
    return True


def _root(reference: str) -> str:
    return re.split(r"[.\[]", reference.removeprefix("$."), maxsplit=1)[0]


def _agrees(known: dict[str, tuple[str, frozenset[str]]], value: str, action: ActionView, edge: Edge) -> bool:
    """Whether an outcome of a comparison is consistent with what the value is known to equal or not to equal."""
    operands = {one.operands[0] for one in action.conditions if one.operator == "Equals" and one.operands}
    texts = frozenset(one for one in operands if isinstance(one, str))
    equal, unequal = known.get(value, ("", frozenset()))
    if edge.kind == "condition":
        at = edge.pointer[-1]
        condition = next((one for one in action.conditions if one.at == at), None)
        if condition is None or condition.operator != "Equals":
            return True
        if (equal and equal != edge.label) or edge.label in unequal:
            return False
        known[value] = (edge.label, unequal)
        return True
    if equal and equal in texts:
        return False
    known[value] = (equal, unequal | texts)
    return True


# --------------------------------------------------------------------------------------------------------- as text


def action_name(flow: FlowView, action: ActionView) -> str:
    """Return an action's name for a message: display name, or type if the identifier is generated."""
    shown = flow.display_name(action)
    return f"{action.type} {shown[:8]}" if _UUID.fullmatch(shown) else shown or f"Actions[{action.index}]"


def path_text(flow: FlowView, path: Sequence[Edge], goal: int) -> str:
    """Format a path by the names of its actions: `Greet → Look up —NoMatchingError→ Say hello`.

    A long path is shortened to its ends and every step on which an error occurred.
    """
    last = len(path) - _TAIL
    steps: list[str] = []
    left_out = 0
    for at, edge in enumerate(path):
        if _HEAD <= at < last and edge.kind != "error" and len(path) > _HEAD + _TAIL:
            left_out += 1
            continue
        if left_out:
            steps.append(f"… ({left_out} more) → ")
            left_out = 0
        label = f" —{edge.label}→ " if edge.label else " → "
        steps.append(action_name(flow, flow.actions[edge.source]) + label)
    return "".join(steps) + action_name(flow, flow.actions[goal])
