"""Parameters that exclude each other stand together."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="exclusive-parameters",
    severity="error",
    summary="Parameters that exclude each other stand together",
    why="Connect refuses the flow.",
    fix="Keep one of them.",
    source="Refusals by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Parameters that exclude each other stand together."""
    yield from from_schema(flow, "exclusive-parameters")
