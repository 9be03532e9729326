"""What each kind of requirement rejects and needs: figures by hand."""

from __future__ import annotations

import math

import pytest

from busyhour.capacity.requirement import carried, needed
from busyhour.capacity.requirement_kinds import Bucket, Count, Executions, Lines
from busyhour.capacity.staffing_requirements import Abandoned, Agents, Waiting
from busyhour.capacity.theory.erlang import erlang_b, erlang_c, load_for_blocking, waiting_with_abandonment
from busyhour.capacity.theory.finite_buffer import token_bucket_loss
from busyhour.capacity.throughput_requirements import Partitions, Throughput


def test_a_plan_of_603_erlang_needs_631_lines_and_500_block_a_sixth() -> None:
    plan = Lines(14000 / 3600 * 155.2)
    assert needed(plan) == 631
    assert plan.rejected(500) == pytest.approx(0.179, abs=0.0005)
    assert carried(plan, 500) == pytest.approx(0.785, abs=0.005)


def test_connects_retries_raise_the_need_of_executions() -> None:
    assert carried(Executions(3.0, 6.0), 6) < carried(Executions(3.0, 6.0, retries=0), 6)
    assert needed(Executions(90.0, 6.0)) > needed(Executions(90.0, 6.0, retries=0)) == needed(Lines(90.0))


def test_quick_functions_need_executions_for_their_request_rate() -> None:
    """2,000 requests a second of 1 ms are 2 erlang; Lambda serves ten requests a second for each execution."""
    assert needed(Executions(2.0, 2000.0)) == 198
    assert Executions(2.0, 2000.0).rejected(100) == pytest.approx(0.5)
    assert needed(Executions(2.0, 2000.0, share=1e-6)) == 200


def test_even_requests_pass_up_to_the_rate() -> None:
    assert needed(Bucket(2.4, 2.0, 5.0, even=True, share=1e-6)) == 3
    assert Bucket(2.4, 2.0, 5.0, even=True).rejected(2.0) == pytest.approx(1 - 2 / 2.4)


def test_a_number_that_does_not_grow_binds_at_every_volume_or_at_none() -> None:
    assert carried(Count(3), 2) == 0.0
    assert math.isinf(carried(Count(3), 3))
    assert carried(Count(750, grows=True), 500) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("per_second", "value", "rejected"),
    [
        # A bucket of one request is a server without a waiting room: rho / (1 + rho).
        pytest.param(4.0, 2.0, 2 / 3, id="a request larger than the bucket passes a full one"),
        pytest.param(4.0, 4.0, 1 / 2, id="a bucket of one request"),
        pytest.param(4.0, 7.0, (4 / 7) / (1 + 4 / 7), id="a bucket of one request and a part"),
        pytest.param(40.0, 60.0, token_bucket_loss(10.0, 15.0, 15), id="a bucket of 15 requests"),
    ],
)
def test_requests_of_several_units_are_admitted_whole(
    per_second: float, value: float, rejected: float
) -> None:
    assert Throughput(per_second, each=4.0).rejected(value) == pytest.approx(rejected, rel=1e-9)


def test_no_agents_suffice_where_callers_leave_at_once() -> None:
    assert needed(Agents(0.0, 60.0, 60.0, 20.0, 0.2)) == 0


def test_executions_that_are_reserved_for_others_come_on_top() -> None:
    """80 erlang beside 60 reserved executions: 120 leave 60 for them, of which more than a quarter is throttled."""
    plain, beside = Executions(80.0, 20.0), Executions(80.0, 20.0, reserved=60.0)
    assert needed(beside) == 60 + needed(plain)
    assert beside.rejected(120) == plain.rejected(60) > 0.25
    assert carried(beside, 60) == 0.0


def test_fewer_abandon_with_more_agents() -> None:
    """175 erlang with a patience of a minute: 160 agents lose 9.7 % by Erlang A."""
    plan = Abandoned(175.0, 175.0, 60.0, 0.03)
    assert plan.rejected(160) == pytest.approx(0.097, abs=0.002)
    assert plan.rejected(needed(plan)) <= 0.03 < plan.rejected(needed(plan) - 1)


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


def test_a_test_starts_with_the_units_of_a_second():
    """100 units/s at 80: of 6,000 in a minute 1,200 are beyond the limit, and 80 of these find the table's units."""
    table = Throughput(100.0)
    assert table.over(80.0, 60.0) == pytest.approx((1200 - 80) / 6000)
    assert table.over(80.0, 2.0) == 0.0
    assert table.over(80.0, 1.0) == 0.0
    assert table.over(80.0, 0.0) == table.rejected(80.0)
    assert table.over(120.0, 60.0) == 0.0


def test_units_of_the_start_make_no_difference_where_the_load_is_within_the_limit():
    """Requests of several units are rejected below the limit too: there the bucket is as full as at the start."""
    for load in (40.0, 60.0):
        table = Throughput(load, each=4.0)
        assert table.over(60.0, 600.0) == table.rejected(60.0) > 0.0


def test_each_partition_starts_with_its_own_units():
    """50, 30 and 20 units/s at 25 each for ten minutes: 25 + 5 beyond, less one start of each of the two."""
    table = Partitions(50.0, by_partition=(50.0, 30.0, 20.0))
    assert table.over(25.0, 600.0) == pytest.approx(0.3 - 2 * 25 / (100 * 600))
    assert table.over(25.0, 0.0) == pytest.approx(0.3)


def test_agents_reject_whom_they_do_not_answer_in_time():
    requirement = Agents(30.0, 180.0, 90.0, 20.0, 0.2)
    for agents in (28, 31, 36):
        level = waiting_with_abandonment(30.0, agents, 180.0, 90.0, 20.0).service_level
        assert requirement.rejected(agents) == pytest.approx(1.0 - level)
    assert requirement.rejected(needed(requirement)) <= 0.2 < requirement.rejected(needed(requirement) - 1)


def test_a_queue_of_no_places_loses_as_lines_do():
    assert Waiting(9.0, 8, 60.0, 60.0).rejected(0) == pytest.approx(erlang_b(9.0, 8))
    assert needed(Waiting(2.0, 30, 60.0, 60.0)) == 0.0


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


def test_executions_whose_rate_is_not_known_are_retried_like_lines_whose_callers_all_redial():
    assert Executions(3.0, 0.0).rejected(6) == Lines(3.0, redial_share=1.0, redial_attempts=3).rejected(6)
    assert needed(Executions(3.0, 0.0)) == needed(Lines(3.0, redial_share=1.0, redial_attempts=3))


def test_a_load_below_one_erlang_is_a_load():
    """0.5 erlang on one execution without retries: 0.5 / 1.5, by Erlang B."""
    assert Executions(0.5, 0.5, retries=0).rejected(1) == pytest.approx(1 / 3)
    assert Executions(0.5, 0.5).rejected(1) > 1 / 3


def test_where_none_may_wait_too_long_the_agents_are_more_than_the_load():
    assert needed(Agents(30.0, 180.0, 90.0, 20.0, 0.0)) > 60


def test_functions_that_take_no_time_need_executions_for_their_request_rate():
    """50 requests/s of 0 s: ten a second for each execution, 99 % of them."""
    for at_once in (Executions(0.0, 50.0), Executions(0.0, 50.0, retries=0), Executions(1e-9, 50.0)):
        assert needed(at_once) == 5
        assert at_once.rejected(1.0) == pytest.approx(0.8)
        assert at_once.rejected(0.0) == 1.0
        assert carried(at_once, 1.0) == pytest.approx(10 / 49.5)
        assert carried(at_once, 0.0) == 0.0
    assert needed(Executions(0.0, 50.0, reserved=7.0)) == 12


def test_places_of_a_system_that_takes_no_time_are_never_full():
    at_once = Executions(0.0, 50.0, retries=0, by_rate=False)
    assert (needed(at_once), at_once.rejected(0.0), carried(at_once, 0.0)) == (0.0, 0.0, math.inf)


def test_callers_with_no_attempt_left_do_not_redial():
    assert Lines(20.0, redial_share=0.5).rejected(25) == pytest.approx(erlang_b(20.0, 25))
    assert needed(Lines(20.0, redial_share=0.5)) == needed(Lines(20.0))


def test_the_load_that_lines_carry_is_that_of_erlang_b():
    assert carried(Lines(20.0), 25) == load_for_blocking(25, 0.01) / 20.0
    assert erlang_b(20.0 * carried(Lines(20.0), 25), 25) == pytest.approx(0.01)


def test_connect_tries_three_times_more():
    shares = [Executions(3.0, 6.0, retries=times).rejected(5) for times in (0, 1, 2, 3)]
    assert shares == sorted(shares)
    assert shares[0] == erlang_b(3.0, 5) < shares[-1] < erlang_c(3.0, 5)


def test_partitions_reject_what_falls_on_the_hot_ones():
    """50, 30 and 20 units/s at 25 each: 25 + 5 of 100; at twice the volume 75 + 35 + 15 of 200."""
    table = Partitions(50.0, by_partition=(50.0, 30.0, 20.0))
    assert table.rejected(25.0) == pytest.approx(0.3)
    assert table.rejected(25.0, 2.0) == pytest.approx(125 / 200)
    assert table.rejected(50.0) == 0.0
    assert Partitions(0.0, by_partition=(0.0, 0.0)).rejected(25.0) == 0.0
    assert (needed(table), needed(table, 1.01), carried(table, 25.0)) == (50, 51, 0.5)


def test_a_number_that_does_not_grow_is_the_same_at_every_volume() -> None:
    assert (Count(7.0).load(3.0), Count(7.0, grows=True).load(3.0)) == (7.0, 21.0)
    assert carried(Count(7.0, grows=True), 14.0) == 2.0
