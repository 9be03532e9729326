"""What a run showed of its plan, from its measured series and counts."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from busyhour.harness.verdict.reach import Reach
from busyhour.harness.verdict.shown import beyond, shown
from busyhour.results.entries import Arrivals, Series
from busyhour.results.record import Shown

REACH = Reach("calls in progress", 100.0, 100.0, 1.0, (60.0, 160.0), 160.0, 0.2, 30.0, None)


def series(value: float, until: int = 160, filling: float = 50.0) -> Series:
    """Calls in progress: `filling` until the plan's load is reached by calculation, then `value`."""
    values = [filling if t < 60 else value for t in range(until)]
    return Series("calls in progress", "calls", [float(t) for t in range(until)], list(values))


def counted(started: int = 500, **more: int) -> Arrivals:
    return Arrivals(started, started, 0, 0, **{"completed": started - more.get("cut_off", 0), **more})


def judged(measured: Series | None, arrivals: Arrivals | None = None, of: Reach = REACH) -> Shown:
    return shown(of, arrivals or counted(), measured, None, smoke=False)


def test_the_load_is_the_mean_while_the_plan_is_reached_by_calculation() -> None:
    made = judged(series(102.0))
    assert (made.planned, made.reached, made.peak, made.why) == (100.0, 102.0, 102.0, [])
    assert made.stationary
    assert (made.ended, made.cut_off) == (500, 0)


def test_a_load_that_stays_behind_is_a_reason_and_chance_is_not() -> None:
    """The mean of 100 s of a Poisson number of 100 with 30 s of memory has a standard deviation of 7.7."""
    low, chance = judged(series(70.0)), judged(series(80.0))
    assert low.why == ["70 calls in progress were reached in the mean, the plan has 100."]
    assert not low.stationary
    assert chance.why == []


def test_the_interval_of_the_mean_covers_simulated_runs() -> None:
    """Of 200 simulated runs of M/M/infinity with 100 erlang hardly one is outside 3 standard deviations."""
    random_ = random.Random(7)
    behind = 0
    for _ in range(200):
        change = [0] * 300
        at = 0.0
        while (at := at + random_.expovariate(100.0 / 30.0)) < 299.0:
            change[int(at)] += 1
            change[min(299, int(at + random_.expovariate(1.0 / 30.0)))] -= 1
        level = [float(sum(change[: t + 1])) for t in range(299)]
        held = Series("calls in progress", "calls", [float(t) for t in range(299)], list(level))
        behind += bool(judged(held, of=replace(REACH, window=(200.0, 299.0))).why)
    assert behind <= 2


def test_a_run_whose_calls_were_mostly_cut_off_does_not_show_the_plan() -> None:
    made = judged(series(100.0), counted(cut_off=251))
    assert made.why == ["The end of the test cut off 251 of 500 calls; 249 ended by themselves."]
    assert judged(series(100.0), counted(cut_off=250)).why == []


def test_what_was_not_measured_is_a_reason() -> None:
    assert "not measured" in judged(None).why[0]
    assert judged(None).reached is None


def test_a_test_that_is_too_short_says_so_and_keeps_what_it_reached() -> None:
    short = replace(
        REACH, reachable=23.0, window=None, busiest=40.0, sufficient_hold=714.0, setting="test.hold=12m"
    )
    made = judged(series(0.0, 45, filling=25.0), of=short)
    assert made.why == [
        "The test reaches 23 of the plan's 100 calls in progress, by calculation. "
        "A hold of at least 12m suffices: --set test.hold=12m."
    ]
    assert (made.reached, made.sufficient_hold, made.stationary) == (25.0, 714.0, False)


def test_blocked_calls_are_not_missing_from_the_load() -> None:
    assert judged(series(80.0), counted(started=10_000, blocked=1000), replace(REACH, memory=0.1)).why != []
    assert judged(series(90.0), counted(started=10_000, blocked=1000), replace(REACH, memory=0.1)).why == []


def test_a_smoke_run_shows_nothing_whatever_it_measured() -> None:
    made = shown(REACH, counted(), series(100.0), None, smoke=True)
    assert made.why == ["A smoke run shows nothing of the capacity."]


def test_a_rate_is_compared_in_calls_per_hour() -> None:
    rate = replace(REACH, unit="calls/h", planned=72_000.0, reachable=72_000.0, window=(0.0, 30.0))
    started = Series("arrivals started", "calls/s", [float(t) for t in range(30)], [20.0] * 30)
    made = shown(rate, counted(), None, started, smoke=False)
    assert (made.reached, made.why) == (72_000.0, [])
    half = replace(started, v=[10.0] * 30)
    assert shown(rate, counted(), None, half, smoke=False).why == [
        "36,000 calls/h were reached in the mean, the plan has 72,000."
    ]


@pytest.mark.parametrize(("value", "factor"), [(100.0, 1.0), (115.0, 1.0), (160.0, 1.6)])
def test_a_load_above_the_plan_counts_once_it_is_more_than_chance(value: float, factor: float) -> None:
    assert beyond(REACH, judged(series(value))) == pytest.approx(factor)
    raised = replace(REACH, factor=1.6)
    assert beyond(raised, judged(series(value), of=raised)) == 1.0, "raised arrivals are meant to be above"
