"""A branch for a result that must be handled is missing."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="missing-condition",
    severity="error",
    summary="A branch for a result that must be handled is missing",
    why="Connect rejects the flow on publish.",
    fix="Add an entry to Conditions for the result.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A branch for a result that must be handled is missing."""
    yield from from_schema(flow, "missing-condition")
