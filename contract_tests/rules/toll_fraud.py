"""A number that the caller or an unchecked function gives is dialled."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import (
    CALLER,
    Edge,
    FlowView,
    Problem,
    Source,
    before_each,
    entered_unchecked,
    rule,
    sources,
)

_DIALLED = {
    "TransferParticipantToThirdParty": ("ThirdPartyPhoneNumber", "is dialled"),
    "UpdateContactCallbackNumber": ("CallbackNumber", "is called back"),
    "StartOutboundChatContact": ("Address", "is sent a message"),
}
"""Action type -> member of its parameters with a number, and what is done with it."""


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
    """Transfers, callbacks and messages to a number from outside that no Compare has matched on every path.

    A callback to what the caller enters is accepted where the input is checked for a number of one country.
    """
    for read in flow.reads:
        action = flow.actions[read.action]
        name, done = _DIALLED.get(action.type, ("", ""))
        if name != read.pointer[-1] or not flow.graph.reachable[action.index]:
            continue
        if action.type == "StartOutboundChatContact" and "DestinationEndpoint" not in read.pointer:
            continue
        unchecked = [
            one for one in sources(flow, read.action, read.reference) if not _checked(one, action.type)
        ]
        if unchecked:
            who = min((one.who for one in unchecked), key=lambda one: one != CALLER)
            yield flow.problem(
                f"{read.reference.text} {done}, a number that {who} gives and no Compare has checked",
                *read.pointer,
                action=action,
            )


def _checked(source: Source, type: str) -> bool:
    """Whether the value was compared on every path, or entered as a number of one country to call back."""
    if any(_compared(flow, at, reference.text) for flow, at, reference in source.readings):
        return True
    flow, at, reference = source.readings[-1]
    entered = type == "UpdateContactCallbackNumber" and reference.root == "StoredCustomerInput"
    return entered and not entered_unchecked(flow, at)


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
