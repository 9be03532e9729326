"""A parameter is an empty string, or a map or list that needs an entry is empty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from busyhour.api.rules import FlowView, Problem, Severity, from_schema, rule


@rule(
    id="empty-value",
    severity="error",
    summary="A parameter is an empty string, or a map or list that needs an entry is empty",
    why="Connect rejects the flow; a single space is accepted.",
    fix="Fill in the value, or remove the parameter.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
    reports_issues=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A parameter is an empty string, or a map or list that needs an entry is empty.

    In an old export only a warning: what was blanked there is chosen again when the designer has imported it, and the
    old designer published prompts without a text.
    """
    for problem in from_schema(flow, "empty-value"):
        if flow.converted is not None:
            problem = replace(
                problem,
                severity=Severity.WARNING,
                message=problem.message.partition(";")[0] + " in this old export",
                help="Fill it in after the import, before you publish; converted as it is, Connect's API rejects it.",
            )
        yield problem
