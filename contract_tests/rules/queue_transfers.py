"""A contact that is moved from queue to queue more often than its chain of contacts allows."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

from busyhour.api.rules import Edge, FlowView, Problem, action_name, rule, strongly_connected

_MOVE = "DequeueContactAndTransferToQueue"
_MOST = 11

_CERTAIN = frozenset({"MessagesInterrupted", "ContinueLooping", "DoneLooping", "WaitCompleted"})
"""Conditions that depend on time and number alone, not on a value, a caller or a queue."""


@rule(
    id="queue-transfers",
    severity="warning",
    summary="A queue flow moves the contact to another queue more than eleven times",
    why="A chain has twelve contacts at most: the next transfer takes the error branch, and each one loses the position.",
    fix="Count the transfers with Loop, or compare the queue before the transfer and end the chain.",
    source="AWS administrator guide, Amazon Connect feature limits: eleven transfers from queue to queue",
    group="resilience",
    types=(_MOVE,),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """More than eleven transfers in a row, or in a cycle without a comparison, an input or a bound that ends it."""
    edges = _undecided(flow)
    follow: dict[int, tuple[int, int]] = {}
    for part in strongly_connected([[edge.target for edge in out] for out in edges]):
        moves = [at for at in part if flow.actions[at].type == _MOVE]
        inside = set(part)
        circular = len(part) > 1 or any(edge.target == part[0] for edge in edges[part[0]])
        if moves and circular and _rounds(flow, inside, edges) * len(moves) > _MOST:
            first = flow.actions[min(moves)]
            yield flow.problem(
                f"the contact is moved again and again by {action_name(flow, first)!r}; a chain has at most {_MOST} "
                "transfers from queue to queue",
                action=first,
            )
            return
        # Components come last one first: what follows is known.
        most, last = max(
            (follow[edge.target] for at in part for edge in edges[at] if edge.target not in inside),
            default=(0, -1),
        )
        count = len(moves) + most
        end = last if last >= 0 else max(moves, default=-1)
        follow |= dict.fromkeys(part, (count, end))
        if count > _MOST:
            yield flow.problem(
                f"the contact is moved {count} times in a row; a chain has at most {_MOST} transfers from queue to queue",
                action=flow.actions[end],
            )
            return


def _undecided(flow: FlowView) -> list[list[Edge]]:
    """Return the transitions that every contact takes after a time: no comparison, no input, no error."""
    found: list[list[Edge]] = [[] for _ in flow.actions]
    for at in flow.graph.order:
        action = flow.actions[at]
        # The contact stays in the flow after a transfer between queues.
        out = (flow.graph.edges if action.type == _MOVE else flow.followed)[at]
        operands = {str(one) for condition in action.conditions for one in condition.operands}
        decides = bool(operands - _CERTAIN) or action.error_target("NoMatchingCondition") is not None
        if not decides and action.behaviour != "invoke-module":
            found[at] = [edge for edge in out if edge.kind == "next" or edge.label in _CERTAIN]
    return found


def _rounds(flow: FlowView, part: Collection[int], edges: Sequence[Sequence[Edge]]) -> float:
    """Return the number of rounds of a cycle: without limit, unless a Loop that ends it counts them."""
    found = math.inf
    for at in part:
        action = flow.actions[at]
        leaves = any(edge.label == "DoneLooping" and edge.target not in part for edge in edges[at])
        if action.behaviour == "loop-counter" and leaves:
            count = str(action.parameters.get("LoopCount"))
            found = min(found, int(count) if count.isdecimal() else 0)
    return found
