"""Deciders of the choices of a call: a plan that is followed and then continued, or Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from busyhour.exploration.world.choices import Choice, Option, Where

if TYPE_CHECKING:
    from busyhour.exploration.world.answers_world import World


class Plan:
    """Follows a list of choices, then continues by a mode.

    Args:
        choices: choices in order; one that does not fit is skipped.
        mode: how to continue: `first` (the most ordinary choice), `again` (as the last time at this place) or
            `turns` (each option in turn at each place, so that every loop is left).
        mood: kind of choice -> the kind that replaces it if available (`answers` -> `answers late`).
    """

    def __init__(
        self, choices: Sequence[Choice] = (), mode: str = "first", mood: Mapping[str, str] | None = None
    ) -> None:
        self._choices = choices
        self._mode = mode
        self._mood = mood or {}

    def __call__(self, world: World, where: Where, options: Sequence[Option]) -> Option:
        """Make a choice."""
        at = len(world.played.decisions)
        option = fitting(self._choices[at], options) if at < len(self._choices) else None
        if option is None:
            option = self._next(world, where, options)
        instead = self._mood.get(option.choice.kind)
        if instead is not None and option.choice.value is None:
            option = next((one for one in options if one.choice.kind == instead), option)
        return option

    def _next(self, world: World, where: Where, options: Sequence[Option]) -> Option:
        if self._mode == "again" and where in world.last:
            return fitting(world.last[where], options) or options[0]
        if self._mode == "turns":
            visits = world.visits.get(where, 0)
            if visits:
                open_now = [one for one in options if one.guided]
                return open_now[visits % len(open_now)] if open_now else options[0]
        return options[0]


def fitting(choice: Choice, options: Sequence[Option]) -> Option | None:
    """Return the option for this choice; None if it is a choice for something else."""
    near: Option | None = None
    for option in options:
        if option.choice == choice:
            return option
        if option.choice.kind == choice.kind:
            near = near or option
    return None if near is None else replace(near, choice=choice)


class Drawn:
    """Lets Hypothesis choose; it shrinks to the first options.

    Args:
        data: Hypothesis's interactive `data()` strategy.
        boldness: percentage of choices among all options; the others are among the guided ones.
    """

    def __init__(self, data: Any, boldness: int = 15) -> None:
        self._data = data
        self._boldness = boldness

    def __call__(self, world: World, where: Where, options: Sequence[Option]) -> Option:
        """Make a choice."""
        if len(options) == 1:
            return options[0]
        ordinary = [one for one in options if one.guided] or [options[0]]
        rare = [one for one in options if not one.guided]
        if len(ordinary) == 1 and not rare:
            return ordinary[0]
        if rare and self._draw(99) >= 100 - self._boldness:
            return rare[self._draw(len(rare) - 1)]
        if len(ordinary) == 1:
            return ordinary[0]
        return ordinary[self._draw(len(ordinary) - 1)]

    def _draw(self, most: int) -> int:
        from hypothesis import strategies as st

        return int(self._data.draw(st.integers(0, most)))
