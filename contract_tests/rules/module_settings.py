"""A module has no Settings, or a flow has some."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowType, FlowView, Problem, json_kind, rule


@rule(
    id="module-settings",
    severity="error",
    summary="A module has no Settings, or a flow has some",
    why="CreateContactFlowModule rejects content without Settings, CreateContactFlow content with it.",
    fix="Give a module the Settings that the designer exports; leave them out of a flow.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A module has no Settings, or a flow has some."""
    has = "Settings" in flow.data
    if flow.flow_type is FlowType.MODULE and not has and flow.converted is None:
        yield flow.problem('a flow module needs a top-level "Settings" object, which this one lacks')
    elif flow.flow_type not in (None, FlowType.MODULE) and has:
        yield flow.problem(
            f'"Settings" belongs to flow modules; this flow is of type {flow.flow_type}', "Settings", key=True
        )
    elif has and not isinstance(flow.data["Settings"], dict):
        yield flow.problem(f'"Settings" is {json_kind(flow.data["Settings"])}, not an object', "Settings")
