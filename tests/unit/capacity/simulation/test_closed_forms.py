"""The simulation against the closed forms at 20 points: blocking (Erlang B), waiting (C), abandonment (A).

Each point is ten runs with seeds of their own, begun in a filled centre. Ten runs give the mean and, by Student's t, its
interval. At one point the closed form lies in the 95 % interval; at twenty, one is expected outside of its own. So all
twenty must lie in intervals that hold together with 95 % confidence (Bonferroni: 99.75 % each), and at most three, which
chance exceeds once in sixty times, outside of their own.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from busyhour.capacity.simulation.confidence_intervals import of_mean
from busyhour.capacity.simulation.simulate import Limits, Simulation, SimulationResult
from busyhour.capacity.theory.erlang import erlang_b, erlang_c, waiting_with_abandonment
from busyhour.scenarios.model import Distribution, Queue

HOLDING = 180.0
RUNS = 10
ALL, TOGETHER = 20, 0.05
BLOCKING = [(1.0, 1), (3.0, 5), (5.0, 10), (8.0, 8), (10.0, 12), (15.0, 15), (25.0, 30)]
WAITING = [(0.6, 1), (2.0, 3), (3.0, 5), (5.0, 7), (8.0, 11), (10.0, 13), (18.0, 22)]
GIVING_UP = [
    (1.0, 1, 60.0),
    (3.0, 3, 120.0),
    (5.0, 4, 60.0),
    (8.0, 9, 30.0),
    (10.0, 8, 180.0),
    (20.0, 20, 60.0),
]


@dataclass(frozen=True)
class Point:
    """Mean of the runs, what the formula says, and how far apart they are in half widths of an interval."""

    simulated: float
    exact: float
    own: float
    together: float


def measured(
    scenario: Any, machine: Any, limits: Limits, share: Callable[[SimulationResult], float], exact: float
) -> Point:
    shares = []
    for run in range(RUNS):
        seeded = replace(scenario, seed=1000 * run + 17)
        shares.append(share(Simulation(seeded, machine, limits, warm_up=10 * HOLDING).run(drain=math.inf)))
    mean = math.fsum(shares) / RUNS
    apart = abs(mean - exact)
    own, together = of_mean(shares), of_mean(shares, 1.0 - TOGETHER / ALL)
    assert own
    assert together
    return Point(mean, exact, apart / own, apart / together)


def planned(small: Any, load: float, calls: int, **more: Any) -> Any:
    per_hour = load * 3600.0 / HOLDING
    return small.scenario(calls_per_hour=per_hour, duration=10 * HOLDING + calls * 3600.0 / per_hour, **more)


def blocking(small: Any, load: float, lines: int, calls: int = 1200) -> Point:
    return measured(
        planned(small, load, calls),
        small.machine(small.prompt(180)),
        Limits(concurrent_calls=lines),
        lambda run: run.blocked.count / run.planned,
        erlang_b(load, lines),
    )


def waiting(small: Any, load: float, agents: int, calls: int = 1200) -> Point:
    def share(run: SimulationResult) -> float:
        waits = run.queues["sales"].waits
        return sum(wait > 0.0 for wait in waits) / len(waits)

    scenario = planned(small, load, calls, queues=(Queue("sales", agents),))
    return measured(scenario, small.machine(*small.to_queue), Limits(), share, erlang_c(load, agents))


def giving_up(small: Any, load: float, agents: int, patience: float, calls: int = 1200) -> Point:
    scenario = planned(
        small, load, calls, queues=(Queue("sales", agents),), patience=Distribution("exponential", patience)
    )
    return measured(
        scenario,
        small.machine(*small.to_queue),
        Limits(),
        lambda run: run.queues["sales"].abandoned / run.queues["sales"].offered,
        waiting_with_abandonment(load, agents, HOLDING, patience).abandoned,
    )


def test_there_are_twenty_points():
    assert len(BLOCKING) + len(WAITING) + len(GIVING_UP) == ALL


@pytest.mark.slow
def test_twenty_points_agree_with_the_closed_forms(small: Any):
    points = [
        *(blocking(small, *point) for point in BLOCKING),
        *(waiting(small, *point) for point in WAITING),
        *(giving_up(small, *point) for point in GIVING_UP),
    ]
    assert [point for point in points if point.together > 1.0] == []
    outside = [point for point in points if point.own > 1.0]
    assert len(outside) <= 3, outside


def test_one_point_of_each_kind_agrees(small: Any):
    assert blocking(small, 8.0, 8, 400).together < 1.0
    assert waiting(small, 3.0, 5, 400).together < 1.0
    assert giving_up(small, 5.0, 4, 60.0, 400).together < 1.0


def test_a_wrong_formula_would_be_found(small: Any):
    """One line fewer than there are: the point lies far outside."""
    right = blocking(small, 8.0, 8, 400)
    wrong = abs(right.simulated - erlang_b(8.0, 7)) / (abs(right.simulated - right.exact) / right.together)
    assert wrong > 1.0
