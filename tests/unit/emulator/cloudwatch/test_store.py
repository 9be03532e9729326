from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from busyhour.emulator.cloudwatch import store as metrics
from busyhour.emulator.cloudwatch.store import MetricStore, dimensions

VOICE = dimensions((("MetricGroup", "VoiceCalls"), ("InstanceId", "i")))


def test_values_of_one_second_are_summed_up():
    store = MetricStore()
    for value in (3.0, 1.0, 2.0):
        store.count("AWS/Connect", "CallsPerInterval", VOICE, value, 100.9)
    (point,) = store.series("AWS/Connect", "CallsPerInterval", VOICE, 0, 1_000)
    assert point == (100, 6.0, 3.0, 3.0, 1.0)


def test_only_the_exact_set_of_dimensions_matches():
    store = MetricStore()
    store.count("AWS/Connect", "CallsPerInterval", VOICE, 1, 100)
    assert store.series("AWS/Connect", "CallsPerInterval", (("InstanceId", "i"),), 0, 1_000) == []
    assert store.series("AWS/Connect", "Other", VOICE, 0, 1_000) == []


def test_dimensions_match_in_any_order_when_read():
    store = MetricStore()
    store.count("n", "m", VOICE, 1, 100)
    assert store.series("n", "m", tuple(reversed(VOICE)), 0, 1_000)


def test_the_end_of_a_range_is_left_out_and_its_start_is_not():
    store = MetricStore()
    for second in (99, 100, 101):
        store.gauge("n", "m", (), 1, second)
    assert [point.second for point in store.series("n", "m", (), 99, 101)] == [99, 100]


def test_old_seconds_are_folded_into_minutes_without_losing_a_count(monkeypatch):
    monkeypatch.setattr(metrics, "SECONDS_KEPT", 100)
    store = MetricStore()
    for second in range(600):
        store.count("n", "m", (), 1, second)
    points = store.series("n", "m", (), 0, 10_000)
    assert len(points) < 150
    assert sum(point.sum for point in points) == 600
    assert [point.second for point in points] == sorted(point.second for point in points)


def test_what_comes_after_its_second_was_folded_goes_into_the_minute(monkeypatch):
    monkeypatch.setattr(metrics, "SECONDS_KEPT", 100)
    store = MetricStore()
    for second in range(300):
        store.count("n", "m", (), 1, second)
    store.count("n", "m", (), 5, 3)
    store.count("n", "m", (), 7, 298)
    points = store.series("n", "m", (), 0, 1_000)
    assert (points[0].second, points[0].sum, points[0].max) == (0, 65, 5)
    assert (points[-2].second, points[-2].sum) == (298, 8)
    assert sum(point.sum for point in points) == 312


def test_a_second_that_is_over_takes_some_forty_bytes():
    store = MetricStore()
    tracemalloc.start()
    for second in range(5_000):
        store.count("n", "m", (), 0.1 * second, second)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used / 5_000 < 60


def test_minutes_are_bounded_too(monkeypatch):
    monkeypatch.setattr(metrics, "SECONDS_KEPT", 10)
    monkeypatch.setattr(metrics, "MINUTES_KEPT", 5)
    store = MetricStore()
    for second in range(0, 60_000, 30):
        store.count("n", "m", (), 1, second)
    assert len(store.series("n", "m", (), 0, 1e9)) <= 20


def test_series_beyond_the_bound_are_dropped_and_counted(monkeypatch):
    monkeypatch.setattr(metrics, "SERIES_KEPT", 2)
    store = MetricStore()
    for number in range(5):
        store.count("n", f"m{number}", (), 1, 1)
    assert store.dropped == 3
    assert len(list(store.names())) == 2


@given(st.lists(st.tuples(st.integers(0, 300), st.floats(-1e6, 1e6)), min_size=1, max_size=200))
def test_sum_max_min_and_count_agree_with_the_values(values):
    store = MetricStore()
    for second, value in values:
        store.count("n", "m", (), value, second + 0.5)
    points = store.series("n", "m", (), 0, 1_000)
    assert [point.second for point in points] == sorted({second for second, _ in values})
    assert points[1:-1] == store.series("n", "m", (), points[0].second + 1, points[-1].second)
    for point in points:
        mine = [value for second, value in values if second == point.second]
        assert point.samples == len(mine)
        assert point.max == max(mine)
        assert point.min == min(mine)
        assert abs(point.sum - sum(mine)) <= 1e-6 * max(1.0, sum(map(abs, mine)))


def test_total_and_clear():
    store = MetricStore()
    store.count("n", "m", (), 2, 5)
    store.count("n", "m", (), 3, 500)
    assert store.total("n", "m", ()) == 5
    store.clear()
    assert store.total("n", "m", ()) == 0
