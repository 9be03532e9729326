"""Contact attributes stay within 32 KB."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import Played, Violation, invariant


@invariant(
    id="attributes-fit",
    summary="Contact attributes stay within 32 KB",
    why="Connect rejects the attributes: all that the action sets is lost, and the error branch is taken.",
    fix="Keep long values in a table and only their key on the contact; do not append in a loop.",
)
def check(call: Played) -> Iterator[Violation]:
    """Find attributes that Connect rejected although nothing else failed."""
    works = {one.run for one in call.moments if one.choice.kind == "works"}
    for at, run in enumerate(call.actions, start=1):
        if run.action.type == "UpdateContactAttributes" and at in works:
            rejected = run.branch is not None and run.branch[0] == "error"
            cut_off = run.branch is None and call.ended is not None and "32 KB" in call.ended.detail
            if rejected or cut_off:
                yield Violation("the contact's attributes grow beyond 32 KB", run)
                return
