"""A parameter has a value that the action does not accept."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="parameter-value",
    severity="error",
    summary="A parameter has a value that the action does not accept",
    why='Connect rejects the flow ("Invalid Action property value").',
    fix="Use one of the values in the message.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A parameter has a value that the action does not accept."""
    yield from from_schema(flow, "parameter-value")
