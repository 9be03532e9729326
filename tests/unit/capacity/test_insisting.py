"""Throttled invocations that are tried again."""

import pytest

from busyhour.calls.policy import RetryPolicy
from busyhour.capacity.insisting import share_throttled
from busyhour.capacity.theory import erlang_b


@pytest.mark.parametrize(("load", "executions"), [(7.0, 10), (46.0, 50)])
def test_without_retries_it_is_erlang_b(load: float, executions: int) -> None:
    found = share_throttled(load, executions, 0.5, RetryPolicy(max_retries=0))
    assert found == pytest.approx(erlang_b(load, executions), rel=0.25)


def test_retries_meet_executions_that_are_still_full() -> None:
    quick = share_throttled(7.0, 10, 0.02)
    slow = share_throttled(7.0, 10, 2.0)
    assert erlang_b(7.0, 10) < quick < slow


def test_the_same_seed_gives_the_same_share() -> None:
    assert share_throttled(7.0, 10, 0.5, seed=2) == share_throttled(7.0, 10, 0.5, seed=2)
