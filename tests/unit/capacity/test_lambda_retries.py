"""Throttled invocations that Connect retries: the closed form of the need compared with a simulation."""

import pytest

from busyhour.calls.policy import RetryPolicy
from busyhour.capacity.requirement import Executions
from busyhour.capacity.theory import erlang_b

from .retry_simulation import share_throttled


@pytest.mark.parametrize(("load", "executions"), [(7.0, 10), (46.0, 50)])
def test_without_retries_it_is_erlang_b(load: float, executions: int) -> None:
    found = share_throttled(load, executions, 0.5, RetryPolicy(max_retries=0))
    assert found == pytest.approx(erlang_b(load, executions), rel=0.25)


def test_retries_meet_executions_that_are_still_full() -> None:
    quick = share_throttled(7.0, 10, 0.02)
    slow = share_throttled(7.0, 10, 2.0)
    assert erlang_b(7.0, 10) < quick < slow


@pytest.mark.parametrize(("executions", "seconds"), [(6, 0.5), (10, 0.1), (10, 2.0), (50, 0.5)])
def test_the_closed_form_finds_the_load_that_one_percent_of_first_attempts_bounds(
    executions: int, seconds: float
) -> None:
    """Within 8 % of the load on either side; retries come in bunches, which the closed form does not know."""
    load = Executions(1.0, 0.0).largest_load(executions)
    assert (
        share_throttled(load * 0.92, executions, seconds)
        < 0.01
        < share_throttled(load * 1.08, executions, seconds)
    )
