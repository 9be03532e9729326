"""An action that does not end the flow has no NextAction."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.contracts.rule import Problem, rule
from busyhour.contracts.subject import FlowUnderCheck


@rule(
    id="missing-next-action",
    severity="error",
    summary="An action that does not end the flow has no NextAction",
    why="Connect refuses the flow, even if the branches cover every outcome.",
    fix="Add NextAction; the designer repeats the target of the default branch there.",
    source="Refusals by CreateContactFlow on record in public projects, 2026",
    group="schema",
)
def check(flow: FlowUnderCheck) -> Iterator[Problem]:
    """An action that does not end the flow has no NextAction."""
    for issue in flow.issues.get("missing-next-action", ()):
        yield Problem(issue.message, issue.pointer, issue.key, issue.action, issue.help)
