"""Throttled invocations that Connect retries: the closed form of the need compared with a simulation."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import product
from pathlib import Path

import pytest
from scipy.sparse import csc_array
from scipy.sparse.linalg import spsolve

from busyhour.calls.policy import RetryPolicy
from busyhour.capacity.requirement import carried, needed
from busyhour.capacity.requirement_kinds import Executions
from busyhour.capacity.theory.erlang import erlang_b, erlang_c
from busyhour.capacity.theory.lambda_retries import LARGE, PAUSES, first_throttled

from ..retry_simulation import share_throttled

KEPT = Path(__file__).parents[4] / "benchmarks" / "support" / "interval_coverage.json"


def chain(per_second: float, seconds: float, executions: int, pauses: tuple[float, ...], most: int) -> float:
    """Share of first attempts throttled by the whole chain: executions, and invocations in each (exponential) pause.

    Args:
        most: invocations in one pause at most; more have a negligible probability.
    """
    states = list(product(range(executions + 1), *[range(most + 1)] * len(pauses)))
    number = {state: index for index, state in enumerate(states)}
    rates: dict[tuple[int, int], float] = defaultdict(float)

    def step(state: tuple[int, ...], rate: float, *changes: tuple[int, int]) -> None:
        after = list(state)
        for place, by in changes:
            after[place] += by
        if rate and (to := number.get(tuple(after))) is not None:
            rates[to, number[state]] += rate
            rates[number[state], number[state]] -= rate

    for state in states:
        busy, *waiting = state
        full = busy == executions
        step(state, per_second, (1 if full else 0, 1))
        step(state, busy / seconds, (0, -1))
        for retry, (pause, here) in enumerate(zip(pauses, waiting, strict=True), start=1):
            again = ((retry + 1, 1),) if retry < len(pauses) else ()
            step(state, here / pause, (retry, -1), *(again if full else ((0, 1),)))
    # Probabilities add up to 1, instead of the first balance.
    kept = {place: rate for place, rate in rates.items() if place[0] != 0}
    kept |= {(0, column): 1.0 for column in range(len(states))}
    rows, columns = zip(*kept, strict=True)
    balances = csc_array((list(kept.values()), (rows, columns)))
    found = spsolve(balances, [1.0] + [0.0] * (len(states) - 1))
    return float(sum(found[number[state]] for state in states if state[0] == executions))


def test_what_a_forecast_is_compared_with_is_the_share_of_first_attempts() -> None:
    """The kept reference of throttled functions is a simulation with constant pauses: 1.8 % (of all requests 2.5 %)."""
    exact = chain(2.0, 0.5, 4, PAUSES, 7)
    true = json.loads(KEPT.read_text())["functions throttled"]["rejected: lambda.concurrent-executions"]
    assert true == pytest.approx(exact, rel=0.02)
    assert first_throttled(2.0, 0.5, 4, PAUSES) == pytest.approx(true, rel=0.06)


@pytest.mark.parametrize(("per_second", "seconds", "executions"), [(4.0, 1.0, 3), (6.0, 0.2, 2)])
def test_the_three_kinds_of_waiting_can_be_one(per_second: float, seconds: float, executions: int) -> None:
    exact = chain(per_second, seconds, executions, PAUSES, 9)
    assert first_throttled(per_second, seconds, executions, PAUSES) == pytest.approx(exact, rel=0.1)


@pytest.mark.parametrize(("load", "executions"), [(7.0, 10), (46.0, 50)])
def test_without_retries_it_is_erlang_b(load: float, executions: int) -> None:
    found = share_throttled(load, executions, 0.5, RetryPolicy(max_retries=0))
    assert found == pytest.approx(erlang_b(load, executions), rel=0.25)


def test_retries_meet_executions_that_are_still_full() -> None:
    quick = share_throttled(7.0, 10, 0.02)
    slow = share_throttled(7.0, 10, 2.0)
    assert erlang_b(7.0, 10) < quick < slow


@pytest.mark.parametrize(
    ("load", "seconds", "executions"),
    [(2.0, 0.2, 2), (3.0, 0.5, 6), (5.0, 1.0, 10), (5.0, 2.0, 3), (40.0, 0.8, 50), (50.0, 1.0, 20)],
)
def test_the_share_is_that_of_a_simulation_from_one_percent_to_deep_overload(
    load: float, seconds: float, executions: int
) -> None:
    found = first_throttled(load / seconds, seconds, executions, PAUSES)
    shares = [share_throttled(load, executions, seconds, seed=seed) for seed in range(3)]
    assert found == pytest.approx(sum(shares) / len(shares), rel=0.2)


@pytest.mark.parametrize("per_second", [1.0, 7.0, 50.0])
@pytest.mark.parametrize("seconds", [0.1, 0.5, 2.0])
def test_at_the_need_no_more_is_throttled_than_is_tolerated(per_second: float, seconds: float) -> None:
    plan = Executions(per_second * seconds, per_second)
    need = int(needed(plan))
    assert share_throttled(plan.erlang, need, seconds) < 0.0115  # throttles come in bunches
    assert share_throttled(plan.erlang, max(1, need - 2), seconds) > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("per_second", [1.0, 2.0, 5.0, 10.0, 20.0, 50.0])
def test_the_need_is_never_below_that_of_a_simulation(per_second: float) -> None:
    for seconds in (0.1, 0.2, 0.5, 1.0, 2.0):
        need = int(needed(Executions(per_second * seconds, per_second)))
        shares = [share_throttled(per_second * seconds, need, seconds, seed=seed) for seed in range(4)]
        assert sum(shares) / len(shares) < 0.0105, (per_second, seconds, need)


def test_a_need_and_what_it_carries_agree_with_retries() -> None:
    for plan in (Executions(3.0, 6.0), Executions(60.0, 30.0), Executions(3.0, 6.0, 1e-5)):
        need = needed(plan)
        assert carried(plan, need - 1) < 1.0 <= carried(plan, need) * (1 + 1e-6)
        at = carried(plan, need)
        assert plan.rejected(need, at) == pytest.approx(plan.share, rel=1e-3)


def test_of_large_loads_it_is_the_upper_bound() -> None:
    load = LARGE * 1.01
    assert first_throttled(load, 1.0, 560, PAUSES) == erlang_c(load, 560)
    assert first_throttled(load, 1.0, 400, PAUSES) == 1.0
    just_below = LARGE * 0.99
    assert (
        erlang_b(just_below, 540) < first_throttled(just_below, 1.0, 540, PAUSES) < erlang_c(just_below, 540)
    )
