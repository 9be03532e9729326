"""A required parameter is missing."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="missing-parameter",
    severity="error",
    summary="A required parameter is missing",
    why='Connect rejects the flow ("Action is missing required property").',
    fix="Add the parameter.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A required parameter is missing."""
    yield from from_schema(flow, "missing-parameter")
