"""Traffic that varies more, or less, than Poisson's."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.capacity import peaked
from busyhour.capacity.theory import erlang_b, load_for_blocking, servers_for_blocking
from busyhour.errors import BusyhourError


def test_even_counts_are_not_peaked_and_uneven_ones_are():
    assert peaked.of_intervals([100, 100, 100, 100], 900.0, 180.0) == 1.0
    assert peaked.of_intervals([20, 180, 20, 180], 900.0, 180.0) > 5.0
    assert peaked.of_intervals([5], 900.0, 180.0) == 1.0


def test_even_arrivals_of_exponential_calls_have_half_the_variance_and_of_constant_ones_none():
    generator = random.Random(1)
    assert peaked.of_even_arrivals([generator.expovariate(1.0) for _ in range(20_000)]) == pytest.approx(
        0.5, abs=0.02
    )
    assert peaked.of_even_arrivals([180.0] * 50) == pytest.approx(0.0, abs=1e-12)
    assert peaked.of_even_arrivals([]) == 1.0


def test_the_smaller_of_two_is_counted_exactly():
    # Of the pairs of 1 and 3 three in four have the smaller one 1: E[min] = 1.5, E = 2.
    assert peaked.of_even_arrivals([1.0, 3.0]) == pytest.approx(0.25)


def test_peaked_traffic_is_blocked_more_and_even_traffic_less():
    assert peaked.blocking(10.0, 15, 1.0) == erlang_b(10.0, 15)
    assert peaked.blocking(10.0, 15, 2.0) > erlang_b(10.0, 15) > peaked.blocking(10.0, 15, 0.5)
    assert peaked.blocking(12.0, 10, 0.0) == pytest.approx(1 / 6)
    with pytest.raises(BusyhourError, match="peakedness -1"):
        peaked.blocking(10.0, 15, -1.0)


@given(st.integers(1, 80), st.floats(0.3, 3.0))
def test_load_and_lines_for_blocking_are_inverse(lines: int, z: float):
    load = peaked.load_for_blocking(lines, 0.01, z)
    assert peaked.blocking(load, lines, z) == pytest.approx(0.01, rel=1e-4)
    assert peaked.lines_for_blocking(load * (1 - 1e-6), 0.01, z) == lines


def test_with_peakedness_one_all_is_as_for_poisson():
    assert peaked.load_for_blocking(20, 0.01, 1.0) == pytest.approx(load_for_blocking(20, 0.01))
    assert peaked.lines_for_blocking(30.0, 0.01, 1.0) == servers_for_blocking(30.0, 0.01)
    assert peaked.quantile(10.0, 0.99, 1.0) == 18
    assert peaked.quantile(10.0, 0.99, 0.25) < 18
    assert peaked.quantile(2.4, 0.99, 0.0) == 3
    assert peaked.lines_for_blocking(0.0, 0.01, 1.0) == 0
