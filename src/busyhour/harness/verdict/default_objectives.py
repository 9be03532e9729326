"""Objectives that hold where a scenario states none of the kind; only those that its drive reaches. Pure.

| metric | bound | where |
|---|---|---|
| `blocked_share` | at most 1 % of the calls | the drive has calls |
| `throttle_share` | at most 1 % of first attempts, of each operation | everywhere |
| `error_branch_share` | at most 0.1 % of the calls | the drive has calls |
| `service_level` | at least 80 % answered within 20 s | the drive has calls, and agents are staffed |
"""

from __future__ import annotations

from collections.abc import Sequence

from busyhour.capacity.requirement_kinds import TOLERATED
from busyhour.capacity.tolerance import ERROR_BRANCHES as ERROR_BRANCHES_TOLERATED
from busyhour.capacity.tolerance import SERVICE_LEVEL as ANSWERED
from busyhour.harness.verdict.objectives import judge
from busyhour.results.entries import ObjectiveRecord
from busyhour.results.load_result import LoadResult
from busyhour.results.throttled import Throttled
from busyhour.scenarios.model import Objective, Scenario
from busyhour.scenarios.objectives import METRICS

BLOCKED = Objective("blocked_share", at_most=TOLERATED)
THROTTLED = Objective("throttle_share", at_most=TOLERATED)
ERROR_BRANCHES = Objective("error_branch_share", at_most=ERROR_BRANCHES_TOLERATED)
SERVICE_LEVEL = Objective("service_level", at_least=ANSWERED)
_ALIKE = {"throttle_share": ("throttle_share", "throttles")}
"""Metrics of which one stated by the scenario takes the place of the default."""


def defaults(scenario: Scenario) -> list[Objective]:
    """The objectives that the scenario does not state."""
    wanted = [THROTTLED]
    if scenario.drive.has_calls:
        wanted = [BLOCKED, THROTTLED, ERROR_BRANCHES]
        if any(queue.agents for queue in scenario.queues.values()):
            wanted.append(SERVICE_LEVEL)
    stated = {objective.metric for objective in scenario.objectives}
    return [
        one
        for one in wanted
        if one.metric in METRICS and not stated.intersection(_ALIKE.get(one.metric, (one.metric,)))
    ]


def judge_defaults(
    scenario: Scenario, load: LoadResult, throttled: Sequence[Throttled]
) -> list[ObjectiveRecord]:
    """Measure the default objectives.

    Args:
        scenario: whose objectives they complete.
        load: what was measured.
        throttled: shares by operation, the largest first; the default bound is on each of them.
    """
    made = []
    for objective in defaults(scenario):
        [record] = judge([objective], load, throttled)
        record.default = True
        made.append(record)
    return made
