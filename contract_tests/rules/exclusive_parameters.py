"""Parameters that exclude each other stand together."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.contracts.rule import Problem, rule
from busyhour.contracts.subject import FlowUnderCheck


@rule(
    id="exclusive-parameters",
    severity="error",
    summary="Parameters that exclude each other stand together",
    why="Connect refuses the flow.",
    fix="Keep one of them.",
    source="Refusals by CreateContactFlow on record in public projects, 2026",
    group="schema",
)
def check(flow: FlowUnderCheck) -> Iterator[Problem]:
    """Parameters that exclude each other stand together."""
    for issue in flow.issues.get("exclusive-parameters", ()):
        yield Problem(issue.message, issue.pointer, issue.key, issue.action, issue.help)
