"""No call runs into a branch that leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import EndReason, Played, Violation, invariant


@invariant(
    id="branch-is-connected",
    summary="No call runs into a branch that leads nowhere",
    why="The contact is cut off in the middle of the flow.",
    fix="Connect the branch.",
)
def check(call: Played) -> Iterator[Violation]:
    """Find a flow error that no failed service explains."""
    ended = call.ended
    broken = call.call.flow_errors[-1:] if ended is not None else ()
    if ended is not None and ended.reason is EndReason.FLOW_ERROR and broken and call.actions:
        connected = (
            "no action" not in broken[0]
            and "not connected" not in broken[0]
            and "no NextAction" not in broken[0]
        )
        if not connected:
            yield Violation(f"the flow cannot continue: {broken[0]}", call.actions[-1])
