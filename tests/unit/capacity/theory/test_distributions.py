"""Closed forms against what the samplers draw."""

import math
import random

import pytest

from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.scenarios.model import Distribution
from busyhour.scenarios.traffic_plan.draw import sampler

DISTRIBUTIONS = [
    Distribution("constant", 3.0),
    Distribution("constant", 3.0, high=2.0),
    Distribution("exponential", 5.0),
    Distribution("exponential", 5.0, high=8.0),
    Distribution("lognormal", 4.0, 0.5),
    Distribution("lognormal", 16.0, 0.5, high=20.0),
    Distribution("lognormal", 4.0, 0.0),
    Distribution("gamma", 4.0, 0.7),
    Distribution("gamma", 4.0, 1.5, high=6.0),
    Distribution("uniform", 4.0, low=1.0),
    Distribution("uniform", 0.0, low=2.0, high=6.0),
    Distribution("uniform", 3.0, low=3.0),
    Distribution("exponential", 50.0, high=0.1),
]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=str)
@pytest.mark.parametrize("x", [0.05, 2.5, 5.0, math.inf])
def test_closed_forms_agree_with_draws(distribution: Distribution, x: float):
    chance, draw, n = random.Random(7), sampler(distribution), 5_000
    values = [draw(chance) for _ in range(n)]
    law = ProbabilityDistribution(distribution)
    wide = 5.0 / math.sqrt(n)
    spread = math.sqrt(sum(v * v for v in values) / n)
    assert law.below(x) == pytest.approx(sum(v <= x for v in values) / n, abs=wide * 0.5)
    assert law.up_to(x) == pytest.approx(sum(v for v in values if v <= x) / n, abs=wide * spread + 1e-9)
    assert law.mean_of_least(x) == pytest.approx(sum(min(v, x) for v in values) / n, abs=wide * spread + 1e-9)
    assert law.mean() == pytest.approx(sum(values) / n, abs=wide * spread + 1e-9)


def test_a_mean_without_a_bound_is_the_distributions_own():
    for kind in ("exponential", "lognormal", "gamma"):
        assert ProbabilityDistribution(Distribution(kind, 7.0, 0.8)).mean() == pytest.approx(7.0)


def test_a_constant_is_reported_as_one():
    assert ProbabilityDistribution(Distribution("lognormal", 4.0, 0.0)).constant == 4.0
    assert ProbabilityDistribution(Distribution("exponential", 4.0)).constant is None
