"""`$.Metrics` is read on a path on which no metrics were fetched."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.contracts.analysis.dataflow import fills_on_success, unfilled
from busyhour.contracts.flow_view import FlowView
from busyhour.contracts.rule import Problem, rule

_FETCHED = fills_on_success("GetMetricData")


@rule(
    id="metrics-before-get",
    severity="warning",
    summary="$.Metrics is read on a path on which no metrics were fetched",
    why="Queue sizes and agent counts are empty there, and numeric comparisons with them never hold.",
    fix="Put Get queue metrics on that path too, or send the path elsewhere.",
    source="AWS administrator guide, Get queue metrics: fills $.Metrics",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """`$.Metrics` is read on a path on which no metrics were fetched."""
    yield from unfilled(flow, "Metrics", _FETCHED, "metrics were fetched")
