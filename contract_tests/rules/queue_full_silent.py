"""When the queue is full or the transfer fails, the caller is disconnected without a prompt."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule

_TYPES = ("TransferContactToQueue", "DequeueContactAndTransferToQueue")
_REASONS = {"QueueAtCapacity": "when the queue is full", "NoMatchingError": "when the transfer fails"}


@rule(
    id="queue-full-silent",
    severity="warning",
    summary="When the queue is full or the transfer fails, the caller is disconnected without a prompt",
    why="Queues are full in the busy hour: then every further caller is disconnected in silence.",
    fix="Lead the branch to a prompt, another queue or a callback before anything disconnects.",
    source="AWS administrator guide, Transfer to queue: at-capacity and error branches",
    group="resilience",
    types=_TYPES,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Branches of a transfer that can only end in a disconnect; one finding for each transfer."""
    for action in flow.of_type(*_TYPES):
        if not flow.graph.reachable[action.index] or not flow.serves_a_person(action):
            continue
        silent = [one for one in action.errors if one.error_type in _REASONS and flow.cuts_off(one.target)]
        if silent:
            when = " and ".join(_REASONS[one.error_type] for one in silent)
            yield flow.problem(
                f"{when}, the caller is disconnected without a prompt "
                f"({', '.join(one.error_type for one in silent)})",
                "Transitions",
                "Errors",
                silent[0].at,
                action=action,
            )
