"""An id, ARN or enumeration still contains a placeholder."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="placeholder",
    severity="error",
    summary="An id, ARN or enumeration still contains a placeholder",
    why="Connect rejects it: the template has not been filled in.",
    fix="Fill in the template before checking with --strict.",
    source="Observed in published templates",
    group="schema",
    reports_issues=True,
    strict=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """An id, ARN or enumeration still contains a placeholder."""
    yield from from_schema(flow, "placeholder")
