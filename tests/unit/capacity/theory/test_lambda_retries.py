"""Throttled invocations that Connect retries: the closed form of the need compared with a simulation."""

from __future__ import annotations

import pytest

from busyhour.calls.policy import RetryPolicy
from busyhour.capacity.requirement import carried, needed
from busyhour.capacity.requirement_kinds import Executions
from busyhour.capacity.theory.erlang import erlang_b, erlang_c
from busyhour.capacity.theory.lambda_retries import LARGE, PAUSES, first_throttled

from ..retry_simulation import share_throttled


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
