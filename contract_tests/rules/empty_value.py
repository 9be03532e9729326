"""A parameter is an empty string, or a map or list that needs an entry is empty."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.contracts.rule import Problem, from_schema, rule
from busyhour.contracts.subject import FlowUnderCheck


@rule(
    id="empty-value",
    severity="error",
    summary="A parameter is an empty string, or a map or list that needs an entry is empty",
    why="Connect refuses the flow; a single space is accepted.",
    fix="Fill in the value, or remove the parameter.",
    source="Refusals by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowUnderCheck) -> Iterator[Problem]:
    """A parameter is an empty string, or a map or list that needs an entry is empty."""
    yield from from_schema(flow, "empty-value")
