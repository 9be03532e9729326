"""`$.Case` is read on a path on which no case was created or found."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, fills_on_success, rule, types_that_fill, unfilled

_KNOWN = fills_on_success(
    *types_that_fill("Case"),
    errors=("NoMatchingCondition", "ContactNotLinked", "MultipleFound"),
)


@rule(
    id="case-before-get",
    severity="warning",
    summary="$.Case is read on a path on which no case was created or found",
    why="The fields of the case are empty there.",
    fix="Create or get the case on that path too, or send the path elsewhere.",
    source="AWS administrator guide, Cases: fills $.Case",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """`$.Case` is read on a path on which no case was created or found."""
    yield from unfilled(flow, "Case", _KNOWN, "a case was created or found")
