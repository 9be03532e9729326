"""A number or boolean is not written as a string."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.contracts.rule import Problem, rule
from busyhour.contracts.subject import FlowUnderCheck


@rule(
    id="string-scalar",
    severity="error",
    summary="A number or boolean is not written as a string",
    why='All scalar parameters are strings on the wire; Connect refuses others ("Invalid Action type").',
    fix="Put the value in quotes.",
    source="Refusals by CreateContactFlow on record in public projects, 2026",
    group="schema",
)
def check(flow: FlowUnderCheck) -> Iterator[Problem]:
    """A number or boolean is not written as a string."""
    for issue in flow.issues.get("string-scalar", ()):
        yield Problem(issue.message, issue.pointer, issue.key, issue.action, issue.help)
