"""NextAction of a Compare is not where its NoMatchingCondition branch leads."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule


@rule(
    id="next-action-differs",
    severity="note",
    summary="NextAction of a Compare is not where its NoMatchingCondition branch leads",
    why="The designer writes both the same; which of the two Connect follows when nothing matches is not documented.",
    fix="Point both at the same action.",
    source="Observed in 297 of 298 exports",
    group="structure",
    types=("Compare",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """NextAction of a Compare is not where its NoMatchingCondition branch leads."""
    for action in flow.of_type("Compare"):
        target = action.error_target("NoMatchingCondition")
        if target is not None and action.next is not None and action.next != target:
            yield flow.problem(
                f"NextAction leads to {action.next!r}, NoMatchingCondition to {target!r}",
                "Transitions",
                "NextAction",
                action=action,
            )
