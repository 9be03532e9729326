"""A flow or module that another one refers to is not in the project."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowReference, FlowView, Problem, Severity, action_name, flow_id, rule

_SHIPPED = ("Default ", "Sample ")
"""Flows that every instance has from the start; projects do not export them."""


@rule(
    id="missing-flow",
    severity="warning",
    summary="A flow or module that another one refers to is not in the project",
    why="If it does not exist in the instance either, the contact takes the error branch.",
    fix="Export that flow too, or correct the reference.",
    source="AWS administrator guide, Transfer to flow: an unpublished or missing flow takes the error branch",
    group="project",
    types=(
        "TransferToFlow",
        "InvokeFlowModule",
        "UpdateContactEventHooks",
        "CreateTask",
        "CreateCallbackContact",
        "StartOutboundChatContact",
    ),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """References that lead nowhere, where others of the same kind lead to flows of the project.

    A warning needs proof that the project holds the instance: every flow says its own id, and most references
    find theirs. Otherwise it is a note, and only where at least one reference found its flow.
    """
    flow_set = flow.project.flow_set
    if not flow_set.resolved:
        return
    reported: set[tuple[str, str]] = set()
    for reference in flow_set.unresolved:
        if reference.source is not flow or not reference.static:
            continue
        if reference.shown.startswith(_SHIPPED) or (reference.kind, reference.value) in reported:
            continue
        reported.add((reference.kind, reference.value))
        yield flow.problem(
            f"{action_name(flow, reference.action)} refers to {_what(reference)}, which is not in this project",
            *reference.pointer,
            action=reference.action,
            severity=None if flow_set.holds_the_instance else Severity.NOTE,
        )


def _what(reference: FlowReference) -> str:
    kind = "the module" if reference.kind == "module" else "the flow"
    shown = f" {reference.shown!r}" if reference.shown else ""
    return f"{kind}{shown} ({flow_id(reference.value)})"
