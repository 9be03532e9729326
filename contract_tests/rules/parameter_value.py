"""A parameter has a value that the action does not take."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="parameter-value",
    severity="error",
    summary="A parameter has a value that the action does not take",
    why='Connect refuses the flow ("Invalid Action property value").',
    fix="Use a value that the message names.",
    source="Refusals by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A parameter has a value that the action does not take."""
    yield from from_schema(flow, "parameter-value")
