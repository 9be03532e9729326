import math
import random
import statistics
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.errors import BusyhourError
from busyhour.scenarios.model import Distribution
from busyhour.scenarios.traffic_plan.draw import rng_for, sampler

COUNT = 20_000


def draws(distribution, count=COUNT, seed=1):
    chance = random.Random(seed)
    draw = sampler(distribution)
    return [draw(chance) for _ in range(count)]


@pytest.mark.parametrize(
    ("distribution", "mean", "cv"),
    [
        pytest.param(Distribution("exponential", 30), 30, 1, id="exponential"),
        pytest.param(Distribution("lognormal", 16, cv=0.5), 16, 0.5, id="lognormal"),
        pytest.param(Distribution("lognormal", 16, cv=1.5), 16, 1.5, id="lognormal-wide"),
        pytest.param(Distribution("gamma", 20, cv=0.4), 20, 0.4, id="gamma-narrow"),
        pytest.param(Distribution("gamma", 20, cv=1.6), 20, 1.6, id="gamma-of-shape-below-one"),
        pytest.param(Distribution("uniform", 20, low=10, high=30), 20, 1 / math.sqrt(12), id="uniform"),
    ],
)
def test_mean_and_variation_are_as_specified(distribution, mean, cv):
    values = draws(distribution)
    assert statistics.mean(values) == pytest.approx(mean, rel=0.05)
    assert statistics.pstdev(values) / statistics.mean(values) == pytest.approx(cv, rel=0.1)
    assert min(values) >= 0


def test_an_exponential_has_an_exponential_tail():
    values = draws(Distribution("exponential", 10))
    for x in (1, 5, 10, 20, 40):
        assert sum(v > x for v in values) / COUNT == pytest.approx(math.exp(-x / 10), abs=0.015)


@pytest.mark.parametrize(
    "distribution",
    [
        Distribution("constant", 7),
        Distribution("lognormal", 7, cv=0),
        Distribution("gamma", 7, cv=0),
        Distribution("constant", 9, high=7),
    ],
)
def test_without_variation_every_draw_is_the_mean(distribution):
    assert set(draws(distribution, 10)) == {7}


@pytest.mark.parametrize("kind", ["exponential", "lognormal", "gamma", "constant"])
def test_a_mean_of_nothing_is_nothing(kind):
    assert set(draws(Distribution(kind, 0.0), 5)) == {0.0}


@given(
    st.sampled_from(["exponential", "lognormal", "gamma", "uniform", "constant"]),
    st.floats(0.01, 1000),
    st.floats(0.01, 2000),
    st.floats(0, 3),
    st.integers(0, 1000),
)
def test_no_draw_is_negative_or_above_the_bound(kind, mean, high, cv, seed):
    for value in draws(Distribution(kind, mean, cv=cv, high=high), 20, seed):
        assert 0 <= value <= high


def test_a_bound_far_below_the_mean_does_not_hang():
    assert set(draws(Distribution("lognormal", 1000, cv=0.01, high=1), 3)) == {1}


@pytest.mark.parametrize(
    ("distribution", "message", "hint"),
    [
        pytest.param(
            Distribution("log-normal", 1),
            "unknown distribution 'log-normal'. Did you mean 'lognormal'?",
            "Use one of constant, exponential, lognormal, gamma, uniform.",
            id="unknown-kind",
        ),
        pytest.param(
            Distribution("gamma", -1, cv=1),
            "gamma distribution with mean -1 and cv 1: neither may be negative",
            "Give a mean in seconds and a coefficient of variation of at least 0.",
            id="negative-mean",
        ),
        pytest.param(
            Distribution("uniform", 5, low=9, high=3),
            "uniform distribution from 9 to 3 seconds: the bounds are the wrong way round",
            "Give low and high with 0 <= low <= high.",
            id="bounds-crossed",
        ),
    ],
)
def test_a_distribution_that_makes_no_sense_is_refused(distribution, message, hint):
    with pytest.raises(BusyhourError) as caught:
        sampler(distribution)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_each_call_and_purpose_has_a_generator_of_its_own():
    first = {
        key: rng_for(*key).random()
        for key in [
            (1, 0, "talk"),
            (1, 1, "talk"),
            (2, 0, "talk"),
            (1, 0, "menu"),
            (-1, 0, "talk"),
            (1, 10, "talk"),
        ]
    }
    assert len(set(first.values())) == len(first)
    assert rng_for(1, 0, "talk").random() == first[(1, 0, "talk")]


def test_generators_agree_between_processes():
    program = (
        "from busyhour.scenarios.traffic_plan.draw import rng_for; print(rng_for(5, 17, 'talk').random())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60,
            env={"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("0", "99")
    }  # fmt: skip
    assert outputs == {str(rng_for(5, 17, "talk").random())}


def test_neighbouring_calls_are_not_correlated():
    values = [rng_for(1, call, "talk").random() for call in range(4000)]
    assert statistics.mean(values) == pytest.approx(0.5, abs=0.02)
    assert abs(statistics.correlation(values[:-1], values[1:])) < 0.06
