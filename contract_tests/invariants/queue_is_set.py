"""No transfer to a queue without a queue."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import Played, Violation, invariant
from busyhour.api.invariants import protocol as p


@invariant(
    id="queue-is-set",
    summary="A queue is set wherever the contact is transferred to it",
    why="The transfer takes its error branch: the caller never reaches an agent on this path.",
    fix="Set the queue on every path that leads to the transfer, also after a function failed.",
)
def check(call: Played) -> Iterator[Violation]:
    """Find a transfer to a queue with none set, though no attempt to set one failed."""
    for moment in call.moments:
        effect = moment.effect
        if isinstance(effect, p.Service) and effect.type == "UpdateContactTargetQueue" and moment.fault:
            return
    for run in call.actions:
        if run.queue_unset:
            yield Violation("transfers to a queue, and none is set", run)
