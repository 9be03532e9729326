"""The flow has a member that the flow language does not know."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule

_KNOWN = ("Version", "StartAction", "Metadata", "Actions", "Settings")


@rule(
    id="unknown-key",
    severity="note",
    summary="The flow has a member that the flow language does not know",
    why="Connect may reject or drop it; its effect is not documented.",
    fix="Remove it, or move it into Metadata.",
    source="AWS, Amazon Connect Flow language (2019-10-30)",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """The flow has a member that the flow language does not know."""
    for key in flow.data:
        if key not in _KNOWN:
            yield flow.problem(
                f"{key!r} is not a member of a flow; members are {', '.join(_KNOWN)}", key, key=True
            )
