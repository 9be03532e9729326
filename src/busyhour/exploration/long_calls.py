"""Long calls that take as many missing transitions as possible, one after the other.

The search makes calls that differ in one choice. For a small set of test cases a call should cover much: here
each choice is the one that takes a missing transition at once and keeps most of the others within reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from busyhour.exploration.project import target_of
from busyhour.exploration.search.coverage_search import replayed
from busyhour.exploration.search.explorer import Explorer
from busyhour.exploration.world.answers_world import World
from busyhour.exploration.world.choices import Choice, Option, Where
from busyhour.exploration.world.record import Played, Transition
from busyhour.flows.model import Flow

MOST_DECISIONS = 150


class LongCalls:
    """Makes long calls from explored ones.

    Args:
        explorer: an explorer that has run, and collected calls.
        wanted: transitions to take.
    """

    def __init__(self, explorer: Explorer, wanted: Set[Transition]) -> None:
        self._ground = explorer.context
        self._wanted = wanted
        self._follows: dict[tuple[Where, str], set[Transition]] = {}
        """Transitions that each choice was observed to take before the next one."""
        for entry, choices in explorer.candidates.values():
            self._learn(replayed(self._ground, entry, choices))
        self._within: dict[tuple[int, str], frozenset[str]] = {}

    def calls(self, missing: Set[Transition]) -> Iterator[tuple[Flow, list[Choice], frozenset[Transition]]]:
        """Return entry, choices and wanted transitions of one call from each entry with missing transitions."""
        for at in sorted({one.flow for one in missing}):
            entry = self._ground.flows[at]
            played = World(self._ground, entry, _Greedy(self, missing), most=MOST_DECISIONS).play()
            self._learn(played)
            if not (played.cut or played.endless or played.crash):
                yield entry, played.choices, frozenset(played.path) & self._wanted

    def _learn(self, played: Played) -> None:
        ends = [one.passed for one in played.decisions[1:]] + [len(played.path)]
        for decision, end in zip(played.decisions, ends, strict=True):
            mark = (decision.where, repr(decision.option.choice))
            self._follows.setdefault(mark, set()).update(played.path[decision.passed : end])

    def worth(self, where: Where, option: Option, missing: Set[Transition]) -> float:
        """Return the missing transitions that a choice takes at once, plus a little for those it keeps in reach."""
        follows = self._follows.get((where, repr(option.choice)), set())
        reach: set[tuple[int, str]] = set()
        for one in follows:
            action = self._ground.flows[one.flow].actions[one.action]
            reach |= {
                (one.flow, identifier) for identifier in self._reachable(one.flow, target_of(action, one))
            }
        within = sum(
            1 for one in missing if (one.flow, self._identifier(one)) in reach and one not in follows
        )
        return len(follows & missing) + within

    def _identifier(self, one: Transition) -> str:
        return self._ground.flows[one.flow].actions[one.action].identifier

    def _reachable(self, flow: int, start: str) -> frozenset[str]:
        found = self._within.get((flow, start))
        if found is None:
            actions = self._ground.flows[flow].by_identifier()
            seen: set[str] = set()
            todo = [start]
            while todo:
                identifier = todo.pop()
                if identifier in actions and identifier not in seen:
                    seen.add(identifier)
                    todo.extend(actions[identifier].targets())
            found = self._within[flow, start] = frozenset(seen)
        return found


class _Greedy:
    """Makes the choice of highest worth that was not yet made in this call."""

    def __init__(self, long_calls: LongCalls, missing: Set[Transition]) -> None:
        self._longer = long_calls
        self._missing = missing
        self._made: dict[tuple[Where, str], int] = {}

    def __call__(self, world: World, where: Where, options: Sequence[Option]) -> Option:
        """Make a choice."""
        left = set(self._missing).difference(world.played.path)
        open_now = [one for one in options if one.guided] or list(options)

        def rank(option: Option) -> tuple[float, float]:
            return -self._made.get((where, repr(option.choice)), 0), self._longer.worth(where, option, left)

        option = max(open_now, key=rank)
        mark = (where, repr(option.choice))
        self._made[mark] = self._made.get(mark, 0) + 1
        return option
