"""The shortest call that still shows a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from busyhour.exploration.world.choices import Choice
from busyhour.exploration.world.record import Played

Play = Callable[[Sequence[Choice]], Played]
"""Plays the call of these choices; missing ones are the most ordinary."""

MOST_PLAYS = 400
MOST_STEPS = 100_000
"""Actions of all calls played."""


def shrink(found: Played, play: Play, fails: Callable[[Played], bool], most: int = MOST_PLAYS) -> Played:
    """Return the smallest call found that also `fails`: fewest actions, then fewest unusual choices.

    Returns `found` itself if its replay does not fail (its continuation was unusual and cannot be replayed).
    """
    best = play(found.choices)
    if not fails(best):
        return found
    plays = 1
    steps = len(best.actions)
    improved = True
    while improved and plays < most:
        improved = False
        for attempt in _smaller(best):
            plays += 1
            played = play(attempt)
            steps += len(played.actions) + len(played.moments)
            if fails(played) and _size(played) < _size(best):
                best, improved = played, True
                break
            if plays >= most or steps >= MOST_STEPS:
                return best
    return best


def essential(played: Played) -> list[Choice]:
    """Return the choices of the call, without ordinary ones at its end."""
    decisions = played.decisions
    length = len(decisions)
    while length and decisions[length - 1].option == decisions[length - 1].options[0]:
        length -= 1
    return [one.choice for one in decisions[:length]]


def _size(played: Played) -> tuple[int, int, int, str]:
    odd = [one for one in played.decisions if one.option != one.options[0]]
    return len(played.actions), len(odd), len(played.decisions), repr([one.choice for one in odd])


def _smaller(played: Played) -> Iterator[list[Choice]]:
    choices = essential(played)
    length = len(choices)
    for keep in sorted({0, 1, 2, *(length * part // 8 for part in range(1, 8))}):
        if keep < length:
            yield choices[:keep]
    # Whole rounds first, then single choices.
    span = length // 2
    while span >= 1:
        for start in range(0, length - span + 1, span):
            yield choices[:start] + choices[start + span :]
        span //= 2
    for at in range(length - 1, -1, -1):
        decision = played.decisions[at]
        if decision.option != decision.options[0]:
            yield [*choices[:at], decision.options[0].choice, *choices[at + 1 :]]
            for option in decision.options[1:4]:
                if option.choice != choices[at]:
                    yield [*choices[:at], option.choice, *choices[at + 1 :]]
