"""Branch coverage of flows in brief: how many of their branches some call can take, and how many a search takes.

This is the search of `busyhour explore` without its random calls: bounded by calls, not by time, so that two
runs of the same flows find the same on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from busyhour.exploration.project import read_flows
from busyhour.exploration.search.coverage_search import Budget
from busyhour.exploration.search.explorer import Explorer, FlowReport, Settings
from busyhour.results.entries import FlowCoverage

CALLS = 300
"""Maximum number of calls of the search for one flow."""
STEPS = 2_000_000
"""Actions run in the calls of all flows together, after which the remaining flows are skipped."""


def branches(
    files: Sequence[str], aliases: Mapping[str, str], *, steps: int = STEPS
) -> tuple[list[FlowCoverage], list[str]]:
    """Return the coverage of each flow, and the names of skipped flows.

    Raises:
        BusyhourError: a flow cannot be read.
    """
    subjects = read_flows(list(files), aliases=dict(aliases), functions={})
    explorer = Explorer(subjects.context, (), Settings(examples=0, budget=Budget(calls=CALLS)))
    reports: list[FlowReport] = []
    skipped: list[str] = []
    for flow in subjects.context.flows:
        if sum(one.steps for one in reports) < steps:
            reports.append(explorer.explore_flow(flow))
        else:
            skipped.append(flow.name)
    made = [
        FlowCoverage(
            flow=one.flow.name,
            taken=len(one.covered - one.unreachable.keys()),
            coverable=one.coverable,
            branches=len(one.transitions),
        )
        for one in reports
    ]
    return made, skipped
