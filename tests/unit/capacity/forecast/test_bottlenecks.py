"""Each row by force: a little below its volume less than 1 % is rejected, a little above more."""

from dataclasses import replace
from typing import Any

import pytest

from busyhour.capacity.forecast.build import CALLS, forecast
from busyhour.capacity.forecast.limits import Fits, Limit, LimitForecast, at_busiest, by_volume, row_of
from busyhour.capacity.forecast.resources import EXECUTIONS
from busyhour.capacity.requirement_kinds import TOLERATED, Lines
from busyhour.capacity.simulation.simulate import INFINITE, Limits, SimulationResult, simulate
from busyhour.capacity.theory.erlang import servers_for_blocking
from busyhour.quotas.model import Origin, QuotaValue
from busyhour.quotas.table import quota_table
from busyhour.scenarios.model import Distribution, Function, Objective, Queue
from busyhour.scenarios.traffic import Direction
from busyhour.scenarios.traffic_plan.plan import with_traffic

TABLE = quota_table.load()
CALLS_SIMULATED = 30_000


def rung_of(
    small: Any, scenario: Any, actions: tuple[Any, ...], key: str, **values: float
) -> tuple[LimitForecast, Any]:
    machine = small.machine(*actions)
    known = [QuotaValue(TABLE.by_key(k), v, Origin.OVERRIDE, "2026-01-01") for k, v in values.items()]
    found = forecast(scenario, known, table=TABLE, machine=machine, calls=1000)
    return next(row for row in found.limits if row.key == key), machine


def at(scenario: Any, machine: Any, volume: float, limits: Limits) -> SimulationResult:
    traffic = replace(scenario.traffic, calls_per_hour=volume, duration=CALLS_SIMULATED * 3600.0 / volume)
    return simulate(with_traffic(scenario, traffic), machine, limits, drain=INFINITE)


@pytest.mark.slow
def test_concurrent_calls(small: Any):
    scenario = small.scenario(calls_per_hour=60.0)
    row, machine = rung_of(small, scenario, (small.prompt(180),), CALLS)
    limits = Limits(concurrent_calls=10)
    below, above = (at(scenario, machine, row.calls_per_hour * f, limits).blocked_share for f in (0.85, 1.2))
    assert below < TOLERATED < above


@pytest.mark.slow
def test_starts_a_second(small: Any):
    scenario = small.scenario(direction=Direction.OUTBOUND, callers={"answer": Distribution("constant", 0.1)})
    key = "connect.start-outbound-voice-contact.rate"
    row, machine = rung_of(small, scenario, (small.prompt(1),), key, **{CALLS: 1000.0})
    limits = Limits(start_rate=2.0, start_burst=5.0)
    below, above = (at(scenario, machine, row.calls_per_hour * f, limits).blocked_share for f in (0.9, 1.1))
    assert below < TOLERATED < above


@pytest.mark.slow
def test_lambda_concurrency(small: Any):
    function = Function("lookup", latency=Distribution("constant", 2.0))
    scenario = small.scenario(functions=(function,))
    row, machine = rung_of(small, scenario, (small.lookup,), EXECUTIONS, **{EXECUTIONS: 10.0})
    shares = []
    for factor in (0.8, 1.2):
        result = at(scenario, machine, row.calls_per_hour * factor, Limits(lambda_concurrency=10))
        shares.append(result.lambda_throttled.count / result.functions.requests.total)
    assert shares[0] < TOLERATED < shares[1]


@pytest.mark.slow
def test_queue_capacity(small: Any):
    scenario = small.scenario(
        calls_per_hour=150.0,
        queues=(Queue("sales", 10, capacity=5),),
        patience=Distribution("exponential", 60.0),
    )
    row, machine = rung_of(small, scenario, small.to_queue, "queue.sales.capacity")
    shares = []
    for factor in (0.85, 1.2):
        queue = at(scenario, machine, row.calls_per_hour * factor, Limits()).queues["sales"]
        shares.append(queue.rejected / queue.offered)
    assert shares[0] < TOLERATED < shares[1]


def test_rungs_are_climbed_in_order_of_volume_and_one_that_never_binds_comes_last():
    def row(key: str, value: float, erlang: float = 1.0) -> LimitForecast:
        limit = Limit(key, key, None, value, "count", "")
        return row_of(limit, Lines(erlang), 60.0, symptom="", calculation="")

    order = by_volume([row("never", 1.0, 0.0), row("b", 20.0), row("a", 10.0)])
    assert [each.key for each in order] == ["a", "b", "never"]
    assert order[-1].as_json()["calls_per_hour"] is None


def test_the_busiest_moment_is_found():
    assert at_busiest(lambda t: -((t - 30.0) ** 2), 60.0) == (0.0, 30.0)
    assert Limit("k", "n", None, 1.0, "", "").adjustable


def test_quick_functions_meet_the_request_rate_before_the_executions(small: Any):
    function = Function("lookup", latency=Distribution("constant", 0.01))
    scenario = small.scenario(calls_per_hour=360.0, duration=600.0, functions=(function,))
    row, _ = rung_of(small, scenario, (small.lookup,), EXECUTIONS, **{EXECUTIONS: 10.0})
    # 100 requests a second, one a call; 10 executions alone would carry 446 calls a second.
    assert row.calls_per_hour == pytest.approx(360_000.0 / 0.99)
    assert "1 requests/s at 10 for each execution" in row.calculation


@pytest.mark.parametrize(("reserved", "carried"), [(0, 0.0), (1, 36_000.0 / 0.99)])
def test_a_function_that_takes_no_time_still_needs_executions(small: Any, reserved: int, carried: float):
    """50 requests/s need 5 executions, however short each is; a reserved concurrency of 0 lets none start."""
    function = Function("lookup", latency=Distribution("constant", 0.0), reserved_concurrency=reserved)
    scenario = small.scenario(calls_per_hour=180_000.0, functions=(function,))
    row, _ = rung_of(small, scenario, (small.lookup,), "function.lookup.reserved")
    assert row.verdict is Fits.EXCEEDS
    assert row.needed == 5
    assert row.calls_per_hour == pytest.approx(carried)


def unmet(small: Any, function: Function, *objectives: Objective, per_hour: float) -> list[str]:
    scenario = replace(small.scenario(calls_per_hour=per_hour, functions=(function,)), objectives=objectives)
    known = [QuotaValue(TABLE.by_key(CALLS), 1000.0, Origin.OVERRIDE, "2026-01-01")]
    found = forecast(scenario, known, table=TABLE, machine=small.machine(small.lookup), calls=50)
    assert not found.binding
    assert found.unplanned == found.unmet
    return found.unmet


def test_tolerated_throttles_may_not_lose_more_calls_than_error_branches_are_tolerated(small: Any):
    """2 erlang on 2 executions: 64 % of first attempts may be throttled, but a quarter of the calls is lost by them."""
    function = Function("lookup", latency=Distribution("exponential", 0.5), reserved_concurrency=2)
    throttles = Objective("throttle_share", at_most=0.9)
    (reason,) = unmet(small, function, throttles, per_hour=14_400.0)
    share = float(reason.partition("%")[0])
    assert 20.0 < share < 30.0
    assert "of the calls lose an invocation after its retries" in reason
    assert "0.1 % is tolerated" in reason
    errors = Objective("error_branch_share", at_most=0.5)
    assert unmet(small, function, throttles, errors, per_hour=14_400.0) == []


def test_invocations_that_the_end_of_a_simulation_cuts_off_are_not_lost(small: Any):
    function = Function("lookup", latency=Distribution("constant", 7.0), reserved_concurrency=40)
    assert unmet(small, function, per_hour=7200.0) == []


def test_lines_are_enough_for_callers_who_wait_for_agents_too(small: Any):
    """39.6 erlang at 34 agents: by Erlang B of the mean 52 lines do, by the whole network they block 1.7 %."""
    talk, patience = Distribution("exponential", 30.0), Distribution("exponential", 300.0)
    queue = Queue("sales", agents=34)
    plan = small.scenario(calls_per_hour=3958.0, queues=(queue,), talk=talk, patience=patience)
    machine = small.machine(*small.to_queue)

    def lines(scenario: Any, value: float) -> Any:
        known = [QuotaValue(TABLE.by_key(CALLS), value, Origin.OVERRIDE, "2026-01-01")]
        found = forecast(scenario, known, table=TABLE, machine=machine, calls=100)
        return next(limit for limit in found.limits if limit.key == CALLS)

    few = lines(plan, 52.0)
    assert few.binds_at_plan
    assert few.needed == 58
    assert few.rejected_at_plan == pytest.approx(0.0169, abs=0.0001)
    assert "by a network of queues: 58" in few.calculation
    assert lines(plan, 58.0).verdict is Fits.WITHIN
    # With agents for all, it is Erlang B of the calls' mean time again.
    staffed = lines(replace(plan, queues={"sales": replace(queue, agents=80)}), 52.0)
    assert staffed.requirement.model == "lines"
    assert staffed.needed == servers_for_blocking(3958.0 / 3600.0 * 30.0, 0.01)


@pytest.mark.parametrize(
    ("talk", "wrap_up", "capacity", "decided"),
    [
        ("exponential", 0.0, None, True),
        ("constant", 0.0, None, False),
        ("exponential", 10.0, None, False),
        ("exponential", 0.0, 40, False),
    ],
)
def test_a_network_that_is_not_exact_leaves_the_nearest_values_open(
    small: Any, talk: str, wrap_up: float, capacity: int | None, decided: bool
):
    plan = small.scenario(
        calls_per_hour=3000.0,
        queues=(Queue("sales", agents=34, capacity=capacity),),
        talk=Distribution(talk, 36.0 - wrap_up),
        wrap_up=Distribution("constant", wrap_up),
        patience=Distribution("exponential", 300.0),
    )
    machine = small.machine(*small.to_queue)
    known = [QuotaValue(TABLE.by_key(CALLS), 40.0, Origin.OVERRIDE, "2026-01-01")]
    found = forecast(plan, known, table=TABLE, machine=machine, calls=100)
    row = next(limit for limit in found.limits if limit.key == CALLS)
    assert row.requirement.model == "queued lines"
    known = [QuotaValue(TABLE.by_key(CALLS), row.needed, Origin.OVERRIDE, "2026-01-01")]
    again = forecast(plan, known, table=TABLE, machine=machine, calls=100)
    row = next(limit for limit in again.limits if limit.key == CALLS)
    assert row.verdict is (Fits.WITHIN if decided else Fits.UNDECIDED)


CALLS_LIMIT = Limit("calls", "Calls", "L-1", 10.0, "count", "override")


@pytest.mark.parametrize(
    ("spread", "value", "verdict"),
    [
        (0.0, 18.0, Fits.WITHIN),
        (0.0, 17.0, Fits.EXCEEDS),
        (0.1, 18.0, Fits.UNDECIDED),
        (0.1, 17.0, Fits.UNDECIDED),
        (0.1, 20.0, Fits.WITHIN),
        (0.1, 15.0, Fits.EXCEEDS),
    ],
)
def test_a_sampled_load_decides_only_where_its_whole_interval_does(
    spread: float, value: float, verdict: Fits
) -> None:
    """10 erlang need 18 lines at 1 %, 9 need 17, 11 need 20."""
    limit = replace(CALLS_LIMIT, value=value)
    row = row_of(limit, Lines(10.0), 200.0, symptom="", calculation="", headroom=0.2, spread=spread)
    assert row.verdict is verdict
    assert (row.needed, row.with_headroom) == (18.0, 23.0)
    assert row.binds_at_plan is (verdict is Fits.EXCEEDS)


def test_two_calculations_that_disagree_decide_nothing() -> None:
    row = row_of(CALLS_LIMIT, Lines(10.0), 200.0, symptom="", calculation="", undecided=True)
    assert row.verdict is Fits.UNDECIDED


@pytest.mark.parametrize(("agents", "kind"), [(8, Fits.EXCEEDS), (30, Fits.WITHIN)])
def test_agents_are_a_limit_like_all_others(small: Any, agents: int, kind: Fits) -> None:
    """150 calls/h of 180 s are 7.5 erlang; Erlang A with a patience of 600 s needs more than 8 agents for 80 % in 20 s."""
    scenario = small.scenario(
        calls_per_hour=150.0,
        queues=(Queue("sales", agents),),
        patience=Distribution("exponential", 600.0),
    )
    row, _ = rung_of(small, scenario, small.to_queue, "queue.sales.agents")
    assert row.verdict is kind


def test_users_are_counted_with_the_limits(small: Any) -> None:
    scenario = small.scenario(calls_per_hour=60.0, queues=(Queue("sales", 900),))
    row, _ = rung_of(small, scenario, small.to_queue, "connect.users-per-instance")
    assert (row.value, row.needed, row.verdict) == (500.0, 900.0, Fits.EXCEEDS)
    assert row.calls_per_hour == pytest.approx(60.0 * 500 / 900)


def test_calls_at_once_of_an_overloaded_queue_have_the_waits_of_the_end(small: Any) -> None:
    """3,600 calls/h of 175 s are 175 erlang on 170 agents; with a patience of an hour 106 contacts wait by Erlang A."""
    scenario = small.scenario(
        calls_per_hour=3600.0,
        queues=(Queue("sales", 170),),
        talk=Distribution("exponential", 175.0),
        wrap_up=Distribution("constant", 0.0),
        patience=Distribution("exponential", 3600.0),
    )
    row, _ = rung_of(small, scenario, small.to_queue, CALLS, **{CALLS: 250.0})
    assert row.load == pytest.approx(281.0, rel=0.05)
    assert row.verdict is Fits.EXCEEDS


@pytest.mark.parametrize(
    ("agents", "patience", "verdict"),
    [
        (9900, Distribution("constant", 60.0), Fits.UNDECIDED),
        (9000, Distribution("constant", 60.0), Fits.UNDECIDED),
        (11_000, Distribution("constant", 60.0), Fits.WITHIN),
        (9900, Distribution("exponential", 60.0), Fits.WITHIN),
        (7000, Distribution("exponential", 60.0), Fits.EXCEEDS),
        (5000, Distribution("constant", 60.0), Fits.EXCEEDS),
    ],
)
def test_ten_thousand_erlang_of_a_queue_that_is_too_large_to_simulate(
    small: Any, agents: int, patience: Distribution, verdict: Fits
):
    """Callers who all wait a minute are all answered late above the agents' number, unlike in Erlang A."""
    scenario = small.scenario(calls_per_hour=200_000.0, queues=(Queue("sales", agents),), patience=patience)
    found = forecast(scenario, table=TABLE, machine=small.machine(*small.to_queue), calls=400)
    row = next(row for row in found.limits if row.key == "queue.sales.agents")
    assert row.verdict is verdict
