"""A number that the caller or an unchecked function gives is dialled."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import Edge, FlowView, Problem, before_each, origin, rule

_DIALLED = {"TransferParticipantToThirdParty": "ThirdPartyPhoneNumber"}


@rule(
    id="toll-fraud",
    severity="warning",
    summary="A number that the caller or an unchecked function gives is dialled",
    why="Callers can have expensive numbers dialled at your cost (toll fraud).",
    fix="Choose the number from a fixed list, or compare it with the numbers that are allowed before dialling it.",
    source="AWS administrator guide, security best practices: restrict the numbers that can be dialled",
    group="security",
    types=tuple(_DIALLED),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Transfers to a number from outside that no Compare has matched on every path."""
    for read in flow.reads:
        action = flow.actions[read.action]
        if _DIALLED.get(action.type) != read.pointer[-1] or not flow.graph.reachable[action.index]:
            continue
        who = origin(flow, read.reference)
        if who and not _compared(flow, action.index, read.reference.text):
            yield flow.problem(
                f"{read.reference.text} is dialled, a number that {who} gives and no Compare has checked",
                *read.pointer,
                action=action,
            )


def _compared(flow: FlowView, at: int, text: str) -> bool:
    """Whether some Compare of the same reference has matched on every path to the action."""

    def matched(edge: Edge) -> int:
        source = flow.actions[edge.source]
        return int(
            edge.kind == "condition"
            and source.behaviour == "compare"
            and source.parameters.get("ComparisonValue") == text
        )

    return bool(before_each(flow, matched, 1)[at])
