"""The action does not compare with this operator."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="condition-operator",
    severity="error",
    summary="The action does not compare with this operator",
    why="Connect rejects the flow; there are no compound conditions either, although AWS's reference describes them.",
    fix="Use an operator of this action.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """The action does not compare with this operator."""
    yield from from_schema(flow, "condition-operator")
