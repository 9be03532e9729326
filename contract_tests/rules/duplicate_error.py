"""An action has two branches for the same error."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="duplicate-error",
    severity="error",
    summary="An action has two branches for the same error",
    why="Only one can be taken; Connect rejects the flow.",
    fix="Keep one of the two.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """An action has two branches for the same error."""
    yield from from_schema(flow, "duplicate-error")
