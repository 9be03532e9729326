"""The callers of a scenario, compiled once: probabilities of choices, distributions of times."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from busyhour.calls.chance import Stream
from busyhour.calls.policy import CallPolicy
from busyhour.scenarios.model import Callers, MenuBehaviour
from busyhour.scenarios.traffic_plan.draw import sampler

ANY = ""
"""Token of any digit in what a scenario's callers enter: `#` is any digit, `\\#` the key #, `,` a pause."""

_TOKEN = re.compile(r"\\#|.", re.DOTALL)

SILENCE = "silence"
HANG_UP = "hang_up"
OTHERWISE = "otherwise"


@dataclass(frozen=True, slots=True)
class Menu:
    """Choices with their cumulative probabilities."""

    names: tuple[str, ...]
    bounds: tuple[float, ...]

    def draw(self, stream: Stream) -> str:
        """Draw one of the choices."""
        return self.names[min(bisect_right(self.bounds, stream.random()), len(self.names) - 1)]


class Behaviour:
    """How the scenario's callers behave.

    Args:
        callers: the scenario's `callers`.
        seed: the scenario's seed.
        policy: defaults for what the scenario does not configure.
    """

    def __init__(self, callers: Callers, seed: int, policy: CallPolicy) -> None:
        self.seed = seed
        self.policy = policy
        self.hang_up_rate = callers.hang_up_rate
        self.answered = callers.answered
        self.patience = sampler(callers.patience)
        self.talk = sampler(callers.talk)
        self.wrap_up = sampler(callers.wrap_up)
        self.ring = sampler(callers.answer)
        self.think = sampler(callers.think)
        self.numbers = callers.numbers
        self._behaviours = callers.menus
        self._inputs = callers.inputs
        self._menus: dict[tuple[str, tuple[str, ...]], Menu] = {}
        self._named: dict[tuple[str, str], str | None] = {}
        self.used: set[str] = set()
        """Keys of `callers.menus` and `callers.inputs` that some call reached."""

    def menu(self, key: str | None, choices: tuple[str, ...]) -> Menu | None:
        """Return the menu behaviour under `key` for an input with `choices`; None without choices."""
        found = self._menus.get((key or "", choices))
        if found is None:
            weights = _weights(self._behaviours.get(key) if key else None, choices)
            if not weights:
                return None
            total = sum(weights.values())
            bounds = tuple(accumulate(weight / total for weight in weights.values()))
            found = self._menus[(key or "", choices)] = Menu(tuple(weights), bounds)
        return found

    def menu_key(self, flow: str, action: str, display: str) -> str | None:
        """Return the key of `callers.menus` for this action: `flow/action`, display name, or identifier."""
        return self._key(self._behaviours, "menu", flow, action, display)

    def input_values(self, flow: str, action: str, display: str) -> tuple[str, ...]:
        """Return the values that `callers.inputs` has for this action; empty without an entry."""
        key = self._key(self._inputs, "input", flow, action, display)
        return self._inputs[key] if key is not None else ()

    def _key(
        self, known: Mapping[str, object], kind: str, flow: str, action: str, display: str
    ) -> str | None:
        if not known:
            return None
        place = (kind, f"{flow}/{action}")
        if place not in self._named:
            names = (f"{flow}/{display}", f"{flow}/{action}", display, action)
            key = next((name for name in names if name in known), None)
            self._named[place] = key
            if key is not None:
                self.used.add(key)
        return self._named[place]


def _weights(behaviour: MenuBehaviour | None, choices: tuple[str, ...]) -> dict[str, float]:
    """Return the probability of each reaction. Probability that the scenario leaves open goes to unnamed choices.

    If the scenario names all choices, the rest is a wrong answer: a key, or an intent, without a branch.
    """
    if behaviour is None:
        return dict.fromkeys(choices, 1.0)
    weights = {name: share for name, share in behaviour.choices.items() if name != OTHERWISE and share > 0}
    rest = behaviour.choices.get(OTHERWISE, 0.0)
    left = 1.0 - sum(weights.values()) - rest
    unnamed = [choice for choice in choices if choice not in behaviour.choices]
    if left > 1e-9 and unnamed:
        weights |= dict.fromkeys(unnamed, left / len(unnamed))
    else:
        rest += max(left, 0.0)
    if rest > 1e-9:
        weights[OTHERWISE] = rest
    return weights


@lru_cache(maxsize=4096)
def tokens(pattern: str) -> tuple[str, ...]:
    """Return the keys of a pattern in order, `ANY` for any digit."""
    return tuple({"#": ANY, "\\#": "#"}.get(one, one) for one in _TOKEN.findall(pattern))


def any_digits(number: int) -> str:
    """Return the pattern of a number of any digits."""
    return "#" * number
