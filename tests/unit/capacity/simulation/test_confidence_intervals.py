"""Intervals: where they are known in closed form, and how often they cover."""

import math
import random

import pytest

from busyhour.capacity.simulation import confidence_intervals
from busyhour.capacity.theory import clumps
from busyhour.capacity.theory.erlang import erlang_b


def covered(hits: int, of: int) -> bool:
    """Whether the hits are no less than 95 % by more than chance allows once in a thousand times."""
    return hits / of > 0.95 - 3.1 * math.sqrt(0.95 * 0.05 / of)


def wandering(chance: random.Random, n: int, alike: float) -> list[float]:
    """A series of mean 0 in which neighbours are alike."""
    value = chance.gauss(0.0, 1.0)
    found = []
    for _ in range(n):
        value = alike * value + math.sqrt(1.0 - alike * alike) * chance.gauss(0.0, 1.0)
        found.append(value)
    return found


@pytest.mark.parametrize("alike", [0.0, 0.9, 0.98])
def test_the_mean_of_a_series_is_covered_however_alike_neighbours_are(alike: float):
    chance = random.Random(5)
    hits = 0
    for _ in range(200):
        series = wandering(chance, 2000, alike)
        hits += abs(math.fsum(series) / len(series)) <= confidence_intervals.of_series(series)
    assert covered(hits, 200)


def test_too_short_a_series_shows_nothing():
    assert confidence_intervals.of_series([1.0] * 5) == math.inf
    assert confidence_intervals.of_series([1.0] * 50) == 0.0


def test_a_quantile_is_covered_and_of_few_values_there_is_none():
    chance = random.Random(6)
    hits = 0
    for _ in range(200):
        values = [chance.expovariate(1.0) for _ in range(500)]
        found = confidence_intervals.of_quantile(sorted(values), values, 0.9)
        assert found is not None
        hits += found.low <= math.log(10.0) <= found.high
    assert covered(hits, 200)
    assert confidence_intervals.of_quantile([1.0, 2.0], [2.0, 1.0], 0.99) is None


def test_wilson_is_what_it_is():
    # Of 0 in 100: 0 to 3.7 %; of 50 in 100: 40.4 to 59.6 % (Agresti and Coull 1998).
    assert confidence_intervals.wilson(0.0, 100.0).high == pytest.approx(0.037, abs=0.0005)
    assert (
        confidence_intervals.wilson(0.5, 100.0).low,
        confidence_intervals.wilson(0.5, 100.0).high,
    ) == pytest.approx((0.404, 0.596), abs=0.001)


@pytest.mark.parametrize(("runs", "slices"), [(6, 20), (2, 10), (10, 1), (1, 20)])
def test_a_rare_share_that_comes_in_clumps_is_covered(runs: int, slices: int):
    """Every event is three: 1.5 % of 100 cases in a slice."""
    chance = random.Random(7)
    hits = 0
    for _ in range(300):
        counts = [
            [(3.0 * sum(chance.random() < 0.005 for _ in range(100)), 100.0) for _ in range(slices)]
            for _ in range(runs)
        ]
        found = confidence_intervals.of_share(counts, 3.0)
        assert found is not None
        assert found.interval is not None
        hits += found.low <= 0.015 <= found.high
    assert covered(hits, 300)


def test_slices_that_differ_by_plan_do_not_widen_the_interval():
    chance = random.Random(8)
    counts = [[(chance.gauss(level, 1.0), 100.0) for level in (1.0, 50.0, 5.0)] for _ in range(8)]
    found = confidence_intervals.of_ratio(counts)
    assert found is not None
    assert found.interval is not None
    assert found.high - found.low < 0.02


@pytest.mark.parametrize(("runs", "a_slice"), [(12, 1.0), (12, 0.5), (8, 0.3)])
def test_seconds_of_rare_long_waits_for_each_call(runs: int, a_slice: float):
    """Now and then callers wait, about 20 s and sometimes minutes, `a_slice` times in the mean while 20 calls come."""
    chance, hits = random.Random(9), 0
    true = a_slice * math.exp(3.0 + 0.5) / 20.0

    def waited() -> float:
        total, at = 0.0, chance.expovariate(a_slice)
        while at < 1.0:
            total, at = total + chance.lognormvariate(3.0, 1.0), at + chance.expovariate(a_slice)
        return total

    for _ in range(400):
        found = confidence_intervals.of_ratio(
            [[(waited(), 20.0) for _ in range(6)] for _ in range(runs)], 60.0
        )
        assert found is not None
        hits += found.low <= true <= found.high
    assert covered(hits, 400)


def test_one_run_of_few_slices_has_no_interval():
    found = confidence_intervals.of_ratio([[(1.0, 2.0), (3.0, 4.0)]])
    assert found == confidence_intervals.Ratio(4.0 / 6.0, None)
    assert confidence_intervals.of_ratio([[(0.0, 0.0)]]) is None


def test_what_was_not_seen_has_an_upper_bound():
    found = confidence_intervals.of_share([[(0.0, 500.0)], [(0.0, 500.0)]], 2.0)
    assert found is not None
    assert found.low == 0.0
    assert 0.003 < found.high < 0.3
    waits = confidence_intervals.of_ratio([[(0.0, 500.0)], [(0.0, 500.0)]], 60.0)
    assert waits is not None
    assert 0.1 < waits.high < 0.5


@pytest.mark.parametrize(("load", "lines"), [(1.0, 1), (5.139, 10), (8.0, 8), (100.0, 110)])
def test_clumps_of_blocked_calls_by_the_whole_process(load: float, lines: int):
    """By the deviation matrix of the birth and death process, all states at once."""
    import numpy as np

    rates = np.zeros((lines + 1, lines + 1))
    for n in range(lines):
        rates[n, n + 1], rates[n + 1, n] = load, n + 1
    rates -= np.diag(rates.sum(axis=1))
    weights = np.cumprod([1.0, *(load / n for n in range(1, lines + 1))])
    steady = np.outer(np.ones(lines + 1), weights / weights.sum())
    deviation = np.linalg.inv(steady - rates) - steady
    assert steady[0, -1] == pytest.approx(erlang_b(load, lines))
    assert clumps.of_blocked(load, lines) == pytest.approx(1.0 + 2.0 * load * deviation[-1, -1])


def test_many_lines_and_none_have_no_clumps():
    assert clumps.of_blocked(5.0, math.inf) == clumps.of_blocked(0.0, 10.0) == 1.0
    assert clumps.of_blocked(5.0, 1000.0) < 2.0
