"""An action has no entry in Metadata.ActionMetadata."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule


@rule(
    id="missing-layout",
    severity="note",
    summary="An action has no entry in Metadata.ActionMetadata",
    why="It works, but the designer draws all such actions on one spot.",
    fix="Add its position, or arrange the flow in the designer once.",
    source="Observed: flows without it import",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """An action has no entry in Metadata.ActionMetadata."""
    layout = flow.action_metadata
    if not layout or flow.by_identifier.keys() <= layout.keys():
        return
    for action in flow.actions:
        if action.identifier and action.identifier not in layout:
            yield flow.problem("this action has no entry in Metadata.ActionMetadata", action=action)
