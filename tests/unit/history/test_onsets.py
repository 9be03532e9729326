"""A change is dated once, to the right night, and stays; the newest nights are too early."""

from __future__ import annotations

import math

import numpy as np
import pytest

from busyhour.history.onsets import AFTER, onsets


def nights(count: int, step: float, at: int, seed: int = 1, noise: float = 0.02) -> list[float]:
    rng = np.random.default_rng(seed)
    return [
        40.0 * (step if night >= at else 1.0) * math.exp(rng.normal(0.0, noise)) for night in range(count)
    ]


@pytest.mark.parametrize("step", [0.6, 1.3, 2.0])
def test_a_clear_step_is_not_dated_to_the_night_before_it(step: float) -> None:
    for seed in range(10):
        (one,) = onsets({"x": nights(20, step, 10, seed)})["x"]
        assert (one.index, one.found) == (10, 10 + AFTER - 1)


@pytest.mark.parametrize("seed", range(5))
def test_a_step_of_30_percent_from_night_6_on_is_dated_there_from_night_8_on_and_stays(seed: int) -> None:
    every = nights(30, 1.3, 5, seed)
    assert onsets({"x": every[: 5 + AFTER - 1]})["x"] == [], "too early"
    for until in range(5 + AFTER, 31):
        (one,) = onsets({"x": every[:until]})["x"]
        assert (one.index, one.found) == (5, 5 + AFTER - 1)
        assert one.after / one.before == pytest.approx(1.3, rel=0.05)


def test_what_was_found_is_neither_moved_nor_lost_by_later_nights() -> None:
    for seed in range(4):
        every = [*nights(12, 1.1, 6, seed), *nights(12, 1.0, 0, seed + 50)]
        found: dict[int, int] = {}
        for until in range(7, len(every) + 1):
            now = {one.index: one.found for one in onsets({"x": every[:until]})["x"]}
            assert found.items() <= now.items()
            found = now
        assert found


def test_an_outlier_night_is_no_change() -> None:
    for seed in range(5):
        every = nights(24, 1.0, 0, seed)
        every[12] *= 3.0
        assert onsets({"x": every})["x"] == []


def test_a_metric_that_a_night_lacks_is_followed_over_the_others() -> None:
    every = nights(14, 1.3, 6)
    every[2] = every[9] = math.nan
    (one,) = onsets({"x": every})["x"]
    assert one.index == 6


def test_a_share_that_was_0_on_every_night_changes_by_difference() -> None:
    every = [0.0] * 6 + [0.05, 0.04, 0.06, 0.05]
    (one,) = onsets({"request_throttle_share": every}, frozenset({"request_throttle_share"}))[
        "request_throttle_share"
    ]
    assert (one.index, one.before) == (6, 0.0)
    assert (
        onsets({"request_throttle_share": [0.0] * 10}, frozenset({"request_throttle_share"}))[
            "request_throttle_share"
        ]
        == []
    )


def test_of_many_metrics_that_only_wander_hardly_any_changes() -> None:
    many = {f"m{k}": nights(24, 1.0, 0, 100 + k) for k in range(30)}
    assert sum(bool(found) for found in onsets(many).values()) <= 1
