import itertools
import math
import os
import statistics
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from busyhour.scenarios.traffic import ArrivalProcess, Direction, Layer, ShapePoint, Traffic
from busyhour.scenarios.traffic_plan.arrivals import Arrival, Schedule


def traffic(duration=3600.0, **given):
    return Traffic(Direction.INBOUND, duration, **({"calls_per_hour": 3600.0} | given))


PLANS = st.builds(
    traffic,
    duration=st.floats(1, 300),
    arrivals=st.sampled_from(ArrivalProcess),
    calls_per_hour=st.floats(0, 20_000),
    growth=st.floats(0.1, 3),
    shape=st.lists(st.builds(ShapePoint, st.floats(0, 300), st.floats(0, 3)), max_size=4).map(
        lambda points: tuple(sorted(points, key=lambda point: point.at))
    ),
    layers=st.lists(
        st.builds(Layer, st.just("layer"), st.floats(0, 200), st.floats(0.5, 100), st.floats(1, 5000)),
        max_size=2,
    ).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(PLANS, st.integers(-5, 2**70))
def test_starts_are_in_order_inside_the_run_and_whole_microseconds(plan, seed):
    arrivals = list(Schedule(plan, seed))
    assert [arrival.call for arrival in arrivals] == list(range(len(arrivals)))
    assert all(a.at <= b.at for a, b in itertools.pairwise(arrivals))
    assert all(0 <= arrival.at <= plan.duration + 1e-6 for arrival in arrivals)
    assert all(arrival.at == round(arrival.at, 6) for arrival in arrivals)


@settings(max_examples=40, deadline=None)
@given(PLANS, st.integers(0, 1000), st.integers(1, 7))
def test_the_workers_together_have_the_whole_schedule(plan, seed, workers):
    schedule = Schedule(plan, seed)
    parts = [list(schedule.worker(k, workers)) for k in range(workers)]
    assert all(arrival.call % workers == k for k, part in enumerate(parts) for arrival in part)
    assert sorted(itertools.chain.from_iterable(parts)) == list(schedule)


def test_a_worker_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="worker 2 of 2: the first is 0, the last 1"):
        Schedule(traffic(), 1).worker(2, 2)


@settings(max_examples=40, deadline=None)
@given(PLANS, st.integers(0, 1000))
def test_the_length_is_the_number_of_starts(plan, seed):
    schedule = Schedule(plan, seed)
    assert len(schedule) == sum(1 for _ in schedule)


@settings(max_examples=40, deadline=None)
@given(PLANS)
def test_even_arrivals_are_the_plan_to_half_a_call(plan):
    schedule = Schedule(Traffic(plan.direction, plan.duration, ArrivalProcess.EVEN, plan.calls_per_hour,
                                plan.growth, plan.shape, layers=plan.layers), 1)  # fmt: skip
    assert abs(len(schedule) - schedule.expected) <= 0.5 + 1e-6
    for arrival in schedule:
        # At its start, call i has reached i + 1/2 expected calls; a microsecond of rounding moves that a little.
        slack = 1e-6 * (schedule.rate_at(arrival.at) + 1) + 1e-6 * max(
            max(s.first, s.last) for s in schedule.rate.segments
        )
        assert schedule.rate.cumulative(arrival.at) == pytest.approx(arrival.call + 0.5, abs=slack + 1e-6)


def test_even_arrivals_stand_at_equal_distances():
    starts = [arrival.at for arrival in Schedule(traffic(5.0, arrivals=ArrivalProcess.EVEN), 1)]
    assert starts == [0.5, 1.5, 2.5, 3.5, 4.5]


def test_the_same_seed_gives_the_same_starts_and_another_seed_others():
    assert list(Schedule(traffic(), 7)) == list(Schedule(traffic(), 7))
    assert list(Schedule(traffic(), 7)) != list(Schedule(traffic(), 8))
    assert list(Schedule(traffic(), 7)) != list(Schedule(traffic(), -7))


def test_the_first_starts_of_a_seed_never_change():
    # Written down once; a change here breaks every comparison with earlier runs.
    arrivals = list(itertools.islice(Schedule(traffic(calls_per_hour=1e6), 1), 3))
    assert arrivals == [Arrival(0, 0.015429), Arrival(1, 0.016427), Arrival(2, 0.021201)]


def test_another_process_draws_the_same_starts():
    program = (
        "from busyhour.scenarios.traffic_plan.arrivals import Schedule\n"
        "from busyhour.scenarios.traffic import *\n"
        "print(repr(sum(a.at for a in Schedule(Traffic(Direction.INBOUND, 600.0, calls_per_hour=7200.0), 3))))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    here = sum(a.at for a in Schedule(traffic(600.0, calls_per_hour=7200.0), 3))
    assert outputs == {repr(here)}


def test_a_poisson_count_scatters_around_the_expected_count():
    schedules = [Schedule(traffic(400.0), seed) for seed in range(300)]
    counts = [len(schedule) for schedule in schedules]
    # Mean and variance of a Poisson count are both the expected count, here 400: bounds are about 4 standard errors.
    assert statistics.mean(counts) == pytest.approx(400, abs=4 * 20 / math.sqrt(300))
    assert statistics.variance(counts) / 400 == pytest.approx(1, abs=4 * math.sqrt(2 / 299))


def test_gaps_of_poisson_arrivals_are_exponential():
    starts = [arrival.at for arrival in Schedule(traffic(20_000.0), 5)]
    gaps = [b - a for a, b in itertools.pairwise(starts)]
    assert statistics.mean(gaps) == pytest.approx(1, abs=0.03)
    assert statistics.pstdev(gaps) == pytest.approx(1, abs=0.04)
    for x in (0.1, 0.5, 1, 2, 4):
        share = sum(gap > x for gap in gaps) / len(gaps)
        assert share == pytest.approx(math.exp(-x), abs=4 * 0.5 / math.sqrt(len(gaps)))


def test_counts_of_disjoint_bins_are_dispersed_as_poisson_even_on_a_ramp():
    # Rescaled by the cumulative rate the process is homogeneous: bins of 20 expected calls, dispersion index 1.
    schedule = Schedule(traffic(7200.0, shape=(ShapePoint(0, 0), ShapePoint(7200, 4))), 11)
    bins = [0] * int(schedule.expected / 20)
    for arrival in schedule:
        place = int(schedule.rate.cumulative(arrival.at) / 20)
        if place < len(bins):
            bins[place] += 1
    index = statistics.variance(bins) / statistics.mean(bins)
    assert index == pytest.approx(1, abs=4 * math.sqrt(2 / len(bins)))


def test_a_ramp_puts_three_of_four_calls_into_its_second_half():
    schedule = Schedule(traffic(3600.0, shape=(ShapePoint(0, 0), ShapePoint(3600, 4))), 2)
    late = sum(arrival.at > 1800 for arrival in schedule)
    assert late / len(schedule) == pytest.approx(0.75, abs=0.03)


def test_recorded_intervals_are_played():
    plan = traffic(5400.0, calls_per_hour=0.0, intervals=(100, 0, 300), interval_seconds=1800.0)
    schedule = Schedule(plan, 4)
    assert schedule.expected == pytest.approx(400)
    counts = [0, 0, 0]
    for arrival in schedule:
        counts[int(arrival.at // 1800)] += 1
    assert counts[0] == pytest.approx(100, abs=40)
    assert counts[1] == 0
    assert counts[2] == pytest.approx(300, abs=70)


def test_no_traffic_has_no_arrival():
    schedule = Schedule(traffic(calls_per_hour=0.0), 1)
    assert len(schedule) == 0
    assert list(schedule) == []
    assert schedule.expected == 0


def test_the_planned_series_is_the_mean_rate_of_each_bin():
    schedule = Schedule(traffic(25.0, shape=(ShapePoint(0, 0), ShapePoint(20, 2))), 1)
    t, v = schedule.planned_series(10)
    assert t == [0.0, 10.0, 20.0]
    assert v == pytest.approx([0.5, 1.5, 2.0])


@settings(max_examples=30, deadline=None)
@given(PLANS, st.floats(0.3, 50))
def test_both_series_integrate_to_their_counts(plan, step):
    schedule = Schedule(plan, 1)
    for (t, v), total in (
        (schedule.planned_series(step), schedule.expected),
        (schedule.intended_series(step), len(schedule)),
    ):
        edges = [*t, schedule.duration]
        assert sum(rate * (b - a) for rate, (a, b) in zip(v, itertools.pairwise(edges), strict=True)) == (
            pytest.approx(total, abs=1e-6)
        )


@pytest.mark.slow
def test_a_million_arrivals_take_seconds_and_no_memory():
    import time
    import tracemalloc

    schedule = Schedule(traffic(3600.0, calls_per_hour=1e6), 1)
    begun = time.perf_counter()
    count = sum(1 for _ in schedule)
    assert time.perf_counter() - begun < 15
    assert count == pytest.approx(1_000_000, abs=4000)
    tracemalloc.start()
    for _ in itertools.islice(schedule, 100_000):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000


@pytest.mark.parametrize("arrivals", list(ArrivalProcess))
def test_a_window_of_a_long_plan_has_as_many_calls_as_the_plan_means(arrivals):
    traffic = Traffic(
        Direction.INBOUND, 7200.0, arrivals, intervals=(100.0, 40_000.0), interval_seconds=3600.0
    )
    found = list(Schedule(traffic, 5).window(3000.0, 4500.0))
    assert len(found) == pytest.approx(600 / 36 + 10_000, abs=400)
    assert [one.call for one in found] == list(range(len(found)))
    times = [one.at for one in found]
    assert times == sorted(times)
    assert 3000 <= times[0] <= times[-1] < 4500
    if arrivals is ArrivalProcess.EVEN:
        whole = [one.at for one in Schedule(traffic, 5) if 3000 <= one.at < 4500]
        assert times == pytest.approx(whole)
