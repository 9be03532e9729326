import math
import random
from decimal import Decimal, localcontext
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.capacity.theory.erlang import erlang_b, erlang_c
from busyhour.capacity.theory.finite_buffer import queue_full_share, token_bucket_loss, volume_at
from busyhour.token_bucket import TokenBucket


@pytest.mark.parametrize(
    ("requests", "rate", "burst"), [(2, 2, 5), (1.5, 2, 5), (3, 2, 5), (1.5, 2, 1), (10, 10, 15)]
)
def test_the_share_refused_is_that_of_a_simulated_bucket(requests: float, rate: float, burst: float):
    generator, bucket, now, refused, n = random.Random(1), TokenBucket(rate, burst), 0.0, 0, 60_000
    for _ in range(n):
        now += generator.expovariate(requests)
        refused += not bucket.take(now)
    assert token_bucket_loss(requests, rate, burst) == pytest.approx(refused / n, abs=0.01)


@given(st.floats(0.1, 10.0), st.floats(0.5, 10.0), st.integers(1, 24))
def test_more_requests_lose_more_and_a_deeper_bucket_less(requests: float, rate: float, burst: int):
    lost = token_bucket_loss(requests, rate, burst)
    assert 0.0 <= lost <= 1.0
    assert token_bucket_loss(requests * 1.2, rate, burst) >= lost - 1e-6
    if burst < 24:
        assert token_bucket_loss(requests, rate, burst + 1) <= lost + 1e-6


def test_a_bucket_edge_cases():
    assert token_bucket_loss(0.0, 2, 5) == 0.0
    assert token_bucket_loss(1.0, 0.0, 5) == 1.0
    assert token_bucket_loss(4.0, 2.0, 100) == 0.5


def test_a_queue_without_places_is_a_loss_system():
    assert queue_full_share(10, 12, 0, 180, 60) == pytest.approx(erlang_b(10, 12))


def test_a_long_queue_of_patient_callers_is_never_full():
    assert queue_full_share(10, 14, 500, 180, math.inf) < 1e-12
    # With room for all, waiting is Erlang C's: the state "all busy" has the mass that C says.
    assert erlang_c(10, 14) == pytest.approx(0.1741, abs=1e-4)


@given(st.floats(1.0, 60.0), st.integers(0, 40), st.integers(0, 40))
def test_a_queue_is_full_more_often_with_load_and_less_with_room(load: float, agents: int, capacity: int):
    share = queue_full_share(load, agents, capacity, 180.0, 60.0)
    assert 0.0 <= share <= 1.0
    assert queue_full_share(load * 1.2, agents, capacity, 180.0, 60.0) >= share - 1e-12
    assert queue_full_share(load, agents, capacity + 1, 180.0, 60.0) <= share + 1e-12


def test_the_volume_at_which_a_share_is_reached():
    assert volume_at(lambda v: v / (v + 99.0), 0.01, 50.0) == pytest.approx(1.0, rel=1e-6)
    assert volume_at(lambda v: 0.0, 0.01, 1.0) == math.inf


@pytest.mark.parametrize(("rate", "burst"), [(30, 33), (24, 24), (60, 60)])
def test_a_deep_bucket_still_loses_at_its_own_rate(rate: float, burst: int) -> None:
    """At rho = 1 the share lost is 1 / (2 burst) to first order: M/D/1 with a bounded amount of work."""
    assert token_bucket_loss(rate, rate, burst) == pytest.approx(1 / (2 * burst), rel=0.02)


def test_the_alternating_sum_loses_no_digits() -> None:
    """A bucket of one token is a server without a waiting room: rho / (1 + rho). Deeper ones lose less, always."""
    assert token_bucket_loss(0.5, 2.0, 1) == pytest.approx(0.2, rel=1e-12)
    losses = [token_bucket_loss(9.0, 10.0, burst) for burst in range(1, 101)]
    assert all(deeper < less_deep for less_deep, deeper in pairwise(losses))


def exact_loss(rho: float, burst: int) -> float:
    """Share that a bucket of `burst` tokens throttles, by the alternating sum for M/D/1 with 400 digits."""
    with localcontext() as context:
        context.prec = 400
        load, total, factorial = Decimal(rho), Decimal(0), Decimal(1)
        for k in range(burst):
            factorial *= max(k, 1)
            left = burst - 1 - k
            power = Decimal(1) if k == 0 else (-load * left) ** k
            total += power / factorial * (load * left).exp()
        return float(1 - total / (1 + load * total))


@pytest.mark.parametrize("burst", [101, 160])
@pytest.mark.parametrize("rho", [0.97, 0.99, 0.999, 1.0, 1.001, 1.02, 1.5, 4.0])
def test_a_bucket_of_more_than_100_tokens_loses_at_most_4_per_cent_more_than_the_sum(
    rho: float, burst: int
) -> None:
    exact, found = exact_loss(rho, burst), token_bucket_loss(10.0 * rho, 10.0, burst)
    assert exact >= 0.001 or rho < 1
    assert exact * (1 - 1e-9) <= found
    assert found <= exact * 1.04 or exact < 0.001


@pytest.mark.parametrize("burst", [101, 5_000])
def test_a_deep_bucket_at_its_own_rate_loses_one_over_twice_its_places(burst: int) -> None:
    assert token_bucket_loss(7.0, 7.0, burst) == pytest.approx(1 / (2 * (burst - 1)), rel=1e-12)
    either_side = [token_bucket_loss(7.0 * rho, 7.0, burst) for rho in (1 - 2e-6, 1 + 2e-6)]
    assert either_side == pytest.approx([1 / (2 * (burst - 1))] * 2, rel=0.02)


@pytest.mark.parametrize("rho", [1e-7, 0.01, 0.5])
def test_a_deep_bucket_under_a_small_load_loses_nothing(rho: float) -> None:
    assert token_bucket_loss(10.0 * rho, 10.0, 2_000) == 0.0


@pytest.mark.parametrize(("rho", "lost"), [(2.0, 0.5), (10.0, 0.9), (20.5, 1 - 1 / 20.5)])
def test_a_deep_bucket_under_overload_loses_what_exceeds_its_rate(rho: float, lost: float) -> None:
    assert token_bucket_loss(10.0 * rho, 10.0, 500) == pytest.approx(lost, rel=1e-9)
