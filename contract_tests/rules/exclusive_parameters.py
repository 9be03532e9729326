"""Parameters that exclude each other are used together."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="exclusive-parameters",
    severity="error",
    summary="Parameters that exclude each other are used together",
    why="Connect rejects the flow.",
    fix="Keep one of them.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Parameters that exclude each other are used together."""
    yield from from_schema(flow, "exclusive-parameters")
