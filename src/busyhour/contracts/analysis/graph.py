"""The flow as a graph of actions by index: transitions, reachability, facts that are true on every path.

Everything is computed once, on first use, in time linear in the number of transitions. The analysis of facts
converges in a few passes over the reachable part. Facts are bits of an int, so that joins are single `&`s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.flows.model import Pointer


class Edge(NamedTuple):
    """One transition: from action `source` to action `target` (indices).

    `kind` is `next`, `condition` or `error`; `label` the operand or the error type, empty for `next`; `at` the
    place among the action's conditions or errors, 0 for `next`.
    """

    source: int
    target: int
    kind: str
    label: str
    at: int

    @property
    def pointer(self) -> Pointer:
        """The pointer of the transition in the document."""
        base: Pointer = ("Actions", self.source, "Transitions")
        if self.kind == "next":
            return (*base, "NextAction")
        return (*base, "Conditions" if self.kind == "condition" else "Errors", self.at)


_edge: Any = tuple.__new__
"""Makes an edge in half the time of its own constructor."""


class Graph:
    """Transitions between the actions of one flow; targets that do not exist are omitted.

    Args:
        actions: the flow's actions, by index.
        start: index of the start action, None if it does not exist.
    """

    def __init__(self, actions: Sequence[ActionView], start: int | None, index: dict[str, int]) -> None:
        self._actions = actions
        self._index = index
        self.start = start

    @cached_property
    def successors(self) -> list[list[int]]:
        """Indices of the targets of each action, in order, without repetitions."""
        index = self._index
        made: list[list[int]] = []
        for action in self._actions:
            found: list[int] = []
            for target in action.targets:
                at = index.get(target)
                if at is not None and at not in found:
                    found.append(at)
            made.append(found)
        return made

    @cached_property
    def edges(self) -> list[list[Edge]]:
        """Outgoing transitions of each action: conditions, then errors, then next."""
        made: list[list[Edge]] = []
        index = self._index
        for action in self._actions:
            found: list[Edge] = []
            source = action.index
            for at, _, operands, target in action.conditions:
                if target in index:
                    label = operands[0] if operands else ""
                    if label.__class__ is not str:
                        label = ""
                    found.append(_edge(Edge, (source, index[target], "condition", label, at)))
            for at, error_type, target in action.errors:
                if target in index:
                    found.append(_edge(Edge, (source, index[target], "error", error_type, at)))
            if action.next in index:
                found.append(_edge(Edge, (source, index[action.next], "next", "", 0)))
            made.append(found)
        return made

    @cached_property
    def predecessors(self) -> list[list[int]]:
        """Indices of the actions that lead to each action."""
        made: list[list[int]] = [[] for _ in self._actions]
        for source, targets in enumerate(self.successors):
            for target in targets:
                made[target].append(source)
        return made

    @cached_property
    def reachable(self) -> list[bool]:
        """For each action whether some path from the start reaches it."""
        return self.reachable_from([] if self.start is None else [self.start])

    def reachable_from(self, starts: Sequence[int]) -> list[bool]:
        """Return for each action whether some path from one of `starts` reaches it (a start reaches itself)."""
        return _reached(starts, self.successors)

    def leading_to(self, goals: Sequence[int]) -> list[bool]:
        """Return for each action whether some path from it reaches one of `goals` (a goal reaches itself)."""
        return _reached(goals, self.predecessors)

    @cached_property
    def order(self) -> list[int]:
        """Reachable actions in reverse postorder: in this order most facts converge in one pass."""
        if self.start is None:
            return []
        successors = self.successors
        done: list[int] = []
        seen = {self.start}
        path = [self.start]
        left = [iter(successors[self.start])]
        while path:
            for target in left[-1]:
                if target not in seen:
                    seen.add(target)
                    path.append(target)
                    left.append(iter(successors[target]))
                    break
            else:
                left.pop()
                done.append(path.pop())
        done.reverse()
        return done

    @cached_property
    def circular(self) -> bool:
        """Whether some path from the start returns to an action on it."""
        place = {node: number for number, node in enumerate(self.order)}
        successors = self.successors
        return any(place[target] <= number for node, number in place.items() for target in successors[node])

    def holds_on_every_path(
        self,
        given: Callable[[Edge], int],
        everything: int,
        at_start: int = 0,
        followed: Sequence[Sequence[Edge]] | None = None,
    ) -> list[int]:
        """Return the facts (bits) that are true before each action on every path from the start to it.

        Args:
            given: facts that taking an edge adds.
            at_start: facts that are true when the flow begins.
            followed: the edges of each action that count, if not all do.
            followed: the edges of each action that count, where some do not.

        Bits by action; `everything` for unreachable actions.
            Bits by action; `everything` for actions that no path leads to.
        """
        before = [everything] * len(self._actions)
        if self.start is None:
            return before
        before[self.start] = at_start
        order = self.order
        counted = self.edges if followed is None else followed
        edges = [[(edge.target, given(edge)) for edge in one] for one in counted]
        changed = True
        while changed:
            changed = False
            for node in order:
                facts = before[node]
                for target, added in edges[node]:
                    joined = before[target] & (facts | added)
                    if joined != before[target]:
                        before[target] = joined
                        changed = True
        return before


def _reached(starts: Sequence[int], neighbours: Sequence[Sequence[int]]) -> list[bool]:
    seen = [False] * len(neighbours)
    stack = list(starts)
    for one in stack:
        seen[one] = True
    while stack:
        for found in neighbours[stack.pop()]:
            if not seen[found]:
                seen[found] = True
                stack.append(found)
    return seen
