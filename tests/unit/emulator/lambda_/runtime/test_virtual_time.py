"""The latency model and Lambda's limits in virtual time: hours of calls in a moment, and the same ones every time."""

from __future__ import annotations

import random

import pytest

from busyhour.emulator.cloudwatch.store import MetricStore
from busyhour.emulator.lambda_.functions.store import FunctionTable
from busyhour.emulator.lambda_.runtime.engine import LambdaEngine
from busyhour.emulator.lambda_.runtime.pool import EnvironmentPool
from busyhour.emulator.quotas.throttling import Limits
from busyhour.emulator.server.timers import VirtualClock
from busyhour.scenarios.model import Distribution, Function


def drive(quota_table, function, gaps, **quotas):
    """Start one invocation after each gap; the results in order."""
    clock = VirtualClock(1000.0)
    limits, metrics = Limits(quota_table, quotas, clock.now), MetricStore()
    engine = LambdaEngine(
        FunctionTable({function.name: function}, "us-east-1", "123456789012"),
        quotas=limits,
        metrics=metrics,
        clock=clock,
        time=clock.now,
        seed=7,
        pool=EnvironmentPool(),
        endpoint_url=lambda: "",
        region="us-east-1",
    )
    heard = []
    for gap in gaps:
        clock.advance(gap)
        engine.start(function.name, b"{}", heard.append)
    clock.advance(100.0)
    return heard, limits, metrics


@pytest.mark.parametrize(("per_second", "refused"), [(10, 0.0), (20, 0.5)])
def test_concurrency_holds_just_below_and_refuses_the_excess_just_above(quota_table, per_second, refused):
    """Ten at once with calls of just under a second serve ten calls a second."""
    function = Function("f", latency=Distribution("constant", 0.999))
    heard, limits, metrics = drive(quota_table, function, [1 / per_second] * 5000, **{"L-B99A9384": 10})
    throttled = [r for r in heard if r.status == 429]
    assert len(heard) == 5000
    assert len(throttled) / 5000 == pytest.approx(refused, abs=0.005)
    tallies = {t.quota.code: t for t in limits.tallies()}
    assert tallies["L-B99A9384"].rejected == len(throttled)
    assert tallies["L-B99A9384"].peak == (11 if refused else 10)
    rate = {t.quota.key: t for t in limits.tallies()}["lambda.invoke.rate"]
    assert rate.peak == pytest.approx(per_second, abs=1)
    where = (("FunctionName", "f"),)
    assert metrics.total("AWS/Lambda", "Throttles", where) == len(throttled)
    assert metrics.total("AWS/Lambda", "Invocations", where) == 5000 - len(throttled)


def test_blocking_of_random_calls_is_erlang_b(quota_table):
    """Poisson arrivals, exponential durations, 10 places, 8 erlang: B(10, 8) = 0.1217."""
    chance = random.Random(3)
    gaps = [chance.expovariate(8.0) for _ in range(25_000)]
    function = Function("f", latency=Distribution("exponential", 1.0), timeout=900.0)
    heard, _, _ = drive(quota_table, function, gaps, **{"L-B99A9384": 10})
    share = sum(r.status == 429 for r in heard) / len(heard)
    assert share == pytest.approx(0.1217, abs=0.01)


def test_the_same_seed_gives_the_same_run(quota_table):
    function = Function("f", latency=Distribution("lognormal", 0.3, 0.8), error_share=0.1)
    runs = [
        [(r.duration, r.function_error, r.request_id) for r in drive(quota_table, function, [0.1] * 200)[0]]
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert len({request_id for _, _, request_id in runs[0]}) == 200
