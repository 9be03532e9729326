"""Each rung by force: a little below its volume less than 1 % is turned away, a little above more."""

import math
from dataclasses import replace
from typing import Any

import pytest

from busyhour.capacity.forecast import CALLS, EXECUTIONS, forecast
from busyhour.capacity.rungs import BINDS, Limit, Rung, at_busiest, climb
from busyhour.capacity.simulation import INFINITE, Limits, SimulationResult, simulate
from busyhour.quotas import table as quota_table
from busyhour.quotas.model import Origin, QuotaValue
from busyhour.scenarios.model import Direction, Distribution, Function, Queue
from busyhour.scenarios.plan import with_traffic

TABLE = quota_table.load()
CALLS_SIMULATED = 30_000


def rung_of(
    small: Any, scenario: Any, actions: tuple[Any, ...], key: str, **values: float
) -> tuple[Rung, Any]:
    machine = small.machine(*actions)
    known = [QuotaValue(TABLE.by_key(k), v, Origin.OVERRIDE, "2026-01-01") for k, v in values.items()]
    found = forecast(scenario, known, table=TABLE, machine=machine, calls=1000)
    return next(rung for rung in found.ladder if rung.key == key), machine


def at(scenario: Any, machine: Any, volume: float, limits: Limits) -> SimulationResult:
    traffic = replace(scenario.traffic, calls_per_hour=volume, duration=CALLS_SIMULATED * 3600.0 / volume)
    return simulate(with_traffic(scenario, traffic), machine, limits, drain=INFINITE)


@pytest.mark.slow
def test_concurrent_calls(small: Any):
    scenario = small.scenario(calls_per_hour=60.0)
    rung, machine = rung_of(small, scenario, (small.prompt(180),), CALLS)
    limits = Limits(concurrent_calls=10)
    below, above = (at(scenario, machine, rung.calls_per_hour * f, limits).blocked_share for f in (0.85, 1.2))
    assert below < BINDS < above


@pytest.mark.slow
def test_starts_a_second(small: Any):
    scenario = small.scenario(direction=Direction.OUTBOUND, callers={"answer": Distribution("constant", 0.1)})
    key = "connect.start-outbound-voice-contact.rate"
    rung, machine = rung_of(small, scenario, (small.prompt(1),), key, **{CALLS: 1000.0})
    limits = Limits(start_rate=2.0, start_burst=5.0)
    below, above = (at(scenario, machine, rung.calls_per_hour * f, limits).blocked_share for f in (0.9, 1.1))
    assert below < BINDS < above


@pytest.mark.slow
def test_lambda_concurrency(small: Any):
    function = Function("lookup", latency=Distribution("constant", 2.0))
    scenario = small.scenario(functions=(function,))
    rung, machine = rung_of(small, scenario, (small.lookup,), EXECUTIONS, **{EXECUTIONS: 10.0})
    shares = []
    for factor in (0.8, 1.2):
        result = at(scenario, machine, rung.calls_per_hour * factor, Limits(lambda_concurrency=10))
        shares.append(result.lambda_throttled.count / result.functions.requests.total)
    assert shares[0] < BINDS < shares[1]


@pytest.mark.slow
def test_queue_capacity(small: Any):
    scenario = small.scenario(
        calls_per_hour=150.0,
        queues=(Queue("sales", 10, capacity=5),),
        patience=Distribution("exponential", 60.0),
    )
    rung, machine = rung_of(small, scenario, small.to_queue, "queue.sales.capacity")
    shares = []
    for factor in (0.85, 1.2):
        queue = at(scenario, machine, rung.calls_per_hour * factor, Limits()).queues["sales"]
        shares.append(queue.turned_away / queue.offered)
    assert shares[0] < BINDS < shares[1]


def test_rungs_are_climbed_in_order_of_volume_and_one_that_never_binds_comes_last():
    def rung(key: str, volume: float) -> Rung:
        return Rung(key, key, "quota", 1.0, "", "", volume, None, "", "", None, binds_at_plan=False)

    order = climb([rung("never", math.inf), rung("b", 20.0), rung("a", 10.0)])
    assert [each.key for each in order] == ["a", "b", "never"]
    assert order[-1].as_json()["calls_per_hour"] is None


def test_the_busiest_moment_is_found():
    assert at_busiest(lambda t: -((t - 30.0) ** 2), 60.0) == (0.0, 30.0)
    assert Limit("k", "n", None, 1.0, "", "").adjustable


def test_quick_functions_meet_the_request_rate_before_the_executions(small: Any):
    function = Function("lookup", latency=Distribution("constant", 0.01))
    scenario = small.scenario(calls_per_hour=360.0, duration=600.0, functions=(function,))
    rung, _ = rung_of(small, scenario, (small.lookup,), EXECUTIONS, **{EXECUTIONS: 10.0})
    # 100 requests a second, one a call; 10 executions alone would carry 446 calls a second.
    assert rung.calls_per_hour == pytest.approx(360_000.0)
    assert "requests a second come with them" in rung.calculation
