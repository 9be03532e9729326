"""A suppression in the metadata that is not written properly, and therefore leaves nothing out."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule, suppressions


@rule(
    id="suppression",
    severity="warning",
    summary="A suppression in the metadata is not written properly",
    why="It suppresses nothing, although its author believes that it does.",
    fix='Write {"ignore": ["rule-id"], "reason": "why this is right here"}.',
    source="busyhour's own convention; Connect ignores the metadata",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Suppressions without a reason or of another shape, and those for actions that do not exist."""
    for one in suppressions(flow):
        if one.broken:
            yield flow.problem(f"this suppression {one.broken}", *one.pointer)
        elif one.action and one.action not in flow.by_identifier:
            yield flow.problem(
                f"this suppression is for {one.action!r}, which is not an action of this flow", *one.pointer
            )
