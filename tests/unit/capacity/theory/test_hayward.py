"""Peakedness of intervals against the integral that it stands for, and Hayward's formula at its ends."""

from __future__ import annotations

import math

import pytest

from busyhour.capacity.theory import peakedness as peaked
from busyhour.capacity.theory.erlang import erlang_b

COUNTS = [80.0, 120.0, 150.0, 60.0, 90.0, 140.0]


def integrated(counts, width, holding):
    """1 + (1/lambda) * integral over t of exp(-t/holding) * covariance of the rate at distance t."""
    n = len(counts)
    mean = sum(counts) / n
    variance = sum((count - mean) ** 2 for count in counts) / (n - 1)
    extra = max(0.0, variance - mean) / width**2
    steps = 200_000
    h = width / steps
    # Within an interval the covariance falls in a straight line from the rate's variance to 0.
    area = sum(math.exp(-(i + 0.5) * h / holding) * (1 - (i + 0.5) / steps) for i in range(steps)) * h
    return 1.0 + extra / (mean / width) * area


@pytest.mark.parametrize(("width", "holding"), [(900.0, 180.0), (60.0, 240.0), (1800.0, 30.0)])
def test_of_intervals_is_the_integral_of_the_covariance(width, holding):
    assert peaked.of_intervals(COUNTS, width, holding) == pytest.approx(
        integrated(COUNTS, width, holding), rel=1e-6
    )


@pytest.mark.parametrize(
    ("counts", "width", "holding"),
    [
        ([50.0], 900.0, 180.0),
        ([50.0, 90.0], 900.0, 0.0),
        ([50.0, 90.0], 0.0, 180.0),
        ([50.0, 90.0], 900.0, -1.0),
        ([50.0, 90.0], -1.0, 180.0),
        ([-50.0, -90.0], 900.0, 180.0),
        ([0.0, 0.0], 900.0, 180.0),
    ],
)
def test_intervals_that_tell_nothing_are_taken_for_poisson(counts, width, holding):
    assert peaked.of_intervals(counts, width, holding) == 1.0


def test_counts_that_vary_less_than_poissons_are_not_peaked():
    assert peaked.of_intervals([100.0, 101.0, 99.0], 900.0, 180.0) == 1.0


def test_as_many_calls_at_once_at_any_time_fill_lines_without_waste():
    assert peaked.blocking(20.0, 25.0, 0.0) == 0.0
    assert peaked.blocking(25.0, 20.0, 0.0) == pytest.approx(0.2)
    assert peaked.blocking(0.0, 5.0, 0.0) == 0.0


def test_peakedness_1_is_erlang_b():
    assert peaked.blocking(20.0, 25.0, 1.0) == erlang_b(20.0, 25)


@pytest.mark.parametrize("z", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("load", [0.3, 5.0, 80.0, 4_000.0])
def test_fewest_lines_are_the_fewest_and_found_in_few_steps(monkeypatch, load, z):
    asked = []
    real = peaked.blocking

    def counted(offered, lines, peakedness):
        asked.append(lines)
        return real(offered, lines, peakedness)

    monkeypatch.setattr(peaked, "blocking", counted)
    lines = peaked.lines_for_blocking(load, 0.01, z)
    assert real(load, lines, z) <= 0.01 < real(load, lines - 1, z)
    assert len(asked) < 40


def test_no_load_needs_no_line():
    assert peaked.lines_for_blocking(0.0, 0.01, 1.5) == 0
    assert peaked.lines_for_blocking(-1.0, 0.01, 1.5) == 0
    assert peaked.load_for_blocking(-1.0, 0.01, 1.5) == 0.0
    assert peaked.blocking(-1.0, 5.0, 0.0) == 0.0
    assert peaked.load_for_blocking(0.0, 0.01, 1.5) == 0.0


@pytest.mark.parametrize("z", [0.5, 1.0, 2.0])
def test_load_and_blocking_are_inverses(z):
    load = peaked.load_for_blocking(40, 0.01, z)
    assert peaked.blocking(load, 40, z) == pytest.approx(0.01, rel=1e-6)
