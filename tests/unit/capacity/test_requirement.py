"""The value that a plan needs of a limit, the volume that a value carries, and the share that it rejects."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    needed,
    tolerated_share,
    with_headroom,
)
from busyhour.capacity.theory import erlang_b
from busyhour.errors import BusyhourError

loads = st.floats(0.05, 400.0)
shares = st.sampled_from([0.3, 0.05, 0.01, 0.001, 1e-5])
requirements: st.SearchStrategy[Requirement] = st.one_of(
    st.builds(Lines, loads, shares),
    st.builds(Lines, loads, shares, st.floats(0.2, 3.0)),
    st.builds(Lines, loads, shares, redial_share=st.floats(0.1, 1.0), redial_attempts=st.integers(1, 5)),
    st.builds(Executions, loads, st.floats(0.1, 3000.0), shares),
    st.builds(Bucket, loads, st.floats(1.0, 20.0), st.floats(1.0, 25.0), shares, st.booleans()),
    st.builds(Throughput, loads),
    st.lists(loads, min_size=1, max_size=9).map(
        lambda units: Partitions(max(units), by_partition=tuple(units))
    ),
    st.builds(Count, loads, st.booleans()),
    st.builds(Agents, loads, st.floats(5.0, 600.0), st.floats(5.0, 900.0), st.just(20.0), st.just(0.2)),
    st.builds(Waiting, loads, st.integers(1, 300), st.floats(5.0, 600.0), st.floats(5.0, 900.0), shares),
)


@given(requirements, st.floats(0.2, 5.0))
@settings(deadline=None, max_examples=300)
def test_the_need_is_the_smallest_whole_value_that_rejects_no_more_than_is_tolerated(
    requirement: Requirement, factor: float
) -> None:
    need = needed(requirement, factor)
    assert need == int(need)
    assert requirement.rejected(need, factor) <= requirement.share + 1e-8
    if need >= 1:
        assert requirement.rejected(need - 1, factor) > requirement.share - 1e-8


@given(requirements, st.floats(0.2, 5.0))
@settings(deadline=None, max_examples=300)
def test_a_value_carries_the_volume_for_which_it_is_needed(requirement: Requirement, factor: float) -> None:
    need = needed(requirement, factor)
    if need < 1:
        return
    assert carried(requirement, need) >= factor * (1 - 1e-6)
    if not isinstance(requirement, Count) or requirement.grows:
        assert carried(requirement, need - 1) <= factor * (1 + 1e-6)


@given(requirements)
def test_a_record_gives_the_same_requirement_back(requirement: Requirement) -> None:
    assert from_json(as_json(requirement)) == requirement


@given(requirements, st.floats(0.5, 600.0))
@settings(deadline=None)
def test_more_volume_is_never_rejected_less(requirement: Requirement, value: float) -> None:
    assert requirement.rejected(value, 2.0) >= requirement.rejected(value, 1.0) - 1e-9


def test_a_plan_of_603_erlang_needs_631_lines_and_500_block_a_sixth() -> None:
    plan = Lines(14000 / 3600 * 155.2)
    assert needed(plan) == 631
    assert plan.rejected(500) == pytest.approx(0.179, abs=0.0005)
    assert carried(plan, 500) == pytest.approx(0.785, abs=0.005)


def test_an_objective_of_zero_tolerates_less_than_one_rejection_in_the_busy_hour() -> None:
    share = tolerated_share(0.0, 9000.0)
    need = needed(Lines(88.0, share))
    assert 9000 * erlang_b(88.0, int(need)) < 1.0
    assert 9000 * erlang_b(88.0, int(need) - 1) >= 1.0


@pytest.mark.parametrize(("at_most", "share"), [(None, 0.01), (0.05, 0.05), (1.0, pytest.approx(1.0))])
def test_an_objective_says_what_is_tolerated(at_most: float | None, share: float) -> None:
    assert tolerated_share(at_most, 100.0) == share


def test_connects_retries_raise_the_need_of_executions() -> None:
    assert carried(Executions(3.0, 6.0), 6) < carried(Executions(3.0, 6.0, retries=0), 6)
    assert needed(Executions(90.0, 6.0)) > needed(Executions(90.0, 6.0, retries=0)) == needed(Lines(90.0))


def test_quick_functions_need_executions_for_their_request_rate() -> None:
    """2,000 requests a second of 1 ms are 2 erlang; Lambda serves ten requests a second for each execution."""
    assert needed(Executions(2.0, 2000.0)) == 198
    assert Executions(2.0, 2000.0).rejected(100) == pytest.approx(0.5)
    assert needed(Executions(2.0, 2000.0, share=1e-6)) == 200


def test_a_bucket_grows_with_its_rate() -> None:
    """Documented pairs of rate and burst: 2/5 and 10/15."""
    plan = Bucket(9.5, rate=2.0, burst=5.0)
    assert plan.rejected(10.0) == pytest.approx(Bucket(9.5, rate=10.0, burst=13.0).rejected(10.0))


def test_even_requests_pass_up_to_the_rate() -> None:
    assert needed(Bucket(2.4, 2.0, 5.0, even=True, share=1e-6)) == 3
    assert Bucket(2.4, 2.0, 5.0, even=True).rejected(2.0) == pytest.approx(1 - 2 / 2.4)


def test_a_number_that_does_not_grow_binds_at_every_volume_or_at_none() -> None:
    assert carried(Count(3), 2) == 0.0
    assert math.isinf(carried(Count(3), 3))
    assert carried(Count(750, grows=True), 500) == pytest.approx(2 / 3)


def test_no_agents_suffice_where_callers_leave_at_once() -> None:
    assert needed(Agents(0.0, 60.0, 60.0, 20.0, 0.2)) == 0


def test_headroom_is_a_second_number() -> None:
    assert with_headroom(80.0, 0.2) == 100.0
    assert with_headroom(81.0, 0.2) == 102.0
    assert math.isinf(with_headroom(math.inf, 0.2))


@pytest.mark.parametrize(
    ("data", "text"), [({"model": "line"}, "Did you mean"), ({"model": "lines"}, "has no erlang")]
)
def test_a_record_that_cannot_be_read_names_what_is_wrong(data: dict[str, str], text: str) -> None:
    with pytest.raises(BusyhourError, match=text) as raised:
        from_json(data)
    assert raised.value.hint


@pytest.mark.parametrize(
    "requirement",
    [
        Agents(175.0, 175.0, 2.0, 20.0, 1.0),
        Lines(25.0, tolerated_share(1.0, 3600.0)),
        Executions(3.0, 6.0, tolerated_share(1.0, 3600.0)),
    ],
    ids=["agents", "lines", "executions"],
)
def test_where_all_may_be_rejected_every_volume_is_carried(requirement):
    assert math.isinf(carried(requirement, 100))


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
