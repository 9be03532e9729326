"""The operand of a condition is not exactly one non-empty string that the action can give."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, from_schema, rule


@rule(
    id="condition-operand",
    severity="error",
    summary="The operand of a condition is not exactly one non-empty string that the action can give",
    why='Connect rejects the flow ("Invalid branch").',
    fix="Give exactly one operand, a non-empty string.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """The operand of a condition is not exactly one non-empty string that the action can give."""
    yield from from_schema(flow, "condition-operand")
