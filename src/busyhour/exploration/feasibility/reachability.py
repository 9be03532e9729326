"""Transitions that no call can take, each with the reason: proved statically, not inferred from calls.

Values are followed along the flow (possible constants of `$.Attributes.lang`), and only
over branches that can be taken. If anything is unknown the branch counts as possible. A transition that is
reported as unreachable is therefore unreachable for every caller, function and queue, under the machine's
policy.
"""

from __future__ import annotations

from busyhour.exploration.feasibility.branches import Branches
from busyhour.exploration.feasibility.constants import ANY, Values, initial, interesting, join, leaving
from busyhour.exploration.world.context import Context
from busyhour.exploration.world.record import Transition
from busyhour.flows.model import Action, Flow

__all__ = ["ANY", "unreachable"]


def unreachable(context: Context, flow: Flow) -> dict[Transition, str]:
    """Return the transitions of the flow that no call can take, with the reason."""
    return _Analysis(context, flow).result()


class _Analysis:
    def __init__(self, context: Context, flow: Flow) -> None:
        self._ground = context
        self._flow = flow
        self._inherits = context.inherits(flow)
        self._branches = Branches(context, flow)
        self._by_identifier: dict[str, Action] = {}
        for action in flow.actions:
            self._by_identifier.setdefault(action.identifier, action)
        self._before: dict[str, Values] = {}
        self._follow()

    def _follow(self) -> None:
        flow = self._flow
        if flow.start not in self._by_identifier:
            return
        names = interesting(flow)
        self._before[flow.start] = initial(names, flow, self._inherits)
        todo = [flow.start]
        while todo:
            identifier = todo.pop()
            action, values = self._by_identifier[identifier], self._before[identifier]
            for kind, index, target in _edges(action):
                if target not in self._by_identifier or self._branches.impossible(
                    action, kind, index, values
                ):
                    continue
                after = leaving(action, kind, index, values, self._ground)
                before = self._before.get(target)
                joined = after if before is None else join(before, after)
                if joined != before:
                    self._before[target] = joined
                    todo.append(target)

    def result(self) -> dict[Transition, str]:
        """Return the reason by transition."""
        at = self._ground.index(self._flow)
        connected = self._connected()
        found: dict[Transition, str] = {}
        for index, action in enumerate(self._flow.actions):
            values = self._before.get(action.identifier)
            for kind, number, _ in _edges(action):
                if self._by_identifier[action.identifier] is not action:
                    reason = "another action has the same identifier and is the one that runs"
                elif values is not None:
                    reason = self._branches.impossible(action, kind, number, values)
                elif action.identifier in connected:
                    reason = "the action is behind branches that are never taken"
                else:
                    reason = "no path from the start leads to the action"
                if reason:
                    found[Transition(at, index, kind, number)] = reason
        return found

    def _connected(self) -> set[str]:
        """Return the actions that some path reaches, whether or not its branches can be taken."""
        seen = {self._flow.start}
        todo = [self._flow.start]
        while todo:
            action = self._by_identifier.get(todo.pop())
            for target in action.targets() if action is not None else ():
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return seen


def _edges(action: Action) -> list[tuple[str, int, str]]:
    found = [("condition", at, one.target) for at, one in enumerate(action.conditions)]
    found += [("error", at, one.target) for at, one in enumerate(action.errors)]
    if action.next_action is not None:
        found.append(("next", 0, action.next_action))
    return found
