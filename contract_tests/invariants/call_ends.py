"""A call that makes no progress does not repeat the same question without limit."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import Played, Violation, invariant


@invariant(
    id="call-ends",
    summary="Every call ends, with any input of the caller or none",
    why="A silent line, or a caller who does not understand, hears the same question without limit and occupies a channel.",
    fix="Count the attempts with a Loop, then transfer to a queue or say goodbye.",
)
def check(call: Played) -> Iterator[Violation]:
    """Find a cycle in which the caller hears something and makes no progress."""
    if call.endless is None:
        return
    first, last = call.endless
    cycle = call.moments[first:last]
    prompt = next((one for one in cycle if one.is_heard), None)
    if prompt is not None:
        yield Violation(
            "the call runs in a cycle without end: nothing changes from one round to the next",
            call.action_of(prompt),
        )
