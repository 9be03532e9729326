"""An action has two branches for the same error."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.contracts.rule import Problem, rule
from busyhour.contracts.subject import FlowUnderCheck


@rule(
    id="duplicate-error",
    severity="error",
    summary="An action has two branches for the same error",
    why="Only one can be taken; Connect refuses the flow.",
    fix="Keep one of the two.",
    source="Refusals by CreateContactFlow on record in public projects, 2026",
    group="schema",
)
def check(flow: FlowUnderCheck) -> Iterator[Problem]:
    """An action has two branches for the same error."""
    for issue in flow.issues.get("duplicate-error", ()):
        yield Problem(issue.message, issue.pointer, issue.key, issue.action, issue.help)
