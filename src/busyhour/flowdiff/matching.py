"""Match the actions of two versions of a flow, independent of their identifiers.

The designer gives an action a new identifier when it is rebuilt, and every identifier when a flow is imported
elsewhere; order and layout change with every drag. So actions are matched by content and position, in this
order: (1) actions with equal type and parameters that occur once on each side; (2) from matched actions (the
start actions match if they have one type), along branches of the same label; (3) actions with the same
identifier and type; (4) the others, by type and most similar parameters.
"""

from __future__ import annotations

import difflib
import json
from collections import deque

from busyhour.flows.model import Action, Flow

ALIKE = 0.5
"""Similarity of parameters (difflib's ratio) above which two actions of one type may match."""
_NEXT = "next"


def branches(action: Action) -> dict[str, str]:
    """Return targets by the branch's label: conditions, errors, then `next` if it differs from them."""
    out: dict[str, str] = {}
    for condition in action.conditions:
        out[f"{condition.operator} {' '.join(condition.operands)}"] = condition.target
    for error in action.errors:
        out[error.error_type] = error.target
    if action.next_action is not None and not (
        action.conditions and action.next_action in (e.target for e in action.errors)
    ):
        out[_NEXT] = action.next_action
    return out


def match(old: Flow, new: Flow) -> dict[str, str]:
    """Return identifiers of the new flow's actions by those of the old flow's.

    Actions without a match are left out.
    """
    return _Matcher(old, new).run()


class _Matcher:
    def __init__(self, old: Flow, new: Flow) -> None:
        self.old, self.new = old.by_identifier(), new.by_identifier()
        self.starts = old.start, new.start
        self.found: dict[str, str] = {}
        self.taken: set[str] = set()
        self.queue: deque[str] = deque()

    def run(self) -> dict[str, str]:
        self._identical()
        self._pair(*self.starts)
        self._walk()
        for identifier in self.old:
            if identifier in self.new:
                self._pair(identifier, identifier)
        self._walk()
        self._similar()
        return self.found

    def _pair(self, one: str, other: str) -> None:
        if one in self.found or other in self.taken or one not in self.old or other not in self.new:
            return
        if self.old[one].type == self.new[other].type:
            self.found[one] = other
            self.taken.add(other)
            self.queue.append(one)

    def _walk(self) -> None:
        while self.queue:
            one = self.queue.popleft()
            before, after = branches(self.old[one]), branches(self.new[self.found[one]])
            for label in before.keys() & after.keys():
                self._pair(before[label], after[label])

    def _identical(self) -> None:
        tables: list[dict[str, list[str]]] = []
        for side in (self.old, self.new):
            table: dict[str, list[str]] = {}
            for identifier, action in side.items():
                if action.parameters:
                    table.setdefault(_signature(action), []).append(identifier)
            tables.append(table)
        for signature, (one, *more) in tables[0].items():
            others = tables[1].get(signature, [])
            if not more and len(others) == 1:
                self._pair(one, others[0])

    def _similar(self) -> None:
        left = [identifier for identifier in self.old if identifier not in self.found]
        right = [identifier for identifier in self.new if identifier not in self.taken]
        scored = sorted(
            (
                (-_alike(self.old[one], self.new[other]), i, k)
                for i, one in enumerate(left)
                for k, other in enumerate(right)
                if self.old[one].type == self.new[other].type
            ),
        )
        for score, i, k in scored:
            if -score >= ALIKE:
                self._pair(left[i], right[k])
                self._walk()


def _signature(action: Action) -> str:
    return action.type + json.dumps(action.parameters, sort_keys=True)


def _alike(one: Action, other: Action) -> float:
    a, b = _signature(one), _signature(other)
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()
