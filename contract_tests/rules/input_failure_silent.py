"""When a bot or a menu fails, the caller is disconnected without a prompt."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule

_TYPES = ("ConnectParticipantWithAgenticCX", "ConnectParticipantWithLexBot", "GetParticipantInput")


@rule(
    id="input-failure-silent",
    severity="warning",
    summary="When a bot or a menu fails, the caller is disconnected without a prompt",
    why="Bots fail when their quotas, permissions or functions do; every caller is then cut off in silence.",
    fix="Lead the error branch to a prompt, a queue or a callback before anything disconnects.",
    source="AWS administrator guide, Get customer input: the error branch",
    group="resilience",
    types=_TYPES,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Error branches that can only end in a disconnect, where a valid input leads elsewhere."""
    for action in flow.of_type(*_TYPES):
        target = action.error_target("NoMatchingError")
        if target is None or not flow.graph.reachable[action.index] or not flow.cuts_off(target):
            continue
        if not flow.serves_a_person(action):
            continue
        outcomes = [one.target for one in action.conditions] or [action.next]
        if all(flow.cuts_off(one) for one in outcomes):
            continue
        at = next(one.at for one in action.errors if one.error_type == "NoMatchingError")
        yield flow.problem(
            "when this fails (NoMatchingError) the caller is disconnected without a prompt",
            "Transitions",
            "Errors",
            at,
            action=action,
        )
