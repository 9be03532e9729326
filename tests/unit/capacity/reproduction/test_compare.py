"""Recorded days against simulations of them: days of the scenario agree, days of another one differ and are named."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from busyhour.capacity.demand.machine import machine_of
from busyhour.capacity.reproduction import compare, render
from busyhour.capacity.simulation.simulate import Simulation
from busyhour.learning import calls as learning
from busyhour.learning.calls import Call, in_progress
from busyhour.scenarios.model import Distribution, Function, Scenario
from busyhour.scenarios.reader import load
from busyhour.scenarios.traffic_plan.arrivals import Arrival
from busyhour.shipped import shipped_root

MORNING = datetime(2026, 3, 3, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """The helpdesk with functions that are models and few agents."""
    shipped = load(shipped_root() / "scenarios" / "helpdesk.toml", root=shipped_root())
    functions = {name: Function(name, latency=Distribution("constant", 0.1)) for name in shipped.functions}
    queues = {name: dataclasses.replace(one, agents=8, capacity=None) for name, one in shipped.queues.items()}
    return dataclasses.replace(shipped, functions=functions, queues=queues, tables={})


def recorded(scenario: Scenario, calls: int = 300, gap: float = 6.0) -> Any:
    """What is learnt of calls of the scenario: `calls` of them, one every `gap` seconds from 8:00."""
    begun: dict[int, float] = {}
    lives: dict[int, list[float]] = {}

    def listener(call: Any, kind: str, at: float, detail: Any) -> None:
        if kind == "started":
            begun[id(call)] = at
        elif kind == "ended":
            lives.setdefault(len(lives), [begun.pop(id(call)), at])

    arrivals = (Arrival(number, number * gap) for number in range(calls))
    simulated = Simulation(scenario, machine_of(scenario), arrivals=arrivals, listener=listener)
    result = simulated.run(drain=math.inf, hold=calls * gap)
    waits = [wait for queue in result.queues.values() for wait in queue.waits]
    gone = sum(queue.abandoned for queue in result.queues.values())
    outcomes: list[tuple[bool | None, float | None]] = [
        *((True, wait) for wait in waits),
        *((False, 60.0) for _ in range(gone)),
    ]
    outcomes += [(None, None)] * (len(lives) - len(outcomes))
    of_calls = [
        Call(
            MORNING + timedelta(seconds=begin),
            "Support",
            answered,
            waited,
            20.0 if answered else None,
            5.0 if answered else None,
            MORNING + timedelta(seconds=end),
        )
        for (begin, end), (answered, waited) in zip(lives.values(), outcomes, strict=True)
    ]
    return learning.learn("records", of_calls, "", [])


def test_a_day_of_the_scenario_is_reproduced(scenario: Scenario) -> None:
    learnt = recorded(dataclasses.replace(scenario, seed=77))
    (day,) = compare.compare(scenario, learnt, machine_of(scenario))
    assert [one.name for one in day.quantities if one.differs] == []
    assert len(day.quantities) == 5
    assert "The scenario reproduces these days." in render.text([day], 0)


def test_a_day_of_longer_calls_is_not_and_says_in_what(scenario: Scenario) -> None:
    callers = dataclasses.replace(scenario.callers, talk=Distribution("exponential", 60.0))
    learnt = recorded(dataclasses.replace(scenario, callers=callers))
    (day,) = compare.compare(scenario, learnt, machine_of(scenario))
    differing = {one.name for one in day.quantities if one.differs}
    assert {"calls in progress, busiest interval", "calls in progress, mean"} <= differing
    shown = render.text([day], 0)
    assert "Warning: the scenario does not reproduce calls in progress, busiest interval" in shown
    assert all(len(line) < 200 for line in shown.splitlines())


def test_the_comparison_is_json_and_a_picture(scenario: Scenario) -> None:
    days = list(compare.compare(scenario, recorded(scenario, 60), machine_of(scenario)))
    data = json.loads(json.dumps(render.as_json(days, 2), allow_nan=False))
    assert data["days_not_simulated"] == 2
    assert len(data["days"][0]["in_progress"]["recorded"]) == 96
    assert render.picture(days, "png").startswith(b"\x89PNG")
    assert render.text([], 0) == ""


def test_only_the_busiest_days_are_simulated_where_there_are_many_calls(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "MOST_CALLS", 100)
    quiet, busy = (
        [
            Call(
                MORNING + timedelta(days=day, seconds=n),
                "",
                None,
                None,
                None,
                None,
                MORNING + timedelta(days=day, seconds=n + 9),
            )
            for n in range(calls)
        ]
        for day, calls in ((0, 30), (1, 90))
    )
    learnt = learning.learn("records", [*quiet, *busy], "", [])
    found = list(compare.compare(scenario, learnt, machine_of(scenario)))
    assert [day.date.day for day in found] == [4]
    assert compare.left_out(learnt, found) == 1


def test_calls_in_progress_by_interval() -> None:
    assert in_progress([(0.0, 10.0), (5.0, 25.0), (95.0, 500.0)], 3, 10.0) == (1.5, 1.0, 0.5)
