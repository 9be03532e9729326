"""StartAction is not the Identifier of an action."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, did_you_mean, rule


@rule(
    id="start-action",
    severity="error",
    summary="StartAction is not the Identifier of an action",
    why="Connect rejects a flow without a first action.",
    fix="Set StartAction to the Identifier of the action that runs first.",
    source="AWS, Amazon Connect Flow language (2019-10-30)",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """StartAction is not the Identifier of an action."""
    start = flow.data.get("StartAction")
    if start.__class__ is not str or flow.start is not None:
        return
    if start == "":
        yield flow.problem(
            "StartAction is empty: the entry point of this draft is connected to nothing", "StartAction"
        )
    else:
        near = did_you_mean(start, flow.by_identifier)
        yield flow.problem(
            f"StartAction is {start!r}, but no action has this Identifier.{near}", "StartAction"
        )
