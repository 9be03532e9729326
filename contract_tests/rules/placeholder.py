"""An id, ARN or enumeration still holds a placeholder."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.contracts.rule import Problem, rule
from busyhour.contracts.subject import FlowUnderCheck


@rule(
    id="placeholder",
    severity="error",
    summary="An id, ARN or enumeration still holds a placeholder",
    why="Connect refuses it: the template has not been filled in.",
    fix="Fill in the template before checking with --strict.",
    source="Observed in published templates",
    group="schema",
    strict=True,
)
def check(flow: FlowUnderCheck) -> Iterator[Problem]:
    """An id, ARN or enumeration still holds a placeholder."""
    for issue in flow.issues.get("placeholder", ()):
        yield Problem(issue.message, issue.pointer, issue.key, issue.action, issue.help)
