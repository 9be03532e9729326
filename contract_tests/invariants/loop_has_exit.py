"""No cycle of actions is run without limit with nothing heard in it."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import EndReason, Played, Violation, invariant


@invariant(
    id="loop-has-exit",
    summary="Every loop is left at some time",
    why="The flow runs without end, silently, until Connect cuts the contact off.",
    fix="Give the circle a way out, or a Loop that counts the rounds.",
)
def check(call: Played) -> Iterator[Violation]:
    """The call went in a circle in which nothing is heard, or the machine gave up on it."""
    ended = call.ended
    if ended is not None and ended.reason is EndReason.FLOW_ERROR and "without an end" in ended.detail:
        yield Violation("actions are run again and again without an end", call.actions[-1])
    if call.endless is not None:
        first, last = call.endless
        circle = call.moments[first:last]
        if not any(one.is_heard for one in circle):
            at = call.action_of(circle[0]) if circle else call.actions[-1]
            yield Violation("the flow goes in a circle without end, and nothing is heard in it", at)
