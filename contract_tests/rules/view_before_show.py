"""`$.Views` is read on a path on which no view was shown."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, fills_on_success, rule, types_that_fill, unfilled

_SHOWN = fills_on_success(*types_that_fill("Views"))


@rule(
    id="view-before-show",
    severity="warning",
    summary="$.Views is read on a path on which no view was shown",
    why="What the agent or the customer entered in the view is not there.",
    fix="Show the view on that path too, or send the path elsewhere.",
    source="AWS administrator guide, Show view: fills $.Views",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """`$.Views` is read on a path on which no view was shown."""
    yield from unfilled(flow, "Views", _SHOWN, "a view was shown")
