"""A condition that can never be true: the reference never has the value of its operand."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, action_name, impossible, rule, shadowed


@rule(
    id="compare-never-matches",
    severity="warning",
    summary="A condition can never be true",
    why="The branch is dead: no input of callers leads to it.",
    fix="Compare with a value the reference can have (comparison is case-sensitive); put narrower conditions first.",
    source="AWS administrator guide, Check contact attributes: comparisons are exact, the first that is true is taken",
    group="data-flow",
    types=("Compare", "CheckMetricData", "DistributeByPercentage"),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A condition that can never be true: impossible operands, and conditions shadowed by an earlier one."""
    for action in flow.of_type("Compare", "CheckMetricData", "DistributeByPercentage"):
        why_not = impossible(flow, action)
        plain = all(condition.operator == "Equals" for condition in action.conditions)
        if why_not is None and plain:
            continue
        for condition in action.conditions:
            operand = condition.operands[0] if len(condition.operands) == 1 else None
            if not isinstance(operand, str) or condition.operator is None or "$." in operand:
                continue
            reason = why_not(condition.operator, operand) if why_not else None
            falls = action.type == "DistributeByPercentage"  # the rule percentages-not-rising reports those
            if reason is None and not falls and (earlier := shadowed(action, condition)) is not None:
                reason = (
                    f"Conditions[{earlier.at}] ({earlier.operator} {earlier.operands[0]!r}) is true first"
                )
            if reason:
                yield flow.problem(
                    f"{condition.operator} {operand!r} of {action_name(flow, action)} never holds: {reason}",
                    "Transitions",
                    "Conditions",
                    condition.at,
                    action=action,
                )
