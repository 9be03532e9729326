"""Menu disconnects on timeout or invalid input without a prompt."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import ActionView, FlowView, Problem, rule

_MISTAKES = {
    "InputTimeLimitExceeded": "who enters nothing in time",
    "NoMatchingCondition": "who enters something else",
    "InvalidPhoneNumber": "who enters no valid number",
}


@rule(
    id="menu-cuts-off",
    severity="warning",
    summary="Menu disconnects on timeout or invalid input without a prompt",
    why="A caller who hesitates or presses the wrong key loses the call and calls again.",
    fix="Repeat the question a few times with Loop, then say goodbye or transfer to a queue.",
    source="AWS administrator guide, Get customer input: timeout and default branches",
    group="resilience",
    types=("GetParticipantInput",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Branches for callers' mistakes that can only end in a disconnect, where a valid input leads elsewhere.

    Bots are left out: they ask again by themselves, and an intent without a branch may well mean goodbye.
    """
    for action in flow.of_type("GetParticipantInput"):
        if not (flow.graph.reachable[action.index] and flow.serves_a_person(action) and _helps(flow, action)):
            continue
        for error in action.errors:
            who = _MISTAKES.get(error.error_type)
            if who is not None and flow.cuts_off(error.target):
                yield flow.problem(
                    f"{who} is disconnected without a prompt ({error.error_type})",
                    "Transitions",
                    "Errors",
                    error.at,
                    action=action,
                )


def _helps(flow: FlowView, action: ActionView) -> bool:
    """Whether a valid input leads to something other than a disconnect."""
    if action.conditions:
        return not all(flow.cuts_off(condition.target) for condition in action.conditions)
    return action.next is not None and not flow.cuts_off(action.next)
