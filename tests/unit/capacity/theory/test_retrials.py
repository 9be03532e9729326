"""Redials in theory, and the simulation beside them."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.capacity.forecast.build import CALLS, forecast
from busyhour.capacity.simulation.simulate import Limits, simulate
from busyhour.capacity.theory.erlang import erlang_b
from busyhour.capacity.theory.retrials import WithRedials, attempts_per_call, with_redials
from busyhour.scenarios.model import Distribution, Redial

LATER = Distribution("exponential", 600.0)


def erlang_b_with_redials(load: float, lines: int, redial: Redial | None) -> WithRedials:
    return with_redials(lambda attempts: erlang_b(load * attempts, lines), redial)


def test_without_redials_it_is_erlang_b():
    found = erlang_b_with_redials(10.0, 10, None)
    assert (found.attempts, found.refused, found.lost) == (1.0, erlang_b(10.0, 10), erlang_b(10.0, 10))


def test_attempts_add_up():
    assert attempts_per_call(0.0, Redial(1.0)) == 1.0
    assert attempts_per_call(0.5, Redial(1.0, attempts=2)) == pytest.approx(1.75)
    assert attempts_per_call(1.0, Redial(1.0, attempts=4)) == 5.0


@given(st.floats(0.5, 80.0), st.integers(1, 80), st.floats(0.0, 1.0), st.integers(0, 6))
def test_redials_never_help_those_who_come_first_and_never_lose_more_than_is_refused(
    load: float, lines: int, share: float, attempts: int
):
    found = erlang_b_with_redials(load, lines, Redial(share, LATER, attempts))
    assert found.refused >= erlang_b(load, lines) - 1e-9
    assert -1e-9 <= found.lost <= found.refused + 1e-9
    # What gets in is what the lines carry.
    assert (1.0 - found.lost) * load <= lines + 1e-6


def test_a_door_that_lets_nobody_in_loses_all():
    found = with_redials(lambda attempts: 1.0, Redial(1.0, LATER, 3))
    assert (found.attempts, found.lost) == (pytest.approx(4.0), pytest.approx(1.0))


@pytest.mark.parametrize(
    ("share", "attempts"),
    [(0.7, 3), pytest.param(0.0, 3, marks=pytest.mark.slow), pytest.param(0.5, 6, marks=pytest.mark.slow)],
)
def test_the_simulation_agrees_where_callers_wait_long_before_they_redial(
    small: Any, share: float, attempts: int
):
    redial = Redial(share, LATER, attempts)
    made = small.scenario(calls_per_hour=1800.0, duration=40_000.0, callers={"redial": redial})
    result = simulate(made, small.machine(small.prompt(10)), Limits(concurrent_calls=5), drain=math.inf)
    theory = erlang_b_with_redials(5.0, 5, redial)
    assert result.attempts / result.planned == pytest.approx(theory.attempts, rel=0.05)
    assert result.blocked.count / result.attempts == pytest.approx(theory.refused, abs=0.02)
    assert result.blocked_share == pytest.approx(theory.lost, abs=0.02)
    assert result.started + result.lost == result.planned


def test_who_redials_at_once_meets_the_same_full_lines(small: Any):
    def lost(after: float) -> float:
        redial = Redial(1.0, Distribution("constant", after), 3)
        made = small.scenario(calls_per_hour=1800.0, duration=6_000.0, callers={"redial": redial})
        run = simulate(made, small.machine(small.prompt(10)), Limits(concurrent_calls=5), drain=math.inf)
        return run.blocked_share

    assert lost(0.1) > 1.5 * lost(300.0)


def test_the_forecast_counts_redials_in_theory_and_simulation(small: Any):
    redial = Redial(0.7, Distribution("exponential", 60.0), 3)
    made = small.scenario(calls_per_hour=1800.0, duration=5400.0, callers={"redial": redial})
    quotas = replace(made, quotas={"L-12AB7C57": 5.0})
    found = forecast(quotas, machine=small.machine(small.prompt(10)), calls=200)
    [calls] = [quota for quota in found.quotas if quota.key == CALLS]
    assert calls.rejected_theory == pytest.approx(erlang_b_with_redials(5.0, 5, redial).refused, abs=0.01)
    assert calls.rejected_simulated == pytest.approx(calls.rejected_theory, abs=0.05)
    [note] = [note for note in found.notes if "redial" in note]
    assert note.startswith("70% of blocked callers redial, at most 3 times: 1.4")
