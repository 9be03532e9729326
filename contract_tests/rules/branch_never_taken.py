"""A condition that an earlier one of the same action shadows."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule

_JUDGED_ELSEWHERE = frozenset({"DistributeByPercentage"})
"""Types whose conditions the rule percentages-not-rising compares."""


@rule(
    id="branch-never-taken",
    severity="warning",
    summary="A condition repeats an earlier one of the same action",
    why="Conditions are tried in order and the first that is true is taken: the second branch is dead.",
    fix="Remove the repetition, or compare with the value that was meant.",
    source="AWS, Amazon Connect Flow language (2019-10-30): the first condition that is true is taken",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A condition that an earlier one of the same action shadows."""
    for action in flow.actions:
        if len(action.conditions) < 2 or action.type in _JUDGED_ELSEWHERE:
            continue
        seen: dict[tuple[str | None, str], int] = {}
        for condition in action.conditions:
            operands = condition.operands
            if len(operands) != 1 or not isinstance(operands[0], str):
                continue
            key = (condition.operator, operands[0])
            first = seen.setdefault(key, condition.at)
            if first != condition.at:
                yield flow.problem(
                    f"{key[0]} {key[1]!r} is already Conditions[{first}] of this action; this branch is never taken",
                    "Transitions",
                    "Conditions",
                    condition.at,
                    action=action,
                )
