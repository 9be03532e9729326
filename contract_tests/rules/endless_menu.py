"""A menu that is repeated without limit to a caller who enters nothing."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import ActionView, FlowView, Problem, action_name, rule

_PLAIN = frozenset(
    {
        *("attributes", "configuration", "flow-attributes", "message", "voice", "data", "tag", "untag"),
        *("channel-configuration", "voice-configuration", "target-queue", "event-hooks", "routing"),
    }
)
"""Behaviours whose success is the only way on."""


@rule(
    id="endless-menu",
    severity="warning",
    summary="A menu is repeated without limit to a caller who enters nothing",
    why="A silent line stays connected for hours: it takes up a concurrent call and every minute is billed.",
    fix="Bound the repetitions with Loop, then disconnect or transfer to a queue.",
    source="AWS administrator guide, Get customer input: time-out branch; Loop",
    group="resilience",
    types=("GetParticipantInput",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Menus whose time-out leads back to them, with nothing on the way that counts or decides."""
    reported: set[int] = set()
    for action in flow.of_type("GetParticipantInput"):
        if not flow.graph.reachable[action.index] or action.index in reported:
            continue
        cycle = _silent_cycle(flow, action)
        if cycle:
            reported.update(one.index for one in cycle)
            names = " → ".join([*(action_name(flow, one) for one in cycle[:6]), action_name(flow, action)])
            at = next(one.at for one in action.errors if one.error_type == "InputTimeLimitExceeded")
            yield flow.problem(
                f"a caller who enters nothing is asked again without limit: {names}",
                "Transitions",
                "Errors",
                at,
                action=action,
            )


def _silent_cycle(flow: FlowView, menu: ActionView) -> list[ActionView]:
    """Return the actions that a silent caller runs from the menu back to it; empty where the way is open or ends."""
    way: list[ActionView] = []
    here = menu
    for _ in range(len(flow.actions)):
        way.append(here)
        following = _silent(flow, here)
        if following is None:
            return []
        here = following
        if here is menu:
            return way
    return []


def _silent(flow: FlowView, action: ActionView) -> ActionView | None:
    """Return the action after this one for a caller who enters nothing; None where it is not certain."""
    if action.type == "GetParticipantInput":
        target = action.error_target("InputTimeLimitExceeded")
    elif action.behaviour in _PLAIN and not action.conditions:
        target = action.next
    else:
        target = None
    return flow.by_identifier.get(target) if target is not None else None
