"""The action does not branch on a result."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="condition-not-allowed",
    severity="error",
    summary="The action does not branch on a result",
    why="Connect rejects conditions on an action that has no result.",
    fix="Remove the conditions, or compare the value with a Compare action.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """The action does not branch on a result."""
    yield from from_schema(flow, "condition-not-allowed")
