"""The search for calls that take transitions not yet taken.

Every call shows places where the world decides. The search returns to such a place with another choice: first
to choices that were never made there, then to places nearest to a missing transition, in a state of the call
(loop counters, values, queue) in which the choice was not yet made.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from busyhour.exploration.search.deciders import Plan
from busyhour.exploration.world.answers_world import World
from busyhour.exploration.world.choices import Choice, Option, Where
from busyhour.exploration.world.context import Context
from busyhour.exploration.world.record import Played, Transition
from busyhour.flows.model import Flow

MOODS: tuple[dict[str, str], ...] = (
    {"answers": "answers late"},
    {"answers": "answers much"},
)
"""Worlds in which functions are slow, and in which they return long values; calls that cover the flow are
repeated in each of them as well."""

MOST_FURTHER = 120
"""Choices that a call of the search makes beyond the given ones."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of the search for one flow: calls, and actions run in them. No clock, so that every machine finds the same."""

    calls: int = 600
    steps: int = 100_000


@dataclass(order=True, slots=True)
class _Candidate:
    priority: tuple[int, int, int]
    order: int
    choices: Sequence[Choice] = field(compare=False)
    at: int = field(compare=False)
    where: Where = field(compare=False)
    option: Option = field(compare=False)
    state: int = field(compare=False)


class Search:
    """Searches one flow.

    Args:
        context: the flows.
        entry: the flow that calls enter.
        wanted: transitions to take.
        seen: called with every call.
    """

    def __init__(
        self, context: Context, entry: Flow, wanted: Set[Transition], seen: Callable[[Played], None]
    ) -> None:
        self._ground = context
        self._entry = entry
        self._missing = set(wanted)
        self._seen = seen
        self._tried: set[tuple[Where, str]] = set()
        self._states: set[tuple[Where, str, int]] = set()
        self._queued: set[tuple[Where, str, int]] = set()
        self._heap: list[_Candidate] = []
        self._order = 0
        self._distances: dict[tuple[str, str], int] | None = None
        self.calls = 0
        self.steps = 0
        self.kept: list[Played] = []
        """Calls that took a transition first, in the order in which they were found."""

    @property
    def missing(self) -> Set[Transition]:
        """Wanted transitions that no call has taken yet."""
        return self._missing

    def run(self, budget: Budget) -> None:
        """Search until everything is taken and every choice was made once, or the budget is used up."""
        for mode in ("first", "turns"):
            self._play((), mode)
        while self._heap and self.calls < budget.calls and self.steps < budget.steps:
            candidate = heapq.heappop(self._heap)
            level = self._level(candidate.where, candidate.option, candidate.state)
            if level is None:
                continue
            if level > candidate.priority[0]:
                self._push(
                    candidate.choices, candidate.at, candidate.where, candidate.option, candidate.state
                )
                continue
            prefix = (*candidate.choices[: candidate.at], candidate.option.choice)
            self._play(prefix, "turns" if level else "first")
            if level or candidate.option.passive:
                self._play(prefix, "again")
        for mood in MOODS:
            for call in self.kept:
                if (
                    self.calls < 2 * budget.calls
                    and self.steps < 2 * budget.steps
                    and any(one.choice.kind in mood for one in call.decisions)
                ):
                    self._play(tuple(call.choices), "first", mood)

    def _play(self, prefix: tuple[Choice, ...], mode: str, mood: dict[str, str] | None = None) -> None:
        most = len(prefix) + MOST_FURTHER
        played = World(self._ground, self._entry, Plan(prefix, mode, mood), most=most).play()
        self.calls += 1
        self.steps += len(played.actions) + len(played.moments)
        new = self._missing.intersection(played.path)
        if new:
            self._missing -= new
            self._distances = None
            self.kept.append(played)
        self._seen(played)
        if mood is None:
            self._branch_off(played, len(prefix) - 1 if prefix else 0)

    def _branch_off(self, played: Played, since: int) -> None:
        choices = played.choices
        for at, decision in enumerate(played.decisions):
            where, state = decision.where, decision.state
            name = _name(decision.option.choice)
            self._tried.add((where, name))
            self._states.add((where, name, state))
            if at < since:
                continue
            for option in decision.options:
                if option.guided and option.choice != decision.option.choice:
                    mark = (where, _name(option.choice), state)
                    if mark not in self._queued:
                        self._queued.add(mark)
                        self._push(choices, at, where, option, state)

    def _push(self, choices: Sequence[Choice], at: int, where: Where, option: Option, state: int) -> None:
        level = self._level(where, option, state)
        if level is None:
            self._queued.discard((where, _name(option.choice), state))
            return
        self._order += 1
        far = self._distance(where) if level else 0
        heapq.heappush(
            self._heap, _Candidate((level, far, at), self._order, choices, at, where, option, state)
        )

    def _level(self, where: Where, option: Option, state: int) -> int | None:
        """Return 0 for a choice never made there, 1 for one not made in such a state, None for any other."""
        name = _name(option.choice)
        if (where, name) not in self._tried:
            return 0
        if not self._missing or (where, name, state) in self._states:
            return None
        return 1

    def _distance(self, where: Where) -> int:
        if self._distances is None:
            self._distances = dict(self._measure())
        return self._distances.get((where.flow, where.action), 1_000)

    def _measure(self) -> Iterator[tuple[tuple[str, str], int]]:
        """Return the steps from each action of the entry to the nearest one with a missing transition."""
        flow = self._entry
        back: dict[str, set[str]] = {}
        for action in flow.actions:
            for target in action.targets():
                back.setdefault(target, set()).add(action.identifier)
        at = self._ground.index(flow)
        here = {flow.actions[one.action].identifier for one in self._missing if one.flow == at}
        far, seen = 0, set(here)
        while here:
            for identifier in here:
                yield (flow.name, identifier), far
            here = {one for identifier in here for one in back.get(identifier, ())} - seen
            seen |= here
            far += 1


def _name(choice: Choice) -> str:
    value: Any = choice.value
    return choice.kind if value is None else f"{choice.kind}={value!r}"


def replayed(context: Context, entry: Flow, choices: Sequence[Choice], **options: Any) -> Played:
    """Return the call of these choices; missing ones are the most ordinary."""
    return World(context, entry, Plan(choices), **options).play()
