"""Recording is switched on before any notice to the caller."""

from __future__ import annotations

import re
from collections.abc import Iterator

from busyhour.api.rules import (
    SPEAKING,
    ActionView,
    Edge,
    FlowType,
    FlowView,
    Problem,
    before_each,
    path_text,
    rule,
    spoken,
    witnesses,
)

_RECORDERS = ("UpdateContactRecordingAndAnalyticsBehavior", "UpdateContactRecordingBehavior")
_TOLD = re.compile(r"\brecord(?:ed|ing|s)?\b|\bconsent\b|\bmonitored\b", re.IGNORECASE)
_FIRST = (None, FlowType.CONTACT_FLOW)


@rule(
    id="recording-before-consent",
    severity="warning",
    summary="Recording is switched on before any notice to the caller",
    why="In many places a recording without notice or consent is an offence.",
    fix="Play the notice, and ask for consent where it is needed, before Set recording behavior.",
    source="a team's policy; AWS administrator guide, Set recording behavior",
    group="security",
    types=_RECORDERS,
    optional=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Recorders that some path reaches before a text that speaks of recording; recorded prompts count as notice."""
    if flow.flow_type not in _FIRST or flow.project.flow_set.may_be_entered(flow):
        return
    notices = {one.action.index for one in spoken(flow) if _TOLD.search(one.text)}
    notices |= {one.index for one in flow.of_type(*SPEAKING) if "PromptId" in one.parameters}

    def gives_notice(edge: Edge) -> bool:
        return edge.source in notices

    known = before_each(flow, lambda edge: int(gives_notice(edge)), 1)
    without = witnesses(flow, lambda edge: not gives_notice(edge))
    for action in flow.of_type(*_RECORDERS):
        if not _switches_on(action) or known[action.index] or not flow.graph.reachable[action.index]:
            continue
        path = without(action.index)
        if path is not None:
            yield flow.problem(
                f"no text speaks of recording on the path {path_text(flow, path, action.index)}",
                action=action,
            )


def _switches_on(action: ActionView) -> bool:
    """Whether the action records a participant: one is named, or the recording of the IVR is on."""
    text = str(action.parameters)
    return "'Customer'" in text or "'Agent'" in text or "'IVRRecordingBehavior': 'Enabled'" in text
