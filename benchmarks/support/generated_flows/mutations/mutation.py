"""One mutation of a flow, and the lists in which modules collect theirs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from support.generated_flows.mutations.access import Data, Edit

Places = Callable[[Data], Iterator[Edit]]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mutation: its name, the rule that must find it, and the places where it applies."""

    name: str
    rule: str
    places: Places


class Mutations(list[Mutation]):
    """The mutations of one subject."""

    def add(self, name: str, rule: str) -> Callable[[Places], Places]:
        """Register the decorated function as a mutation that `rule` must find."""

        def register(places: Places) -> Places:
            self.append(Mutation(name, rule, places))
            return places

        return register


def mutated(flow: Data, mutation: Mutation, choose: Callable[[int], int]) -> Data | None:
    """Return a broken copy of `flow`, None if the mutation finds no place; `choose(n)` picks one of n places."""
    broken = copy.deepcopy(flow)
    places = list(mutation.places(broken))
    if not places:
        return None
    places[choose(len(places))]()
    return broken
