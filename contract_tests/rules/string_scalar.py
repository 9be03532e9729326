"""A number or boolean is not written as a string."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="string-scalar",
    severity="error",
    summary="A number or boolean is not written as a string",
    why='All scalar parameters are strings on the wire; Connect rejects others ("Invalid Action type").',
    fix="Put the value in quotes.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A number or boolean is not written as a string."""
    yield from from_schema(flow, "string-scalar")
