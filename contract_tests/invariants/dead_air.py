"""The caller is not left in silence for long, even where functions are slow."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import Played, Stage, Violation, invariant
from busyhour.api.invariants import protocol as p

SECONDS = 17.0
"""Longest silence: two functions at Connect's limit of 8 s. A third may not get its time: functions in a row have
20 s in all."""


@invariant(
    id="dead-air",
    summary=f"No caller hears nothing for more than {SECONDS:g} seconds",
    why="Callers hang up on a silent line; functions in a row that need more than 20 s fail, even if each one succeeds.",
    fix="Play a prompt between the functions, call them asynchronously, or lower their time limits.",
)
def check(call: Played) -> Iterator[Violation]:
    """Find a silence longer than that."""
    silent, functions = 0.0, 0
    for moment in call.moments:
        if moment.stage != Stage.MAIN or isinstance(moment.effect, p.Play | p.Collect | p.Converse | p.Loop):
            silent, functions = 0.0, 0
            continue
        if isinstance(moment.effect, p.Pause | p.Dial | p.Enqueue):
            silent, functions = 0.0, 0
            continue
        if moment.is_heard:
            silent, functions = 0.0, 0
            continue
        silent += moment.seconds
        functions += isinstance(moment.effect, p.Invoke)
        if silent > SECONDS:
            yield Violation(
                f"the caller hears nothing for {silent:.0f} s while {functions} functions run in a row",
                call.action_of(moment),
            )
            return
