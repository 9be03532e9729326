"""Pairs of runs of the real flow machine in virtual time: the example's helpdesk, another seed every night."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from busyhour.calls.live import LiveCall
from busyhour.capacity.demand.machine import machine_of
from busyhour.capacity.simulation.simulate import Simulation
from busyhour.flows.protocol import Invoke
from busyhour.regression.compare import Comparison, compare
from busyhour.regression.inference.decide import Outcome
from busyhour.regression.metrics.observation import Observation, Parts, QuotaUse, Share
from busyhour.regression.settings import Tolerances
from busyhour.results.measurement.histogram import Histogram
from busyhour.results.measurement.windows import Windows, coarse_bucket
from busyhour.scenarios import reader
from busyhour.scenarios.model import Distribution, Scenario

ROOT = Path(__file__).parents[3]
SECONDS = 600
FUNCTIONS = ("helpdesk-lookup", "helpdesk-open-ticket", "helpdesk-ticket-status")


@cache
def scenario(latency_ms: float) -> Scenario:
    plan = reader.load(
        ROOT / "scenarios" / "helpdesk.toml", root=ROOT, overrides=(f"traffic.duration={SECONDS}s",)
    )
    latency = Distribution("lognormal", latency_ms / 1000.0, 0.4)
    functions = {
        name: replace(function, handler=None, latency=latency) for name, function in plan.functions.items()
    }
    return replace(plan, functions=functions)


class _Calls:
    """Hears a simulation and keeps what an observation needs."""

    def __init__(self) -> None:
        self.started = np.zeros(SECONDS + 3600)
        self.invoked = {name: np.zeros(SECONDS + 3600) for name in FUNCTIONS}
        self.windows = Windows()
        self.in_flow: dict[int, int] = {}
        self.calls = 0

    def heard(self, call: LiveCall, kind: str, at: float, detail: Mapping[str, Any]) -> None:
        if kind == "started":
            self.calls += 1
            self.started[int(at)] += 1

    def over(self, call: LiveCall) -> None:
        assert call.ended is not None
        until = call.enqueued if call.enqueued is not None else call.ended
        bucket = coarse_bucket(int((until - call.started) * 1e6))
        self.in_flow[bucket] = self.in_flow.get(bucket, 0) + 1


def night(seed: int, *, latency_ms: float = 80.0, again: bool = False) -> Observation:
    """One run in virtual time; `again`: every invocation is made twice."""
    plan = replace(scenario(latency_ms), seed=seed)
    calls = _Calls()
    simulation = Simulation(plan, _machine(), on_end=calls.over, listener=calls.heard)
    invoke = simulation.functions.invoke
    clock = simulation.clock

    def timed(call: LiveCall, effect: Invoke, done: Any) -> None:
        sent = clock.now()
        name = effect.function_arn.rpartition(":")[2]
        calls.invoked[name][int(sent)] += 2 if again else 1

        def answered(result: Any) -> None:
            histogram = Histogram()
            histogram.record(int((clock.now() - sent) * 1e6))
            calls.windows.add(int(clock.now()), "lambda:Invoke", histogram)
            done(result)

        invoke(call, effect, answered)

    simulation.functions.invoke = timed  # type: ignore[method-assign]  # the invoker looks it up at every call
    result = simulation.run()
    length = SECONDS + 60
    below = list(calls.started[:length])
    every = np.sum([line[:length] for line in calls.invoked.values()], axis=0)
    return Observation(
        run_id=f"virtual-{seed}",
        started=f"2026-01-01T00:00:00+00:00#{seed}",
        identity={"name": plan.name},
        seconds=float(SECONDS),
        calls=calls.calls,
        outcome="holds",
        windows=calls.windows.record(),
        ratios={
            "Lambda invocations per call": Parts(list(every), below),
            **{
                f"invocations per call: {n}": Parts(list(v[:length]), below) for n, v in calls.invoked.items()
            },
        },
        rates={"request_throttle_share": Parts([0.0] * length, list(every))},
        shares={"blocked calls": Share(result.blocked.count, result.planned)},
        samples={"time in flow": [n for pair in sorted(calls.in_flow.items()) for n in pair]},
        quotas={"calls": QuotaUse("calls", 200.0, float(result.calls.peak), 1.0 - result.calls.peak / 200.0)},
    )


@cache
def _machine() -> Any:
    return machine_of(scenario(80.0))


def regressed(found: Comparison) -> list[str]:
    return [one.name for one in found.metrics if one.outcome is Outcome.REGRESSED]


def test_a_night_in_virtual_time_has_what_is_compared() -> None:
    one = night(1)
    assert one.calls > 1000
    found = compare([one], [night(2)], Tolerances())
    assert {metric.name for metric in found.metrics} >= {
        "latency p50: lambda:Invoke",
        "Lambda invocations per call",
        "time in flow mean",
    }
    assert regressed(found) == []


def test_planted_regressions_in_virtual_time_are_found() -> None:
    old = [night(seed) for seed in (11, 12, 13)]
    slow = compare([night(14, latency_ms=104.0)], old, Tolerances())
    assert "latency p50: lambda:Invoke" in regressed(slow)
    more = compare([night(15, again=True)], old, Tolerances())
    assert "Lambda invocations per call" in regressed(more)
    assert not any(name.startswith("latency") for name in regressed(more))


@pytest.mark.slow
def test_of_200_pairs_of_one_system_at_most_one_in_twenty_shows_any_regression() -> None:
    alarms = sum(
        bool(regressed(compare([night(2 * k)], [night(2 * k + 1)], Tolerances()))) for k in range(200)
    )
    assert alarms / 200 <= 0.05


@pytest.mark.slow
def test_of_40_pairs_with_ten_percent_more_latency_most_are_found() -> None:
    """Stated power: a single run of 10 minutes against 3 baseline runs."""
    found = 0
    for k in range(40):
        old = [night(10_000 + 4 * k + i) for i in range(3)]
        found += bool(regressed(compare([night(10_003 + 4 * k, latency_ms=88.0)], old, Tolerances())))
    assert found >= 10
