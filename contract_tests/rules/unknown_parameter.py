"""The action has no parameter of this name."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="unknown-parameter",
    severity="error",
    summary="The action has no parameter of this name",
    why='Connect rejects the flow ("Invalid Action property name").',
    fix="Use the name that the designer exports, or remove the parameter.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """The action has no parameter of this name."""
    yield from from_schema(flow, "unknown-parameter")
