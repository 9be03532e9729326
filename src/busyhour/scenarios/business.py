"""Business description of a scenario in AWS Support's terms.

Agents, call volume by hour, average handle time.
"""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Any

from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic_plan.rate import rate_of

_HOUR = 3600.0


def business(scenario: Scenario) -> dict[str, Any]:
    """Return agents by queue, volume by hour, handle time, waves and the team's own texts as JSON values.

    `calls_by_hour` are expected calls in each hour of the plan, empty if the plan is shorter than an hour:
    only the busiest rate is known then. Talk and wrap-up are the scenario's means in seconds.
    """
    callers = scenario.callers
    return {
        "agents": {name: queue.agents for name, queue in scenario.queues.items()},
        "calls_by_hour": _by_hour(scenario),
        "talk_seconds": callers.talk.mean,
        "wrap_up_seconds": callers.wrap_up.mean,
        "aht_seconds": callers.talk.mean + callers.wrap_up.mean,
        "patience_seconds": callers.patience.mean,
        "support": asdict(scenario.support),
        "waves": [
            {**asdict(wave), "date": wave.date.isoformat(), "queues": list(wave.queues)}
            for wave in scenario.waves
        ],
    }


def _by_hour(scenario: Scenario) -> list[float]:
    rate = rate_of(scenario.traffic)
    hours = int(rate.end // _HOUR)
    edges = [rate.cumulative(hour * _HOUR) for hour in range(hours + 1)]
    return [after - before for before, after in pairwise(edges)]
