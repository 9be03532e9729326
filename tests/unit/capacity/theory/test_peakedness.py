"""Traffic that varies more, or less, than Poisson's."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.capacity.forecast.build import CALLS, forecast
from busyhour.capacity.theory import peakedness
from busyhour.capacity.theory.erlang import erlang_b, load_for_blocking, servers_for_blocking
from busyhour.capacity.theory.holding_times import HoldingTime
from busyhour.errors import BusyhourError
from busyhour.scenarios.traffic_plan.plan import with_traffic


def even(seconds: list[float]) -> float:
    """Peakedness of calls that start evenly and last one of these times, all equally often."""
    return peakedness.of_even_arrivals(HoldingTime.of_sample(seconds, 0.0))


def test_even_counts_are_not_peaked_and_uneven_ones_are():
    assert peakedness.of_intervals([100, 100, 100, 100], 900.0, 180.0) == 1.0
    assert peakedness.of_intervals([20, 180, 20, 180], 900.0, 180.0) > 5.0
    assert peakedness.of_intervals([5], 900.0, 180.0) == 1.0


def test_even_arrivals_of_exponential_calls_have_half_the_variance_and_of_constant_ones_none():
    generator = random.Random(1)
    assert even([generator.expovariate(1.0) for _ in range(20_000)]) == pytest.approx(0.5, abs=0.02)
    assert even([180.0] * 50) == pytest.approx(0.0, abs=1e-12)
    assert even([]) == 1.0


def test_the_smaller_of_two_is_counted_exactly():
    # Of the pairs of 1 and 3 three in four have the smaller one 1: E[min] = 1.5, E = 2.
    assert even([1.0, 3.0]) == pytest.approx(0.25)


def test_peaked_traffic_is_blocked_more_and_even_traffic_less():
    assert peakedness.blocking(10.0, 15, 1.0) == erlang_b(10.0, 15)
    assert peakedness.blocking(10.0, 15, 2.0) > erlang_b(10.0, 15) > peakedness.blocking(10.0, 15, 0.5)
    assert peakedness.blocking(12.0, 10, 0.0) == pytest.approx(1 / 6)
    with pytest.raises(BusyhourError, match="peakedness -1"):
        peakedness.blocking(10.0, 15, -1.0)


@given(st.integers(1, 80), st.floats(0.3, 3.0))
def test_load_and_lines_for_blocking_are_inverse(lines: int, z: float):
    load = peakedness.load_for_blocking(lines, 0.01, z)
    assert peakedness.blocking(load, lines, z) == pytest.approx(0.01, rel=1e-4)
    assert peakedness.lines_for_blocking(load * (1 - 1e-6), 0.01, z) == lines


def test_with_peakedness_one_all_is_as_for_poisson():
    assert peakedness.load_for_blocking(20, 0.01, 1.0) == pytest.approx(load_for_blocking(20, 0.01))
    assert peakedness.lines_for_blocking(30.0, 0.01, 1.0) == servers_for_blocking(30.0, 0.01)
    assert peakedness.quantile(10.0, 0.99, 1.0) == 18
    assert peakedness.quantile(10.0, 0.99, 0.25) < 18
    assert peakedness.quantile(2.4, 0.99, 0.0) == 3
    assert peakedness.lines_for_blocking(0.0, 0.01, 1.0) == 0


def test_a_peaked_day_makes_the_formula_fail_and_is_noted(small: Any):
    """Quiet quarters and a storm: the mean load fits the lines with room, and in the storm most calls are blocked."""
    day = (20.0, 20.0, 20.0, 400.0, 20.0, 20.0, 20.0, 20.0)
    scenario = small.scenario(duration=8 * 900.0, calls_per_hour=0.0)
    traffic = replace(scenario.traffic, calls_per_hour=0.0, intervals=day, interval_seconds=900.0)
    quotas = {"L-12AB7C57": 25.0}
    found = forecast(
        with_traffic(replace(scenario, quotas=quotas), traffic, day=True),
        machine=small.machine(small.prompt(180)),
        calls=200,
    )
    [calls] = [quota for quota in found.quotas if quota.key == CALLS]
    mean_load = sum(day) / (8 * 900.0) * 180.0
    steady = erlang_b(mean_load, 25)
    assert steady < 0.01
    assert calls.rejected_simulated > 0.3
    # At each moment's own load the formula comes near again.
    assert calls.rejected_theory == pytest.approx(calls.rejected_simulated, abs=0.08)
    [note] = [note for note in found.notes if note.startswith("the recorded intervals are peaked")]
    assert f"gives {steady:.2%} of the calls" in note
    assert f"in the simulation {calls.rejected_simulated:.2%}" in note
    assert "size quotas from the busiest interval" in note


def test_a_steady_day_is_not_called_peaked(small: Any):
    scenario = small.scenario(duration=8 * 900.0, calls_per_hour=0.0)
    traffic = replace(
        scenario.traffic, calls_per_hour=0.0, intervals=(65.0, 70.0, 68.0, 72.0) * 2, interval_seconds=900.0
    )
    found = forecast(
        with_traffic(scenario, traffic, day=True), machine=small.machine(small.prompt(180)), calls=200
    )
    assert not any("peaked" in note for note in found.notes)
