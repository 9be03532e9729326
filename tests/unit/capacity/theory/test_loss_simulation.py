import math
import statistics

import pytest
from support.erlang_loss import erlang_b_simulation

from busyhour.capacity.theory.erlang import erlang_b


@pytest.mark.parametrize(("load", "servers"), [(4.46, 10), (10.0, 10), (84.1, 100), (50.0, 40)])
def test_the_loss_system_agrees_with_erlang_b(load: float, servers: int):
    result = erlang_b_simulation(load, servers, 200_000)
    expected = erlang_b(load, servers)
    # Blocked calls come in bunches, so the spread is wider than that of independent ones.
    assert result.blocked_share == pytest.approx(expected, abs=0.003 + 0.05 * expected)
    assert result.peak == servers


def test_the_bucket_throttles_before_servers_are_used():
    result = erlang_b_simulation(50.0, 10_000, 50_000, holding=10.0, rate=2.0, burst=5.0)
    assert result.throttled / result.calls == pytest.approx(1 - 2.0 / 5.0, abs=0.01)
    assert result.blocked == 0


def test_the_same_seed_gives_the_same_result():
    assert erlang_b_simulation(5.0, 6, 20_000, seed=3) == erlang_b_simulation(5.0, 6, 20_000, seed=3)
    assert erlang_b_simulation(5.0, 6, 20_000, seed=3) != erlang_b_simulation(5.0, 6, 20_000, seed=4)


POINTS = [
    (load, math.ceil(load * factor) + extra)
    for load in (2.0, 5.0, 10.0, 25.0, 60.0)
    for factor, extra in ((0.7, 0), (1.0, 0), (1.1, 1), (1.2, 2))
]


@pytest.mark.slow
def test_at_twenty_points_the_confidence_intervals_cover_erlang_b():
    covered = 0
    for load, servers in POINTS:
        shares = [erlang_b_simulation(load, servers, 40_000, seed=seed).blocked_share for seed in range(10)]
        # Student's t with 9 degrees of freedom, 95 %.
        half = 2.262 * statistics.stdev(shares) / math.sqrt(len(shares))
        covered += abs(statistics.fmean(shares) - erlang_b(load, servers)) <= half
    # Of 20 intervals at 95 %, fewer than 16 cover in one case of 400.
    assert len(POINTS) == 20
    assert covered >= 16
