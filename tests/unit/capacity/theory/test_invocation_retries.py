"""Retries integrated, against the simulation that draws them."""

from typing import Any

import pytest

from busyhour.calls.policy import RetryPolicy
from busyhour.capacity.demand.per_call import demand_of_call
from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.capacity.theory.invocation_retries import retry_outcomes
from busyhour.scenarios.model import Distribution, Function

FAST, SLOW = Distribution("lognormal", 0.1, 0.5), Distribution("exponential", 3.0)


def test_a_function_that_works_is_invoked_once():
    (way,) = retry_outcomes(
        ProbabilityDistribution(Distribution("constant", 0.4)), 0.0, 8.0, 8.0, RetryPolicy()
    )
    assert (way.share, way.succeeded, way.seconds, way.attempts) == (1.0, True, 0.4, 1.0)


def test_a_function_that_fails_is_tried_four_times_with_pauses():
    (way,) = retry_outcomes(
        ProbabilityDistribution(Distribution("constant", 0.5)), 1.0, 8.0, 8.0, RetryPolicy()
    )
    assert not way.succeeded
    assert (way.share, way.attempts, way.seconds) == (1.0, 4.0, pytest.approx(4 * 0.5 + 0.2 + 0.4 + 0.8))


def test_a_function_slower_than_the_limit_is_given_up_at_the_limit():
    (way,) = retry_outcomes(
        ProbabilityDistribution(Distribution("constant", 9.0)), 0.0, 30.0, 8.0, RetryPolicy()
    )
    assert (way.share, way.succeeded, way.seconds, way.attempts) == (1.0, False, 8.0, 1.0)


@pytest.mark.parametrize(
    ("latency", "error_share", "timeout"),
    [(FAST, 0.2, 8.0), (SLOW, 0.0, 8.0), (SLOW, 0.3, 2.5), (SLOW, 0.3, 20.0)],
)
def test_means_agree_with_the_simulation(
    small: Any, latency: Distribution, error_share: float, timeout: float
):
    function = Function("lookup", latency=latency, error_share=error_share, timeout=timeout)
    demand = demand_of_call(small.scenario(functions=(function,)), small.machine(small.lookup), calls=4000)
    ways = retry_outcomes(ProbabilityDistribution(latency), error_share, timeout, 8.0, RetryPolicy())
    assert sum(way.share for way in ways) == pytest.approx(1.0)
    for name, value in (("Lambda invocations", "attempts"), ("in flow", "seconds")):
        found = demand.quantities[name]
        mean = sum(way.share * getattr(way, value) for way in ways)
        assert found.mean == pytest.approx(mean, abs=1.6 * found.half_width + 1e-9), name
