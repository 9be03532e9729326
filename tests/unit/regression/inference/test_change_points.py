"""Delay and false alarms on generated histories: 60 nights, 2 % noise from night to night."""

from __future__ import annotations

import numpy as np

from busyhour.regression.inference.change_points import SHORTEST, change_points

NIGHTS = 60


def nights(seed: int, noise: float = 0.02) -> np.ndarray:
    return 100.0 * np.exp(np.random.default_rng(seed).normal(0.0, noise, NIGHTS))


def test_a_step_is_found_where_it_is_with_both_levels() -> None:
    more = 0
    for seed in range(12):
        x = nights(seed)
        x[30:] *= 1.1
        found = change_points(x)
        more += len(found) > 1
        one = min(found, key=lambda each: abs(each.index - 30))
        assert abs(one.index - 30) <= 1
        assert abs(one.before - 100) < 2
        assert one.relative is not None
        assert abs(one.relative - 0.1) < 0.03
    assert more <= 2  # each side is tested again, at 1 %


def test_nothing_is_found_where_nothing_is() -> None:
    alarms = sum(bool(change_points(nights(1000 + seed))) for seed in range(60))
    assert alarms <= 3  # 1 % is expected


def test_one_outlier_night_is_no_change() -> None:
    for seed in range(12):
        x = nights(2000 + seed)
        x[30] *= 3
        assert change_points(x) == []


def test_a_drift_shows_as_steps_upwards() -> None:
    for seed in range(5):
        found = change_points(nights(3000 + seed) * np.linspace(1.0, 1.2, NIGHTS))
        assert found
        assert all(one.after > one.before for one in found)


def test_a_step_of_ten_percent_shows_within_a_week() -> None:
    for seed in range(12):
        x = nights(4000 + seed)
        x[30:] *= 1.1
        assert any(28 <= one.index <= 31 for one in change_points(x[:37]))


def test_two_steps_are_two_changes() -> None:
    x = nights(1)
    x[20:] *= 1.2
    x[40:] *= 1.2
    assert [abs(one.index - at) <= 1 for one, at in zip(change_points(x), (20, 40), strict=True)] == [
        True,
        True,
    ]


def test_too_few_nights_or_none_that_differ_show_nothing() -> None:
    assert change_points([1.0] * (SHORTEST - 1) + [9.0] * SHORTEST) == []
    assert change_points([5.0] * 40) == []
    assert change_points([]) == []
