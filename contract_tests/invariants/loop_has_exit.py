"""No cycle of actions is run without limit with nothing heard in it."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import EndReason, Played, Violation, invariant


@invariant(
    id="loop-has-exit",
    summary="Every loop ends",
    why="The flow runs without end, silently, until Connect cuts the contact off.",
    fix="Give the cycle an exit, or a Loop that counts the rounds.",
)
def check(call: Played) -> Iterator[Violation]:
    """Find a cycle without a prompt, or one that the flow machine aborted."""
    ended = call.ended
    if ended is not None and ended.reason is EndReason.FLOW_ERROR and "without an end" in ended.detail:
        yield Violation("actions are run again and again without an end", call.actions[-1])
    if call.endless is not None:
        first, last = call.endless
        cycle = call.moments[first:last]
        if not any(one.is_heard for one in cycle):
            at = call.action_of(cycle[0]) if cycle else call.actions[-1]
            yield Violation("the flow runs in a cycle without end, and nothing is heard in it", at)
