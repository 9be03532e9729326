"""The action does not branch on a result."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.contracts.rule import Problem, rule
from busyhour.contracts.subject import FlowUnderCheck


@rule(
    id="condition-not-allowed",
    severity="error",
    summary="The action does not branch on a result",
    why="Connect refuses conditions on an action that has no result.",
    fix="Remove the conditions, or compare the value with a Compare action.",
    source="Refusals by CreateContactFlow on record in public projects, 2026",
    group="schema",
)
def check(flow: FlowUnderCheck) -> Iterator[Problem]:
    """The action does not branch on a result."""
    for issue in flow.issues.get("condition-not-allowed", ()):
        yield Problem(issue.message, issue.pointer, issue.key, issue.action, issue.help)
