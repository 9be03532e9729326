"""`$.Metrics` is read on a path on which no metrics were fetched."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, fills_on_success, rule, types_that_fill, unfilled

_FETCHED = fills_on_success(*types_that_fill("Metrics"))


@rule(
    id="metrics-before-get",
    severity="warning",
    summary="$.Metrics is read on a path on which no metrics were fetched",
    why="Queue sizes and agent counts are empty there, and numeric comparisons with them are never true.",
    fix="Put Get queue metrics on that path too, or send the path elsewhere.",
    source="AWS administrator guide, Get queue metrics: fills $.Metrics",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """`$.Metrics` is read on a path on which no metrics were fetched."""
    yield from unfilled(flow, "Metrics", _FETCHED, "metrics were fetched")
