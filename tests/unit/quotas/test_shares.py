"""Shares of a value: each under one name, divided in one place."""

from __future__ import annotations

import math
from typing import Any

import pytest

from busyhour.quotas import figures, shares
from busyhour.quotas.comparison import listed


@pytest.mark.parametrize(
    ("amount", "value", "share"),
    [
        (5.0, 10.0, 0.5),
        (13.8, 10.0, 1.38),
        (0.0, 0.0, 0.0),
        (1.0, 0.0, None),
        (None, 10.0, None),
        (math.inf, 1.0, None),
    ],
)
def test_an_amount_by_the_value(amount: float | None, value: float, share: float | None) -> None:
    assert shares.of_value(amount, value) == (None if share is None else pytest.approx(share))


def test_the_nearest_quota_is_by_need_not_by_the_peak_of_one_second(quota_record: Any) -> None:
    calls = quota_record("L-12AB7C57", 10.0, 4.0, forecast=6.0)
    rate = quota_record("L-4E9BCC96", 2.0, 2.76, forecast=1.0)
    assert shares.nearest([rate, calls]) == ["Concurrent active calls per instance, needed 60% of the value"]
    assert len(shares.nearest([rate, calls], 5)) == 2


def test_without_needs_the_nearest_quota_is_by_measured_peak(quota_record: Any) -> None:
    [words] = shares.nearest([quota_record("L-12AB7C57", 10.0, 4.0)])
    assert words == "Concurrent active calls per instance, measured peak 40% of the value"
    assert shares.nearest([quota_record("L-12AB7C57", 10.0, None)]) == []


@pytest.mark.parametrize(
    ("measured", "of_list", "verdict"),
    [
        ("holds", {"within"}, "holds"),
        ("holds", {"within", "exceeds"}, "exceeded by calculation"),
        ("tight", {"exceeds", "undecided"}, "exceeded by calculation"),
        ("unknown", {"undecided"}, "not decided"),
        ("binds", {"within"}, "binds"),
        ("holds", set(), "holds"),
    ],
)
def test_a_quota_has_one_verdict(measured: str, of_list: set[str], verdict: str) -> None:
    assert listed(measured, of_list) == verdict


@pytest.mark.parametrize(
    ("volume", "half_width", "words"),
    [
        (12677.3, 0.0, "12,677"),
        (12677.3, 118.2, "12,677 ± 118"),
        (12677.3, None, "about 12,677"),
        (12677.3, math.inf, "about 12,677"),
        (233.0, 0.2, "233"),
        (233.0, 2.34, "233 ± 2.3"),
        (2.5, 0.0, "2.5"),
        (None, 0.0, "never"),
        (math.inf, 0.0, "never"),
    ],
)
def test_a_sampled_volume_carries_its_interval(
    volume: float | None, half_width: float | None, words: str
) -> None:
    assert figures.volume(volume, half_width) == words
