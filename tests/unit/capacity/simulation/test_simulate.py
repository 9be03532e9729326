"""The simulated call centre against closed forms, and the rejections of each quota."""

import math
from typing import Any

import pytest

from busyhour.capacity.simulation.simulate import Limits, Simulation, simulate
from busyhour.capacity.theory.erlang import (
    erlang_b,
    erlang_c,
    waiting_with_abandonment,
    waiting_without_abandonment,
)
from busyhour.scenarios.model import Distribution, Function, Queue
from busyhour.scenarios.traffic import ArrivalProcess, Direction
from busyhour.token_bucket import TokenBucket

INFINITE = math.inf


def queue_run(small: Any, agents: int, hours: float, **scenario: Any) -> Any:
    """10 erlangs: 200 calls an hour of 180 s, straight into a queue."""
    capacity = scenario.pop("capacity", None)
    made = small.scenario(
        calls_per_hour=200.0,
        duration=hours * 3600.0,
        queues=(Queue("sales", agents, capacity=capacity),),
        **scenario,
    )
    result = simulate(made, small.machine(*small.to_queue), drain=INFINITE)
    return result, result.queues["sales"]


def test_a_queue_without_places_loses_as_erlang_b_says(small: Any):
    _, queue = queue_run(small, 10, 40, capacity=0)
    assert queue.rejected / queue.offered == pytest.approx(erlang_b(10.0, 10), abs=0.03)


def test_patient_callers_wait_as_erlang_c_says(small: Any):
    _, queue = queue_run(small, 14, 50)
    expected = waiting_without_abandonment(10.0, 14, 180.0)
    assert sum(wait > 0 for wait in queue.waits) / queue.answered == pytest.approx(
        erlang_c(10.0, 14), abs=0.04
    )
    assert queue.mean_wait == pytest.approx(expected.mean_wait, abs=2.5)
    assert queue.service_level == pytest.approx(expected.service_level, abs=0.03)
    assert queue.occupancy == pytest.approx(expected.occupancy, abs=0.04)


@pytest.mark.parametrize("agents", [pytest.param(8, marks=pytest.mark.slow), 11])
def test_impatient_callers_give_up_as_erlang_a_says(small: Any, agents: int):
    _, queue = queue_run(small, agents, 40, patience=Distribution("exponential", 60.0))
    expected = waiting_with_abandonment(10.0, agents, 180.0, 60.0)
    assert queue.abandoned / queue.offered == pytest.approx(expected.abandoned, abs=0.03)
    assert queue.answered_in_time / queue.offered == pytest.approx(expected.service_level, abs=0.03)
    assert queue.occupancy == pytest.approx(expected.occupancy, abs=0.04)


def test_wrap_up_keeps_agents_busy_but_not_the_line(small: Any):
    talk, wrap_up = Distribution("exponential", 120.0), Distribution("exponential", 60.0)
    result, queue = queue_run(small, 100, 15, talk=talk, wrap_up=wrap_up)
    assert queue.busy_seconds / queue.answered == pytest.approx(180.0, rel=0.07)
    assert result.calls.mean(result.duration) == pytest.approx(200 / 3600 * 120.0, rel=0.07)


def test_calls_at_once_obey_littles_law(small: Any):
    made = small.scenario(calls_per_hour=1200.0, duration=20_000.0)
    result = simulate(made, small.machine(small.prompt(30)), drain=INFINITE)
    assert result.calls.mean(20_000.0) == pytest.approx(1200 / 3600 * 30.0, rel=0.05)
    assert result.completed == result.started == result.planned


def test_calls_above_the_concurrency_quota_are_blocked_as_erlang_b_says(small: Any):
    made = small.scenario(calls_per_hour=200.0, duration=150_000.0)
    result = simulate(made, small.machine(small.prompt(180)), Limits(concurrent_calls=10), drain=INFINITE)
    # The loss formula does not care how holding times are spread: here they are constant.
    assert result.blocked_share == pytest.approx(erlang_b(10.0, 10), abs=0.015)
    assert result.calls.peak == 10
    assert result.started + result.blocked.count == result.planned


def test_nothing_is_blocked_one_call_below_the_quota(small: Any):
    made = small.scenario(calls_per_hour=360.0, duration=3600.0, arrivals=ArrivalProcess.EVEN)
    machine = small.machine(small.prompt(30))
    assert simulate(made, machine, Limits(concurrent_calls=3), drain=INFINITE).blocked.count == 0
    short = simulate(made, machine, Limits(concurrent_calls=2), drain=INFINITE)
    assert short.blocked.count > 0
    assert short.blocked.first_at == 25.0


def test_outbound_starts_above_the_rate_are_throttled_after_the_burst(small: Any):
    made = small.scenario(
        calls_per_hour=4 * 3600.0, duration=60.0, direction=Direction.OUTBOUND, arrivals=ArrivalProcess.EVEN
    )
    result = simulate(
        made, small.machine(small.prompt(1)), Limits(start_rate=2.0, start_burst=5.0), drain=INFINITE
    )
    assert result.planned == 240
    # Two a second are refilled, and the five that were there at first.
    assert result.started == pytest.approx(125, abs=1)
    assert result.start_throttled.first_at == pytest.approx(2.125, abs=0.3)


def test_inbound_calls_do_not_ask_the_api(small: Any):
    made = small.scenario(calls_per_hour=4 * 3600.0, duration=60.0)
    result = simulate(
        made, small.machine(small.prompt(1)), Limits(start_rate=1.0, start_burst=1.0), drain=INFINITE
    )
    assert result.start_throttled.count == 0


def test_lambda_above_its_concurrency_is_throttled_and_connect_tries_again(small: Any):
    function = Function("lookup", latency=Distribution("constant", 0.5))
    made = small.scenario(calls_per_hour=3 * 3600.0, duration=120.0, functions=(function,))
    machine = small.machine(small.lookup)
    free = simulate(made, machine, drain=INFINITE)
    bound = simulate(made, machine, Limits(lambda_concurrency=1), drain=INFINITE)
    assert free.lambda_throttled.count == 0
    assert bound.functions.level.peak == 1
    assert bound.lambda_throttled.count > 0
    counts = bound.invocations["lookup"]
    assert counts.attempts > counts.invocations == bound.planned
    assert free.invocations["lookup"].attempts == free.planned


def test_reserved_concurrency_throttles_one_function(small: Any):
    function = Function("lookup", latency=Distribution("constant", 0.5), reserved_concurrency=1)
    made = small.scenario(calls_per_hour=3 * 3600.0, duration=120.0, functions=(function,))
    assert simulate(made, small.machine(small.lookup), drain=INFINITE).lambda_throttled.count > 0


def test_table_operations_are_counted_for_every_attempt(small: Any):
    function = Function("lookup", latency=Distribution("constant", 0.1), operations={"t.GetItem": 2.0})
    made = small.scenario(duration=60.0, functions=(function,))
    result = simulate(made, small.machine(small.lookup), drain=INFINITE)
    assert result.functions.units["t.GetItem"].total == 2 * result.planned


def test_a_function_that_is_not_in_the_scenario_is_noted(small: Any):
    result = simulate(small.scenario(duration=10.0), small.machine(small.lookup), drain=INFINITE)
    assert any("not in the scenario: function 'lookup'" in note for note in result.notes)


def test_cold_starts_take_longer(small: Any):
    slow = Distribution("constant", 2.0)
    function = Function("lookup", latency=Distribution("constant", 0.1), cold_start=slow)
    made = small.scenario(
        calls_per_hour=60.0, duration=600.0, functions=(function,), arrivals=ArrivalProcess.EVEN
    )
    result = simulate(made, small.machine(small.lookup), drain=INFINITE)
    level = result.functions.levels["lookup"]
    assert level.mean(result.duration) * result.duration == pytest.approx(2.1 + 9 * 0.1)


def test_what_the_drain_time_cuts_off_is_counted(small: Any):
    made = small.scenario(calls_per_hour=3600.0, duration=100.0)
    result = simulate(made, small.machine(small.prompt(60)), drain=10.0)
    assert result.cut_off > 0
    assert result.completed + result.cut_off == result.started


def test_the_same_seed_gives_the_same_run_and_another_another(small: Any):
    def series(seed: int) -> dict[str, list[float]]:
        made = small.scenario(duration=300.0, queues=(Queue("sales", 3),), seed=seed)
        return simulate(made, small.machine(*small.to_queue)).series()

    assert series(1) == series(1)
    assert series(1) != series(2)


def test_a_bucket_is_full_at_first_and_refills_steadily():
    bucket = TokenBucket(2.0, 5.0)
    assert [bucket.take(0.0) for _ in range(6)] == [True] * 5 + [False]
    assert bucket.take(0.5)
    assert not bucket.take(0.5)
    assert [bucket.take(100.0) for _ in range(6)] == [True] * 5 + [False]
    assert all(TokenBucket(INFINITE, INFINITE).take(0.0) for _ in range(100))


def test_what_comes_before_the_warm_up_is_over_is_not_counted(small: Any):
    scenario = small.scenario(
        calls_per_hour=3600.0, duration=100.0, arrivals=ArrivalProcess.EVEN, queues=(Queue("sales", 5),)
    )
    simulation = Simulation(scenario, small.machine(*small.to_queue), warm_up=60.0)
    result = simulation.run(drain=INFINITE)
    assert result.planned == result.started == 40
    assert result.queues["sales"].offered == 40
    # Calls that arrived before are still there: with 5 agents and a call a second dozens wait at 60 s.
    assert result.calls.peak > 60
    assert result.queues["sales"].largest_size > 40
