"""The action does not know this error type."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.contracts.rule import Problem, rule
from busyhour.contracts.subject import FlowUnderCheck


@rule(
    id="disallowed-error",
    severity="error",
    summary="The action does not know this error type",
    why="Connect refuses the flow on publish.",
    fix="Remove the branch, or use an error type of this action.",
    source="Refusals by CreateContactFlow on record in public projects, 2026",
    group="schema",
)
def check(flow: FlowUnderCheck) -> Iterator[Problem]:
    """The action does not know this error type."""
    for issue in flow.issues.get("disallowed-error", ()):
        yield Problem(issue.message, issue.pointer, issue.key, issue.action, issue.help)
