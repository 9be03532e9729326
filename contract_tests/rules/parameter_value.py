"""A parameter has a value that the action does not take."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.contracts.rule import Problem, rule
from busyhour.contracts.subject import FlowUnderCheck


@rule(
    id="parameter-value",
    severity="error",
    summary="A parameter has a value that the action does not take",
    why='Connect refuses the flow ("Invalid Action property value").',
    fix="Use a value that the message names.",
    source="Refusals by CreateContactFlow on record in public projects, 2026",
    group="schema",
)
def check(flow: FlowUnderCheck) -> Iterator[Problem]:
    """A parameter has a value that the action does not take."""
    for issue in flow.issues.get("parameter-value", ()):
        yield Problem(issue.message, issue.pointer, issue.key, issue.action, issue.help)
