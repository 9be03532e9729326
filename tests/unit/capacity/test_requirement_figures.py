"""Figures of each requirement, worked out by hand; and that the plan itself is meant where no factor is given."""

from __future__ import annotations

import math

import pytest

from busyhour.capacity.requirement import (
    Agents,
    Bucket,
    Count,
    Executions,
    Lines,
    Throughput,
    Waiting,
    carried,
    needed,
    with_headroom,
)
from busyhour.capacity.theory import erlang_b, waiting_with_abandonment

EVERY = (
    Lines(20.0),
    Lines(20.0, peakedness=2.0),
    Executions(3.0, 6.0),
    Bucket(4.0, 2.0, 5.0),
    Throughput(120.5),
    Count(7.0, grows=True),
    Agents(30.0, 180.0, 90.0, 20.0, 0.2),
    Waiting(9.0, 8, 60.0, 60.0),
)


@pytest.mark.parametrize("requirement", EVERY, ids=lambda each: each.model)
def test_without_a_factor_the_plan_itself_is_meant(requirement):
    value = needed(requirement)
    assert value == needed(requirement, 1.0) != needed(requirement, 2.0)
    assert requirement.load() == requirement.load(1.0) == requirement.load(2.0) / 2.0
    assert requirement.rejected(0.8 * value) == requirement.rejected(0.8 * value, 1.0)
    assert requirement.rejected(0.8 * value) < requirement.rejected(0.8 * value, 2.0)


def test_callers_who_do_not_redial_are_lost_as_erlang_says():
    assert Lines(20.0).rejected(25) == erlang_b(20.0, 25)
    assert Lines(20.0).rejected(25.9) == erlang_b(20.0, 25)
    assert needed(Lines(20.0)) == 30


def test_redials_raise_what_is_blocked():
    """B = E(a m, n) with m = 1 + 0.5 B + 0.25 B^2: half of the blocked redial, twice at most."""
    blocked = Lines(20.0, redial_share=0.5, redial_attempts=2).rejected(25)
    attempts = 1.0 + 0.5 * blocked + 0.25 * blocked**2
    assert blocked == pytest.approx(erlang_b(20.0 * attempts, 25), rel=1e-6)
    assert blocked > erlang_b(20.0, 25)


def test_peaked_traffic_is_scaled():
    assert Lines(20.0, peakedness=2.0).rejected(30) == pytest.approx(erlang_b(10.0, 15.0))
    assert needed(Lines(20.0, peakedness=2.0)) > needed(Lines(20.0))
    assert needed(Lines(20.0, peakedness=0.5)) < needed(Lines(20.0))


def test_executions_without_retries_are_lines_that_serve_ten_requests_a_second():
    assert Executions(3.0, 6.0, retries=0).rejected(6) == erlang_b(3.0, 6)
    assert Executions(0.5, 200.0, retries=0).rejected(10) == pytest.approx(0.5)
    assert needed(Executions(0.5, 200.0)) == 20
    assert carried(Executions(0.5, 200.0), 10) == pytest.approx(0.5 / 0.99)


def test_a_bucket_has_room_for_as_many_more_tokens_as_its_rate_was_raised():
    """One token at a time: with a bucket of one, rho / (1 + rho) of the requests find it empty."""
    assert Bucket(2.0, 2.0, 1.0).rejected(2.0) == pytest.approx(0.5)
    assert Bucket(4.0, 2.0, 5.0).rejected(4.0) == pytest.approx(Bucket(4.0, 4.0, 7.0).rejected(4.0))
    assert Bucket(4.0, 2.0, 5.0).rejected(1.0) == pytest.approx(Bucket(4.0, 1.0, 5.0).rejected(1.0))
    assert Bucket(10.0, 2.0, 5.0, even=True).rejected(8.0) == pytest.approx(0.2)


def test_what_is_served_as_it_comes_may_not_exceed_the_value():
    assert (needed(Throughput(120.5)), needed(Throughput(120.0))) == (121, 120)
    assert Throughput(100.0).rejected(80.0) == pytest.approx(0.2)
    assert Throughput(100.0).rejected(100.0) == 0.0
    assert carried(Throughput(100.0), 250.0) == 2.5


def test_a_number_that_does_not_grow():
    assert Count(7.0).load(3.0) == 7.0
    assert (carried(Count(7.0), 7.0), carried(Count(7.0), 6.0)) == (math.inf, 0.0)
    assert carried(Count(7.0, grows=True), 14.0) == 2.0


def test_agents_reject_whom_they_do_not_answer_in_time():
    requirement = Agents(30.0, 180.0, 90.0, 20.0, 0.2)
    for agents in (28, 31, 36):
        level = waiting_with_abandonment(30.0, agents, 180.0, 90.0, 20.0).service_level
        assert requirement.rejected(agents) == pytest.approx(1.0 - level)
    assert requirement.rejected(needed(requirement)) <= 0.2 < requirement.rejected(needed(requirement) - 1)


def test_a_queue_of_no_places_loses_as_lines_do():
    assert Waiting(9.0, 8, 60.0, 60.0).rejected(0) == pytest.approx(erlang_b(9.0, 8))
    assert needed(Waiting(2.0, 30, 60.0, 60.0)) == 0.0


def test_nothing_is_needed_of_what_nothing_asks_for():
    assert needed(Lines(0.0)) == needed(Bucket(0.0, 2.0, 5.0)) == 0.0
    assert carried(Lines(0.0), 5) == math.inf
    assert carried(Lines(5.0), 0) == 0.0


def test_headroom_is_free_at_the_need():
    assert with_headroom(80.0, 0.2) == 100.0
    assert with_headroom(81.0, 0.2) == 102.0
    assert with_headroom(81.0, 0.0) == 81.0
