import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.calls.chance import Stream, key_of, uuid_of
from busyhour.scenarios.model import Distribution
from busyhour.scenarios.traffic_plan.draw import sampler


def test_a_stream_repeats_for_the_same_seed_call_and_purpose():
    assert [Stream(7, 3, 1).random() for _ in range(3)] == [Stream(7, 3, 1).random() for _ in range(3)]


@given(st.integers(0, 2**63), st.integers(0, 2**40), st.integers(0, 1000))
def test_streams_of_other_calls_seeds_and_purposes_differ(seed: int, index: int, purpose: int):
    own = Stream(seed, index, purpose).integer()
    assert own != Stream(seed, index + 1, purpose).integer()
    assert own != Stream(seed, index, purpose + 1).integer()
    assert own != Stream(seed + 1, index, purpose).integer()


def test_first_draws_of_successive_calls_are_uniform_and_uncorrelated():
    draws = [Stream(1, index, 2).random() for index in range(20_000)]
    assert statistics.fmean(draws) == pytest.approx(0.5, abs=0.01)
    assert statistics.pvariance(draws) == pytest.approx(1 / 12, abs=0.002)
    assert abs(statistics.correlation(draws[:-1], draws[1:])) < 0.03


@pytest.mark.parametrize(
    "distribution",
    [
        Distribution("exponential", 30.0),
        Distribution("lognormal", 180.0, 0.7),
        Distribution("gamma", 20.0, 0.5),
        Distribution("gamma", 20.0, 1.6),
        Distribution("constant", 4.0, 0.0),
    ],
    ids=lambda d: f"{d.kind}-{d.cv}",
)
def test_durations_have_the_scenarios_mean_and_variation(distribution: Distribution):
    stream, draw = Stream(5, 0), sampler(distribution)
    values = [draw(stream) for _ in range(40_000)]
    assert statistics.fmean(values) == pytest.approx(distribution.mean, rel=0.03)
    cv = 1.0 if distribution.kind == "exponential" else distribution.cv
    assert statistics.pstdev(values) / distribution.mean == pytest.approx(cv, rel=0.06, abs=1e-9)


def test_contact_ids_are_version_4_uuids_and_differ():
    ids = {uuid_of(Stream(1, index)) for index in range(1000)}
    assert len(ids) == 1000
    assert all(i[14] == "4" and i[19] in "89ab" and len(i) == 36 for i in ids)


def test_a_name_gives_the_same_purpose_in_every_process():
    assert key_of("sales") == 1803644996
    assert key_of("sales") != key_of("service")


def test_a_stream_is_far_smaller_than_the_library_generator():
    assert Stream(1, 1).__sizeof__() < random.Random(1).__sizeof__() / 10
