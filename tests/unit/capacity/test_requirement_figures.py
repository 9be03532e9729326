"""Figures of each requirement, worked out by hand; and that the plan itself is meant where no factor is given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import pytest

from busyhour.capacity.requirement import (
    Abandoned,
    Agents,
    Bucket,
    Count,
    Executions,
    Lines,
    Partitions,
    Requirement,
    Throughput,
    Waiting,
    as_json,
    carried,
    from_json,
    in_words,
    needed,
    tolerated_share,
    with_headroom,
)
from busyhour.capacity.theory import erlang_b, erlang_c, load_for_blocking, waiting_with_abandonment

EVERY = (
    Lines(20.0),
    Lines(20.0, peakedness=2.0),
    Executions(3.0, 6.0),
    Bucket(4.0, 2.0, 5.0),
    Throughput(120.5),
    Count(7.0, grows=True),
    Agents(30.0, 180.0, 90.0, 20.0, 0.2),
    Abandoned(30.0, 180.0, 90.0, 0.03),
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


def test_a_value_between_two_whole_ones_is_the_lower_but_for_rounding_errors():
    for requirement in (
        Lines(20.0),
        Agents(30.0, 180.0, 90.0, 20.0, 0.2),
        Abandoned(30.0, 180.0, 90.0, 0.03),
        Waiting(9.0, 8, 60.0, 60.0),
    ):
        assert requirement.rejected(25.999) == requirement.rejected(25)
        assert requirement.rejected(26 - 1e-10) == requirement.rejected(26) < requirement.rejected(25)
    assert carried(Lines(20.0), 25.999) == carried(Lines(20.0), 25) < carried(Lines(20.0), 26 - 1e-10)


def test_what_is_tolerated_of_few_attempts():
    """Less than one of the attempts; less than half where two or fewer are expected."""
    assert tolerated_share(0.0, 3600.0) == pytest.approx(1 / 3600, rel=1e-8)
    assert 3600.0 * tolerated_share(0.0, 3600.0) < 1.0
    for few in (0.0, 1.0, 2.0):
        assert tolerated_share(0.0, few) == pytest.approx(0.5, rel=1e-8)
    assert tolerated_share(1.0, 3600.0) == 1.0 - 1e-9
    assert tolerated_share(1e-9, 3600.0) == 1e-9


def test_reserved_executions_serve_neither_calls_nor_request_rate():
    """200 requests/s of 0.5 erlang need 20 executions, 25 beside 4.5 that are reserved."""
    beside = Executions(0.5, 200.0, reserved=4.5)
    assert needed(beside) == 25
    assert beside.rejected(14.5) == pytest.approx(0.5)
    assert carried(beside, 14.5) == pytest.approx(0.5 / 0.99)
    assert beside.rejected(4.5) == beside.rejected(3.0) == beside.rejected(0.0) == 1.0
    assert carried(beside, 3.0) == 0.0
    assert Executions(3.0, 6.0, reserved=0.5, retries=0).rejected(6.5) == erlang_b(3.0, 6)


def test_executions_whose_request_rate_is_not_known_are_lines():
    plain = Executions(3.0, 0.0, retries=0)
    assert carried(plain, 6) == carried(Lines(3.0), 6)
    assert needed(plain) == needed(Lines(3.0)) == 8


def test_a_request_rate_below_one_a_second_counts_too():
    """0.5 requests/s at 10 for each of 10 executions, 1 % of them throttled: 100 / 0.495 times the volume."""
    assert carried(Executions(0.001, 0.5, retries=0), 10) == pytest.approx(100 / 0.495)


def test_callers_with_no_attempt_left_do_not_redial():
    assert Lines(20.0, redial_share=0.5).rejected(25) == pytest.approx(erlang_b(20.0, 25))
    assert needed(Lines(20.0, redial_share=0.5)) == needed(Lines(20.0))


def test_nothing_is_rejected_of_nothing():
    for requirement in (Throughput(0.0), Bucket(0.0, 2.0, 5.0, even=True), Count(0.0)):
        assert requirement.rejected(0.0) == requirement.rejected(3.0) == 0.0


def test_the_load_that_lines_carry_is_that_of_erlang_b():
    assert carried(Lines(20.0), 25) == load_for_blocking(25, 0.01) / 20.0
    assert erlang_b(20.0 * carried(Lines(20.0), 25), 25) == pytest.approx(0.01)


def test_connect_tries_three_times_more():
    shares = [Executions(3.0, 6.0, retries=times).rejected(5) for times in (0, 1, 2, 3)]
    assert shares == sorted(shares)
    assert shares[0] == erlang_b(3.0, 5) < shares[-1] < erlang_c(3.0, 5)


@pytest.mark.parametrize(
    ("requirement", "value"),
    [
        (Lines(20.0), 25),
        (Lines(20.0, peakedness=2.0), 30),
        (Lines(20.0, redial_share=0.5, redial_attempts=2), 25),
        (Executions(3.0, 6.0), 6),
        (Bucket(4.0, 2.0, 5.0), 3),
        (Bucket(4.0, 2.0, 5.0, even=True), 3),
        (Agents(30.0, 180.0, 90.0, 20.0, 0.2), 25),
        (Abandoned(30.0, 180.0, 90.0, 0.03), 25),
        (Waiting(9.0, 8, 60.0, 60.0), 4),
    ],
    ids=lambda each: getattr(each, "model", ""),
)
def test_what_is_carried_is_rejected_as_much_as_is_tolerated(requirement, value):
    factor = carried(requirement, value)
    assert 0.0 < factor != 1.0
    assert requirement.rejected(value, factor) == pytest.approx(requirement.share, rel=1e-5)


def test_no_value_carries_a_bucket_of_nothing():
    assert carried(Bucket(4.0, 2.0, 5.0, even=True), 0.0) == pytest.approx(0.0, abs=1e-9)
    assert carried(Abandoned(30.0, 180.0, 90.0, 0.03), 0) == pytest.approx(0.0, abs=1e-6)


def test_partitions_reject_what_falls_on_the_hot_ones():
    """50, 30 and 20 units/s at 25 each: 25 + 5 of 100; at twice the volume 75 + 35 + 15 of 200."""
    table = Partitions(50.0, by_partition=(50.0, 30.0, 20.0))
    assert table.rejected(25.0) == pytest.approx(0.3)
    assert table.rejected(25.0, 2.0) == pytest.approx(125 / 200)
    assert table.rejected(50.0) == 0.0
    assert Partitions(0.0, by_partition=(0.0, 0.0)).rejected(25.0) == 0.0
    assert (needed(table), needed(table, 1.01), carried(table, 25.0)) == (50, 51, 0.5)


def test_rounding_errors_raise_no_need():
    assert needed(Throughput(120.0 * (1 + 1e-10))) == 120
    assert needed(Count(7.0, grows=True), 3.0 * (1 + 1e-10)) == 21
    assert needed(Count(7.0), 3.0) == 7


@dataclass(frozen=True)
class From:
    """Rejects all below a value and nothing from it on."""

    value: float
    share: float = 0.01
    model: ClassVar[str] = "from"

    def load(self, factor: float = 1.0) -> float:
        return 2.5 * factor

    def rejected(self, value: float, factor: float = 1.0) -> float:
        return 0.0 if value >= self.value * factor else 1.0


@pytest.mark.parametrize("need", [0, 1, 2, 3, 4, 6, 7, 1000, 12345, 999_999_999_999])
def test_the_search_ends_at_the_need(need):
    requirement: Requirement = From(need)
    assert needed(requirement) == need
    assert needed(requirement, 2.0) == 2 * need


def test_no_value_suffices_where_all_is_rejected():
    assert needed(From(math.inf)) == math.inf
    assert needed(From(5, share=1.0)) == 0.0


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        (Lines(1234.56), "1,235 erlang at most 1 % blocked, by Erlang B"),
        (
            Lines(20.0, 1e-6, peakedness=1.25),
            "20 erlang of peakedness 1.2 at most 1 of 1,000,000 blocked, by Hayward",
        ),
        (Lines(20.0, redial_share=0.5), "20 erlang and redials at most 1 % blocked, by Erlang B"),
        (
            Executions(3.0, 6000.0),
            "3 erlang at most 1 % of first attempts throttled, by a Markov chain with its retries; 6,000 requests/s at 10 for each execution",
        ),
        (Bucket(4.0, 2.0, 5.0), "4 Poisson requests/s at most 1 % throttled by a token bucket"),
        (Bucket(4.0, 2.0, 5.0, even=True), "4 requests/s at even intervals, at most 1 % throttled"),
        (Agents(30.0, 180.0, 90.0, 20.0, 0.2), "30 erlang, 80% answered within 20 s, by Erlang A"),
        (Abandoned(30.0, 180.0, 90.0, 0.03), "30 erlang, at most 3 % abandoned, by Erlang A"),
        (Waiting(9.0, 8, 60.0, 60.0), "9 erlang at 8 agents, at most 1 % find the queue full"),
        (
            Partitions(50.0, by_partition=(50.0, 30.0)),
            "50 a second on the busiest of 2 partitions, in the mean",
        ),
        (Throughput(120.5), "120.5 a second, in the mean"),
        (Count(7.0), "7"),
    ],
    ids=lambda each: getattr(each, "model", ""),
)
def test_the_closed_form_in_words(requirement, words):
    assert in_words(requirement) == words


def test_infinite_patience_is_none_in_a_record():
    requirement = Agents(30.0, 180.0, math.inf, 20.0, 0.2)
    written = as_json(requirement)
    assert written == {
        "model": "agents",
        "erlang": 30.0,
        "aht": 180.0,
        "patience": None,
        "threshold": 20.0,
        "share": 0.2,
    }
    assert from_json(written) == requirement
    table = Partitions(50.0, by_partition=(50.0, 30.0))
    assert from_json(as_json(table) | {"by_partition": [50.0, 30.0]}) == table
