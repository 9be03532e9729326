"""The queue on its own against Erlang B, C and A, and where these do not apply."""

import math

import pytest

from busyhour.capacity.simulation.agent_queue import QueueSample
from busyhour.capacity.theory.erlang import erlang_b, waiting_with_abandonment, waiting_without_abandonment
from busyhour.scenarios.model import Distribution
from busyhour.scenarios.traffic_plan.draw import sampler

PATIENT = sampler(Distribution("constant", 1e9))
EXPONENTIAL = sampler(Distribution("exponential", 180.0))
PER_SECOND = 10.0 / 180.0


def test_exponential_times_give_erlang_a():
    served = QueueSample(40_000, EXPONENTIAL, sampler(Distribution("exponential", 60.0)), 1).serve(
        PER_SECOND, 10
    )
    theory = waiting_with_abandonment(10.0, 10, 180.0, 60.0)
    assert served.service_level == pytest.approx(theory.service_level, abs=0.015)
    assert served.abandoned == pytest.approx(theory.abandoned, abs=0.015)


def test_patient_callers_give_erlang_c():
    served = QueueSample(40_000, EXPONENTIAL, PATIENT, 1).serve(PER_SECOND, 14)
    assert served.service_level == pytest.approx(
        waiting_without_abandonment(10.0, 14, 180.0).service_level, abs=0.01
    )
    assert served.abandoned == 0.0


def test_no_place_to_wait_gives_erlang_b():
    served = QueueSample(40_000, EXPONENTIAL, PATIENT, 1).serve(PER_SECOND, 10, capacity=0)
    assert served.blocked == pytest.approx(erlang_b(10.0, 10), abs=0.015)


def test_steadier_handling_times_are_served_better_than_erlang_c_says():
    steady = QueueSample(40_000, sampler(Distribution("constant", 180.0)), PATIENT, 1).serve(PER_SECOND, 12)
    assert steady.service_level > waiting_without_abandonment(10.0, 12, 180.0).service_level + 0.02


def test_more_volume_is_served_worse_and_the_same_seed_serves_alike():
    sample = QueueSample(5_000, EXPONENTIAL, PATIENT, 3)
    levels = [sample.serve(PER_SECOND * k, 12).service_level for k in (0.7, 0.9, 1.0, 1.1)]
    assert levels == sorted(levels, reverse=True)
    assert sample.serve(PER_SECOND, 12) == QueueSample(5_000, EXPONENTIAL, PATIENT, 3).serve(PER_SECOND, 12)
    assert not math.isnan(sample.serve(1e-9, 12).service_level)
