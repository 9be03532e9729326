"""A Loop with a count of 0."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule


@rule(
    id="loop-count-zero",
    severity="warning",
    summary="A Loop with a count of 0 never loops",
    why="The contact takes DoneLooping at once: what is in the loop never runs.",
    fix="Set the number of repetitions, or take the Loop out.",
    source="AWS administrator guide, Loop: with 0 the Complete branch is followed at once",
    group="data-flow",
    types=("Loop",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Loops whose count is the text or the number 0."""
    for action in flow.of_type("Loop"):
        count = action.parameters.get("LoopCount")
        if isinstance(count, str | int) and not isinstance(count, bool) and str(count).strip() == "0":
            yield flow.problem(
                "with LoopCount 0 the loop is done at once: ContinueLooping is never taken",
                "Parameters",
                "LoopCount",
                action=action,
            )
