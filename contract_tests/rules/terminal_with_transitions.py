"""An action that ends the flow has transitions."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="terminal-with-transitions",
    severity="error",
    summary="An action that ends the flow has transitions",
    why='Connect rejects the flow ("Action does not support transitions").',
    fix="Leave its Transitions empty: {}.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """An action that ends the flow has transitions."""
    yield from from_schema(flow, "terminal-with-transitions")
