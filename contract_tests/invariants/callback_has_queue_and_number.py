"""A callback has a queue and a number."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import Played, Violation, invariant
from busyhour.api.invariants import protocol as p


@invariant(
    id="callback-has-queue-and-number",
    former_ids=("callback-reaches-somebody",),
    summary="A callback has a queue that offers it and a number to call",
    why="The caller is promised a callback that never comes.",
    fix="Set the queue, and the callback number, on every path that leads to the callback.",
)
def check(call: Played) -> Iterator[Violation]:
    """Find a callback that was created without a queue or without a number."""
    for moment in call.moments:
        effect = moment.effect
        if isinstance(effect, p.Service) and effect.type == "CreateCallbackContact":
            given = effect.parameters
            lacks = [
                name
                for name, there in (
                    ("queue", given.get("QueueId") or given.get("AgentId")),
                    ("number", given.get("CallbackNumber")),
                )
                if not there
            ]
            if lacks and not any(one.fault for one in call.moments[: call.moments.index(moment)]):
                yield Violation(
                    f"a callback is created with no {' and no '.join(lacks)}", call.action_of(moment)
                )
                return
