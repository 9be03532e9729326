"""A caller who gets nowhere is not asked the same without end."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import Played, Violation, invariant


@invariant(
    id="call-ends",
    summary="Every call ends, whatever the caller does or leaves undone",
    why="A silent line, or a caller who does not understand, is asked the same without limit and holds a channel.",
    fix="Count the attempts with a Loop, then transfer to a queue or say goodbye.",
)
def check(call: Played) -> Iterator[Violation]:
    """The call went in a circle in which the caller hears something and gets nowhere."""
    if call.endless is None:
        return
    first, last = call.endless
    circle = call.moments[first:last]
    heard = next((one for one in circle if one.is_heard), None)
    if heard is not None:
        yield Violation(
            "the call goes in a circle without end: nothing changes from one round to the next",
            call.action_of(heard),
        )
