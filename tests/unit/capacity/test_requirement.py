"""The value that a plan needs of a limit and the volume that a value carries: alike for every kind of requirement."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from busyhour.capacity.requirement import Requirement, as_json, carried, from_json, needed, with_headroom
from busyhour.capacity.requirement_kinds import Bucket, Count, Executions, Lines, tolerated_share
from busyhour.capacity.staffing_requirements import Abandoned, Agents, QueuedLines, Waiting
from busyhour.capacity.theory.erlang import erlang_b
from busyhour.capacity.throughput_requirements import Partitions, Throughput

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
QUEUED = QueuedLines(12.8, 1.0, ((9.0, 10.0, 60.0, 1.0, 1.0, 900.0, 1.0, -1.0),))
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
    QUEUED,
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
@settings(deadline=None, max_examples=60)
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


def test_an_objective_of_zero_tolerates_less_than_one_rejection_in_the_busy_hour() -> None:
    share = tolerated_share(0.0, 9000.0)
    need = needed(Lines(88.0, share))
    assert 9000 * erlang_b(88.0, int(need)) < 1.0
    assert 9000 * erlang_b(88.0, int(need) - 1) >= 1.0


@pytest.mark.parametrize(("at_most", "share"), [(None, 0.01), (0.05, 0.05), (1.0, pytest.approx(1.0))])
def test_an_objective_gives_the_tolerated_share(at_most: float | None, share: float) -> None:
    assert tolerated_share(at_most, 100.0) == share


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


@pytest.mark.parametrize("requirement", EVERY, ids=lambda each: each.model)
def test_without_a_factor_the_plan_itself_is_meant(requirement):
    value = needed(requirement)
    assert value == needed(requirement, 1.0) != needed(requirement, 2.0)
    assert requirement.load() == requirement.load(1.0) == requirement.load(2.0) / 2.0
    assert requirement.rejected(0.8 * value) == requirement.rejected(0.8 * value, 1.0)
    assert requirement.rejected(0.8 * value) < requirement.rejected(0.8 * value, 2.0)


def test_nothing_is_needed_of_what_nothing_asks_for():
    for nothing in (
        Lines(0.0),
        Lines(0.0, peakedness=2.0),
        Lines(0.0, redial_share=0.5, redial_attempts=2),
        QueuedLines(0.0, 0.0, ()),
        Executions(0.0, 0.0),
        Bucket(0.0, 2.0, 5.0),
        Agents(0.0, 180.0, 90.0, 20.0, 0.2),
        Abandoned(0.0, 180.0, 90.0, 0.03),
        Waiting(0.0, 8, 60.0, 60.0),
        Throughput(0.0, each=4.0),
        Partitions(0.0, by_partition=(0.0,)),
        Count(0.0),
    ):
        assert needed(nothing) == 0.0
        assert carried(nothing, 0) == math.inf
    assert carried(Lines(0.0), 5) == math.inf
    assert carried(Lines(5.0), 0) == 0.0


def test_lines_that_waiting_callers_keep():
    """By the network of queues; traffic that is not Poisson takes the higher of it and Hayward's."""
    need = needed(QUEUED)
    assert QUEUED.rejected(need) <= 0.01 < QUEUED.rejected(need - 1)
    assert need > needed(Lines(QUEUED.erlang))
    assert QUEUED.rejected(0) == 1.0
    assert carried(QUEUED, 0) == 0.0
    for peakedness in (0.5, 3.0):
        peaked, hayward = replace(QUEUED, peakedness=peakedness), Lines(QUEUED.erlang, peakedness=peakedness)
        assert peaked.rejected(20) == max(QUEUED.rejected(20), hayward.rejected(20))
        assert needed(peaked) == max(need, needed(hayward))
    again = replace(QUEUED, redial_share=0.9, redial_attempts=5)
    assert again.rejected(18) > QUEUED.rejected(18)
    assert needed(again, 1.5) >= needed(QUEUED, 1.5) > need


def test_more_volume_comes_with_as_many_more_agents():
    """Agents are a limit of their own: twice the calls of 9 agents for 8.9 erlang are no collapse."""
    queued = replace(QUEUED, queues=((8.9, 9.0, 60.0, 1.0, 1.0, 9000.0, 1.0, -1.0),))
    assert needed(queued, 2.0) < 2.0 * needed(queued)


@pytest.mark.parametrize(
    ("requirement", "need"),
    [(Executions(200.0, 400.0, by_rate=False), 227), (Executions(60.0, 20.0, by_rate=False), 78)],
)
def test_executions_whose_retries_come_back_soon_are_searched_to_the_last_one(
    requirement: Executions, need: int
) -> None:
    """Erlang's formula with its own redials says 223 and 75: the search passes the need before it returns to it."""
    assert needed(requirement) == need
    assert requirement.rejected(need) <= requirement.share < requirement.rejected(need - 1)


def test_a_bucket_whose_requests_come_again_rejects_more() -> None:
    again = Bucket(4.0, 5.0, 5.0, pauses=(0.5, 1.0))
    assert again.rejected(5.0) > 1.5 * Bucket(4.0, 5.0, 5.0).rejected(5.0) > 0.03


def test_a_constant_number_of_calls_is_blocked_where_it_exceeds_the_lines() -> None:
    constant = Lines(20.0, peakedness=0.0)
    assert [constant.rejected(lines) for lines in (5, 10, 20, 21)] == [0.75, 0.5, 0.0, 0.0]


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
    assert carried(Lines(25.0, tolerated_share(1.0, 3600.0)), 1) == math.inf
    assert math.isfinite(carried(Lines(25.0, 0.999), 1))
    assert tolerated_share(1e-9, 3600.0) == 1e-9


def test_nothing_is_rejected_of_nothing():
    for requirement in (Throughput(0.0), Bucket(0.0, 2.0, 5.0, even=True), Count(0.0)):
        assert requirement.rejected(0.0) == requirement.rejected(3.0) == 0.0


@pytest.mark.parametrize(
    ("requirement", "value"),
    [
        (Lines(20.0), 25),
        (Lines(20.0, peakedness=2.0), 30),
        (Lines(20.0, redial_share=0.5, redial_attempts=2), 25),
        (QUEUED, 18),
        (QUEUED, 30),
        (replace(QUEUED, redial_share=0.5, redial_attempts=2), 18),
        (Executions(3.0, 6.0), 6),
        (Executions(2.5, 0.25, 0.6, by_rate=False), 5),
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
