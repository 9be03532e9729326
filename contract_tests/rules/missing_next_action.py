"""An action that does not end the flow has no NextAction."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="missing-next-action",
    severity="error",
    summary="An action that does not end the flow has no NextAction",
    why="Connect rejects the flow, even if the branches cover every outcome.",
    fix="Add NextAction; the designer repeats the target of the default branch there.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """An action that does not end the flow has no NextAction."""
    yield from from_schema(flow, "missing-next-action")
