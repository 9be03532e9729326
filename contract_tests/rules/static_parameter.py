"""A parameter that must be static is a reference."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="static-parameter",
    severity="error",
    summary="A parameter that must be static is a reference",
    why="Connect rejects a reference where the value is fixed when the flow is published.",
    fix="Write the value itself.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A parameter that must be static is a reference."""
    yield from from_schema(flow, "static-parameter")
