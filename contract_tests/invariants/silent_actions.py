"""Not too many actions in a row with nothing heard."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import Played, Stage, Violation, invariant
from busyhour.api.invariants import protocol as p

MOST = 60
"""Actions in a row without the caller hearing anything, or a wait."""


@invariant(
    id="silent-actions",
    summary=f"No more than {MOST} actions run without the caller hearing anything, or a wait",
    why="Long silence sounds like a dead line, and a flow this long between prompts is hard to reason about.",
    fix="Play a prompt in between, or leave actions out.",
)
def check(call: Played) -> Iterator[Violation]:
    """Find more actions than that without anything heard."""
    since = 0
    for moment in call.moments:
        quiet = moment.run - since
        if quiet > MOST and moment.stage == Stage.MAIN:
            yield Violation(f"{quiet} actions in a row with nothing heard", call.actions[moment.run - 1])
            return
        if moment.is_heard or isinstance(moment.effect, p.Pause | p.Dial | p.Enqueue):
            since = moment.run
