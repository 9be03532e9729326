"""Paths through one flow as rules speak of them: which transitions are ever taken, and a path in words.

Facts on all paths come from `Graph.holds_on_every_path`, asked only about the transitions that are ever taken.
One path is looked for only when there is something to report.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from busyhour.contracts.analysis.graph import Edge

if TYPE_CHECKING:
    from busyhour.contracts.flow_view import ActionView, FlowView

LEAVING = frozenset({"TransferToFlow", "TransferContactToQueue", "DequeueContactAndTransferToQueue"})
"""Types whose success ends the flow: the NextAction that they must have is never taken."""

_OUTCOMES: dict[str, frozenset[str]] = {
    "CheckHoursOfOperation": frozenset({"True", "False"}),
    "CheckMetricData": frozenset(),
    "CheckOutboundCallStatus": frozenset({"CallAnswered", "VoicemailBeep", "VoicemailNoBeep", "NotDetected"}),
    "Compare": frozenset(),
    "DistributeByPercentage": frozenset(),
    "Loop": frozenset({"ContinueLooping", "DoneLooping"}),
}
"""Types that do nothing but decide, with their results where these are few."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_HEAD, _TAIL = 3, 6
"""Actions at either end of a long path that are named."""


def is_true(value: object) -> bool:
    """Whether a flag of a flow is on; they are strings, in either case."""
    return str(value).lower() == "true"


def taken(flow: FlowView, edge: Edge) -> bool:
    """Whether Connect ever follows this transition."""
    if edge.kind != "next":
        return True
    action = flow.actions[edge.source]
    return not (leaves_flow(action) or decides(action))


def decides(action: ActionView) -> bool:
    """Whether branches of the action cover every outcome, so that its NextAction can only repeat one of them."""
    outcomes = _OUTCOMES.get(action.type)
    if outcomes is None:
        return False
    if action.error_target("NoMatchingCondition") is not None:
        return True
    labels = {
        one.operands[0] for one in action.conditions if one.operands and isinstance(one.operands[0], str)
    }
    return bool(outcomes) and outcomes <= labels


def leaves_flow(action: ActionView) -> bool:
    """Whether the success of this action is the end of the flow, with the contact going on elsewhere."""
    if action.type == "TransferParticipantToThirdParty":
        return not is_true(action.parameters.get("ContinueFlowExecution", "True"))
    return action.type in LEAVING


def before_each(
    flow: FlowView, given: Callable[[Edge], int], everything: int, at_start: int = 0
) -> list[int]:
    """Facts (bits) that hold before each action on every path that Connect can take from the start."""
    return flow.graph.holds_on_every_path(given, everything, at_start, flow.followed)


def witness(
    flow: FlowView, goal: int, allowed: Callable[[Edge], bool] = lambda edge: True
) -> list[Edge] | None:
    """A path to `goal` over allowed transitions, with as few errors as can be; None where none can be taken.

    A path on which the same value is compared twice with outcomes that exclude each other is no path.
    """
    return witnesses(flow, allowed)(goal)


def witnesses(flow: FlowView, allowed: Callable[[Edge], bool]) -> Callable[[int], list[Edge] | None]:
    """`witness` for any number of goals, with one search for all of them."""
    start = flow.graph.start
    if start is None:
        return lambda goal: None
    ways = Ways(flow, start, allowed)

    def find(goal: int) -> list[Edge] | None:
        found = ways.to(goal)
        return found if found is not None and consistent(flow, found) else None

    return find


def shortest(
    flow: FlowView, start: int, goal: int, allowed: Callable[[Edge], bool] = lambda edge: True
) -> list[Edge] | None:
    """A path from `start` to `goal` over allowed transitions with the fewest errors, then the fewest steps."""
    return Ways(flow, start, allowed).to(goal)


class Ways:
    """Paths from one action over allowed transitions with the fewest errors, then the fewest steps (Dijkstra).

    The search goes only as far as it was asked, and goes on from there.
    """

    def __init__(self, flow: FlowView, start: int, allowed: Callable[[Edge], bool]) -> None:
        self._edges = flow.followed
        self._allowed = allowed
        self._came: dict[int, Edge | None] = {}
        self._heap: list[tuple[int, int, int, Edge | None]] = [(0, 0, start, None)]

    def to(self, goal: int) -> list[Edge] | None:
        """The path to `goal`, None where no allowed one leads there."""
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


_WRITERS = {
    "Attributes": "UpdateContactAttributes",
    "External": "InvokeLambdaFunction",
    "FlowAttributes": "UpdateFlowAttributes",
    "StoredCustomerInput": "GetParticipantInput",
    "Lex": "ConnectParticipantWithLexBot",
}


def consistent(flow: FlowView, path: Sequence[Edge]) -> bool:
    """Whether no value is compared with different outcomes although nothing on the way could change it."""
    known: dict[str, tuple[str, frozenset[str]]] = {}
    for edge in path:
        action = flow.actions[edge.source]
        if action.type == "Compare":
            value = action.parameters.get("ComparisonValue")
            if isinstance(value, str) and not _agrees(known, value, action, edge):
                return False
            continue
        for value in [one for one in known if _WRITERS.get(_root(one), action.type) == action.type]:
            del known[value]
    return True


def _root(reference: str) -> str:
    return re.split(r"[.\[]", reference.removeprefix("$."), maxsplit=1)[0]


def _agrees(known: dict[str, tuple[str, frozenset[str]]], value: str, action: ActionView, edge: Edge) -> bool:
    """Whether an outcome of a comparison fits with what is known of the value (what it is, what it is not)."""
    equal = {one.operands[0] for one in action.conditions if one.operator == "Equals" and one.operands}
    texts = frozenset(one for one in equal if isinstance(one, str))
    said, not_said = known.get(value, ("", frozenset()))
    if edge.kind == "condition":
        at = edge.pointer[-1]
        condition = next((one for one in action.conditions if one.at == at), None)
        if condition is None or condition.operator != "Equals":
            return True
        if (said and said != edge.label) or edge.label in not_said:
            return False
        known[value] = (edge.label, not_said)
        return True
    if said and said in texts:
        return False
    known[value] = (said, not_said | texts)
    return True


# --------------------------------------------------------------------------------------------------------- in words


def action_name(flow: FlowView, action: ActionView) -> str:
    """What to call an action in a sentence: its name, or its type where it has only a generated identifier."""
    shown = flow.display_name(action)
    return f"{action.type} {shown[:8]}" if _UUID.fullmatch(shown) else shown or f"Actions[{action.index}]"


def path_text(flow: FlowView, path: Sequence[Edge], goal: int) -> str:
    """A path by the names of its actions: `Greet → Look up —NoMatchingError→ Say hello`.

    Of a long one the ends are kept, and every step on which something failed.
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
