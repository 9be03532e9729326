"""An action that ends the flow has transitions."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.contracts.rule import Problem, rule
from busyhour.contracts.subject import FlowUnderCheck


@rule(
    id="terminal-with-transitions",
    severity="error",
    summary="An action that ends the flow has transitions",
    why='Connect refuses the flow ("Action does not support transitions").',
    fix="Leave its Transitions empty: {}.",
    source="Refusals by CreateContactFlow on record in public projects, 2026",
    group="schema",
)
def check(flow: FlowUnderCheck) -> Iterator[Problem]:
    """An action that ends the flow has transitions."""
    for issue in flow.issues.get("terminal-with-transitions", ()):
        yield Problem(issue.message, issue.pointer, issue.key, issue.action, issue.help)
