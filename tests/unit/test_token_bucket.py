"""The one token bucket: bounds in every window, clocks that go back, fractions of tokens, requests above its size."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.token_bucket import TokenBucket

REQUESTS = st.lists(st.tuples(st.floats(-0.5, 2), st.floats(0.01, 8)), min_size=1, max_size=80)
"""Seconds since the request before (a clock may go back), and cost."""


def admitted_in(bucket: TokenBucket, offered_rate: float, seconds: float) -> int:
    """How many of evenly spread requests a bucket lets through."""
    total = round(offered_rate * seconds)
    return sum(bucket.take(number / offered_rate) for number in range(total))


def test_a_full_bucket_admits_its_burst_at_one_instant_and_no_more():
    bucket = TokenBucket(2, 5, 0.0)
    assert [bucket.take(0.0) for _ in range(7)] == [True] * 5 + [False] * 2


def test_an_empty_bucket_admits_again_once_a_token_has_flowed_in():
    bucket = TokenBucket(2, 5, 0.0)
    for _ in range(5):
        bucket.take(0.0)
    assert not bucket.take(0.499)
    assert bucket.take(0.5)
    assert not bucket.take(0.5)


@pytest.mark.parametrize(("rate", "burst"), [(2, 5), (10, 15), (20, 25), (0.1, 5), (5, 8)])
def test_over_a_long_time_burst_plus_rate_times_time_are_admitted(rate, burst):
    seconds = 200 / rate
    assert admitted_in(TokenBucket(rate, burst, 0.0), rate * 3, seconds) == pytest.approx(
        burst + rate * seconds, rel=0.02
    )


@pytest.mark.parametrize(("rate", "burst"), [(2, 5), (10, 15), (0.1, 5)])
def test_at_just_under_the_rate_nothing_is_rejected(rate, burst):
    offered = rate * 0.99
    assert admitted_in(TokenBucket(rate, burst, 0.0), offered, 300 / rate) == round(offered * 300 / rate)


@given(
    rate=st.floats(0.1, 100),
    burst=st.integers(1, 50),
    gaps=st.lists(st.floats(0, 2), min_size=1, max_size=200),
)
def test_no_window_admits_more_than_burst_plus_rate_times_its_length(rate, burst, gaps):
    bucket = TokenBucket(rate, burst, 0.0)
    now, taken = 0.0, []
    for gap in gaps:
        now += gap
        if bucket.take(now):
            taken.append(now)
    for first in range(0, len(taken), 7):
        for last in range(first, len(taken), 5):
            length = taken[last] - taken[first]
            assert last - first + 1 <= burst + rate * length + 1e-6 * (1 + length)


@given(st.lists(st.floats(-5, 5), max_size=50))
def test_a_clock_that_goes_back_gives_no_tokens(steps):
    bucket = TokenBucket(1, 3, 0.0)
    now = 0.0
    for step in steps:
        now += step
        bucket.take(now)
        assert -1e-9 <= bucket.level(now) <= 3


def test_a_bucket_that_is_enlarged_has_the_new_room_filled():
    bucket = TokenBucket(2, 5, 0.0)
    for _ in range(5):
        bucket.take(0.0)
    bucket.resize(50, 53, 0.0, fill=True)
    assert bucket.level(0.0) == 48


@pytest.mark.parametrize("debt", [False, True])
@given(rate=st.floats(0.1, 100), burst=st.floats(0.5, 20), requests=REQUESTS)
def test_no_window_passes_more_cost_than_burst_and_rate_allow(debt, rate, burst, requests):
    bucket = TokenBucket(rate, burst, debt=debt)
    now, latest, passed = 0.0, 0.0, []
    for gap, cost in requests:
        now += gap
        latest = max(latest, now)  # a clock that goes back is held
        if bucket.take(now, cost):
            passed.append((latest, cost))
    for first in range(len(passed)):
        total = 0.0
        for at, cost in passed[first:]:
            allowed = burst + rate * (at - passed[first][0]) + 1e-6
            # What the last request lacks is a debt, and only a request above the bucket may make one.
            assert total + cost <= allowed or (debt and cost > burst and total <= allowed)
            total += cost


@given(burst=st.floats(0.0, 20), above=st.floats(0.001, 100))
def test_without_debt_a_request_above_the_size_never_passes(burst, above):
    bucket = TokenBucket(5.0, burst)
    assert not any(bucket.take(at, burst + above) for at in (0.0, 1.0, 1000.0))
    assert bucket.take(1000.0, burst)


def test_with_debt_a_request_above_the_size_passes_a_full_bucket_and_is_paid_back():
    bucket = TokenBucket(10.0, 20.0, debt=True)
    assert bucket.take(0.0, 50.0)
    assert bucket.level(0.0) == -30.0
    assert not bucket.take(2.9, 1.0)
    assert bucket.take(3.1, 1.0)
    assert not bucket.take(4.0, 50.0)  # 9 of 20: not full
    assert bucket.take(5.1, 50.0)


@pytest.mark.parametrize("debt", [False, True])
def test_a_bucket_of_size_nought_passes_nothing(debt):
    bucket = TokenBucket(0.0, 0.0, debt=debt)
    assert not any(bucket.take(at) for at in (0.0, 1.0, 1e6))


def test_fractions_of_tokens_add_up_without_loss():
    bucket = TokenBucket(0.1, 2.0, filled=0.0)
    passed = sum(bucket.take(number * 0.7) for number in range(1, 100_001))
    assert passed == 7000


def test_an_infinite_rate_passes_all_that_fits():
    bucket = TokenBucket(math.inf, 5.0)
    assert all(bucket.take(0.0) for _ in range(100))
    assert not bucket.take(0.0, 6.0)
    assert all(TokenBucket(math.inf, math.inf).take(at, 1e12) for at in (0.0, 0.0, 1.0))


def test_what_several_buckets_limit_is_taken_of_all_or_of_none():
    bucket = TokenBucket(1.0, 3.0)
    assert bucket.covers(0.0, 3.0)
    assert bucket.level(0.0) == 3.0
    bucket.pay(2.0)
    assert not bucket.covers(0.5, 2.0)
    bucket.pay(-5.0)
    assert bucket.level(0.5) == 3.0  # what is given back does not exceed the size


def test_time_before_a_change_counts_at_the_rate_before():
    bucket = TokenBucket(1.0, 100.0, filled=0.0)
    bucket.resize(10.0, 100.0, 5.0)
    assert bucket.level(6.0) == 15.0


def test_a_bucket_that_is_made_smaller_keeps_what_fits():
    bucket = TokenBucket(1.0, 100.0)
    bucket.resize(1.0, 7.0, 0.0)
    assert bucket.level(0.0) == 7.0
    bucket.resize(1.0, 9.0, 0.0)
    assert bucket.level(0.0) == 7.0
