"""The time that a caller spends in a flow without getting anywhere is bounded."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import Played, Stage, Violation, invariant

SECONDS = 900.0
"""Longest time in a flow since the caller last got anywhere."""


@invariant(
    id="time-in-flow",
    summary=f"No caller is in a flow for more than {SECONDS / 60:g} minutes without getting anywhere",
    why="Such calls occupy channels that the busy hour needs, without helping the caller.",
    fix="Let loops run fewer times, or leave them for a queue or a goodbye.",
)
def check(call: Played) -> Iterator[Violation]:
    """Find a voice call that makes no progress for longer than that."""
    if call.waits_by_nature or call.call.contact.channel != "VOICE":
        return
    spent, since = 0.0, None
    for moment in call.moments:
        if not moment.passive or moment.stage != Stage.MAIN:
            spent, since = 0.0, None
            continue
        spent, since = spent + moment.seconds, since or moment
        if spent > SECONDS:
            yield Violation(
                f"after {spent / 60:.0f} minutes the caller has got nowhere", call.action_of(since)
            )
            return
