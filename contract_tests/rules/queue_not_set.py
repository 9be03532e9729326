"""A contact is transferred to a queue on a path on which no queue was chosen."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import (
    FlowType,
    FlowView,
    Problem,
    Severity,
    before_each,
    fills_on_success,
    path_text,
    rule,
    witnesses,
)

_ENTRY = (None, FlowType.CONTACT_FLOW)
"""Types into which a contact may come without a queue; a transfer flow has the queue of its quick connect."""

_CHOOSING = ("UpdateContactTargetQueue", "InvokeFlowModule")
"""A module may choose the queue too."""

_CHOSEN = fills_on_success(*_CHOOSING)


@rule(
    id="queue-not-set",
    severity="warning",
    summary="A contact is transferred to a queue on a path on which no queue was chosen",
    why="The transfer fails: the caller takes the error branch, or is cut off.",
    fix="Put Set working queue on that path, and send its error branch somewhere other than the transfer.",
    source="AWS administrator guide, Transfer to queue: needs the queue that Set working queue chose",
    group="data-flow",
    types=("TransferContactToQueue",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A transfer that some path reaches without a queue.

    Where choosing one was tried and failed, and the transfer's own error branch takes care of the caller, that
    is worth a note only.
    """
    if flow.flow_type not in _ENTRY:
        return
    if flow.project.flow_set.may_be_entered(flow):
        return
    # A flow that never chooses may have been exported without its type, and be a transfer flow.
    certain = flow.flow_type is not None or any(flow.of_type(*_CHOOSING))
    chosen = before_each(flow, lambda edge: int(_CHOSEN(flow, edge)), 1)
    without = witnesses(flow, lambda edge: not _CHOSEN(flow, edge))
    for action in flow.of_type("TransferContactToQueue"):
        if chosen[action.index] or not flow.graph.reachable[action.index]:
            continue
        path = without(action.index)
        if path is None:
            continue
        tried = any(flow.actions[edge.source].type in _CHOOSING for edge in path)
        handled = tried and not flow.cuts_off(action.error_target("NoMatchingError"))
        yield flow.problem(
            f"no queue is set when the flow takes the path {path_text(flow, path, action.index)}",
            action=action,
            severity=Severity.NOTE if handled or not certain else None,
        )
