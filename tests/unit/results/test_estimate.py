"""Shares of all calls from a sample: Wilson's interval, corrected for a finite population."""

import math
import random

import pytest

from busyhour.results.estimate import Estimate, alike, clumping, estimate, in_words, interval, of_plan


def test_the_interval_of_an_infinite_population_is_wilsons() -> None:
    # Newcombe (1998), table I: 81 of 263, 0.2553 to 0.3662.
    assert interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_a_sample_of_everything_leaves_nothing_open() -> None:
    assert interval(3, 10, 10) == (0.3, 0.3)
    assert estimate(3, 10, 10) == Estimate(0.3)


def test_nothing_looked_at_leaves_everything_open() -> None:
    assert interval(0, 0, 100) == (0.0, 1.0)
    assert estimate(0, 0, 100) is None
    assert estimate(0, 0, 0) is None


def test_those_that_were_looked_at_are_known() -> None:
    low, high = interval(9, 9, 10)
    assert low >= 0.9
    assert high == 1.0
    assert interval(0, 9, 10)[1] <= 0.1 + 1e-12


def test_a_larger_part_of_the_population_narrows_the_interval() -> None:
    widths = [high - low for low, high in (interval(10, 50, n) for n in (51, 100, 1_000, math.inf))]
    assert widths == sorted(widths)


@pytest.mark.parametrize(("population", "ones", "sample"), [(778, 132, 69), (300, 9, 100), (1000, 500, 40)])
def test_the_interval_covers_the_share(population: int, ones: int, sample: int) -> None:
    """At least 93 % of 2,000 samples without replacement: the interval is stated as one of 95 %."""
    draw = random.Random(7)
    members = [1] * ones + [0] * (population - ones)
    covered = 0
    for _ in range(2_000):
        low, high = interval(sum(draw.sample(members, sample)), sample, population)
        covered += low - 1e-12 <= ones / population <= high + 1e-12
    assert covered / 2_000 >= 0.93


def test_what_is_known_of_every_call_is_added_to_what_the_sample_stands_for() -> None:
    """100 refused starts, and a fifth of the 400 accepted calls by a sample of 50: 180 of 500."""
    found = estimate(10, 50, 400, certain=100)
    assert found is not None
    assert found.share == pytest.approx(180 / 500)
    low, high = interval(10, 50, 400)
    assert found.interval == pytest.approx(((100 + 400 * low) / 500, (100 + 400 * high) / 500))
    assert found.sampled == 50
    other = estimate(40, 50, 400, others=100)
    assert other is not None
    assert other.share == pytest.approx(320 / 500)


def test_independent_calls_count_one_each_and_calls_that_end_alike_together() -> None:
    draw = random.Random(3)
    independent = [draw.random() < 0.1 for _ in range(2_000)]
    assert alike(independent) < 3.0
    in_rows = [one for one in independent[:200] for _ in range(10)]
    assert alike(in_rows) > 5.0
    assert alike([]) == alike([True] * 50) == 1.0


def test_the_interval_of_calls_that_end_alike_covers_the_share() -> None:
    """Rows of 20 calls that end alike: taken for independent ones, their intervals cover the share about every other time."""
    draw = random.Random(11)
    covered = naive = 0
    for _ in range(400):
        ones = [one for one in [draw.random() < 0.2 for _ in range(100)] for _ in range(20)]
        row, hits = alike(ones), sum(ones)
        low, high = interval(hits / row, len(ones) / row)
        covered += low <= 0.2 <= high
        low, high = interval(hits, len(ones))
        naive += low <= 0.2 <= high
    assert covered / 400 >= 0.93
    assert naive / 400 < 0.6


def test_the_interval_of_a_plan_is_wilsons_where_calls_are_independent_and_wider_where_they_end_alike() -> (
    None
):
    even = [(8, 10)] * 50
    assert of_plan(400, 500, even) == interval(400, 500)
    in_rows = [(10, 10)] * 40 + [(0, 10)] * 10
    low, high = of_plan(400, 500, in_rows) or (0.0, 0.0)
    assert low < interval(400, 500)[0] - 0.1
    assert high > interval(400, 500)[1]
    assert of_plan(0, 0, []) is None
    assert of_plan(9, 9, []) == interval(9, 9)


def test_pieces_of_calls_count_as_the_calls_themselves() -> None:
    draw = random.Random(5)
    ones = [draw.random() < (0.9 if (at // 60) % 2 else 0.5) for at in range(1_000)]
    pieces = [(sum(ones[at : at + 4]), 4) for at in range(0, 1_000, 4)]
    assert clumping(pieces) == pytest.approx(alike(ones), rel=1e-12)
    assert clumping([(0, 0), *pieces, (0, 0)]) == pytest.approx(alike(ones), rel=1e-12)
    assert clumping([(3, 3)] * 20) == clumping([(1, 2)] * 3) == 1.0


def test_the_interval_of_a_plan_covers_the_service_level_of_a_queue() -> None:
    """An M/M/1 queue at 0.6 erlang: 1 - 0.6 exp(-0.4 t / h) wait at most t. At least 93 % of 300 runs of 2,000 calls."""
    level = 1.0 - 0.6 * math.exp(-0.4 * 2.0)
    covered = 0
    for seed in range(300):
        draw, wait, flags = random.Random(seed), 0.0, []
        for number in range(2_300):
            if number >= 300:
                flags.append(int(wait <= 2.0))
            wait = max(0.0, wait + draw.expovariate(1.0) - draw.expovariate(0.6))
        low, high = of_plan(sum(flags), len(flags), [(flag, 1) for flag in flags]) or (1.0, 0.0)
        covered += low <= level <= high
    assert covered / 300 >= 0.93


def test_an_interval_is_told_in_one_way() -> None:
    assert in_words((0.75, 0.84123), 1_400) == "0.75 to 0.841, estimated from 1,400 calls"
