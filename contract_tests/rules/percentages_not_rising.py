"""A percentage branch whose threshold is not above those before it."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule

_HIGHEST = 101
"""Thresholds are 1 + the cumulative percentage."""


@rule(
    id="percentages-not-rising",
    severity="warning",
    summary="A percentage branch whose threshold is not above those before it, or is above 101",
    why="Branches are tried in order: a threshold that does not rise gets no contacts at all.",
    fix="Write cumulative thresholds that rise: 31 and 51 for 30 % and 20 %; the rest takes NoMatchingCondition.",
    source="AWS developer guide, DistributeByPercentage; thresholds of AWS's sample flow, 2026-10-05",
    group="data-flow",
    types=("DistributeByPercentage",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Thresholds that do not rise from one condition to the next."""
    for action in flow.of_type("DistributeByPercentage"):
        last = 0.0
        for condition in action.conditions:
            threshold = _number(condition.operands)
            if threshold is None:
                continue
            wrong = ""
            if threshold <= last:
                wrong = f"the threshold {threshold:g} is not above {last:g}, the one before: no contact takes this branch"
            elif threshold > _HIGHEST:
                wrong = f"the threshold {threshold:g} is above {_HIGHEST}: the percentages are more than 100 in total"
            if wrong:
                yield flow.problem(
                    wrong, "Transitions", "Conditions", condition.at, "Condition", "Operands", action=action
                )
            last = max(last, threshold)


def _number(operands: list[object]) -> float | None:
    one = operands[0] if operands else None
    if isinstance(one, int | float) and not isinstance(one, bool):
        return float(one)
    try:
        return float(one) if isinstance(one, str) else None
    except ValueError:
        return None
