"""The search finds the highest rate that holds, says what breaks beyond it, and never trusts a single lucky run."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.harness.limit_search.search import Limit, search
from busyhour.results.entries import Arrivals
from busyhour.results.record import Outcome, RunRecord, VerdictRecord


def record(outcome: Outcome, *reasons: str) -> RunRecord:
    arrivals = Arrivals(planned=1, started=1, late=0, dropped=0)
    verdict = VerdictRecord(outcome, list(reasons))
    return RunRecord("run", "1", {}, {}, "", "", 1.0, verdict, arrivals)


def breaking_at(limit: float) -> Callable[[float, int], RunRecord]:
    def measure(factor: float, number: int) -> RunRecord:
        if factor < limit:
            return record(Outcome.HOLDS)
        return record(Outcome.DOES_NOT_HOLD, "Objective blocked_share at most 0: measured 0.1.")

    return measure


@given(st.floats(0.05, 60.0))
def test_the_limit_lies_between_what_holds_and_what_breaks_and_they_are_close(limit: float) -> None:
    found = search(breaking_at(limit), most_runs=60)
    assert found.stopped == ""
    assert found.holds is not None
    assert found.breaks is not None
    assert found.holds < limit <= found.breaks <= found.holds * 1.05 + 1e-9
    assert found.times == 3
    assert found.cause.startswith("Objective blocked_share")


def test_three_of_three_runs_say_that_a_third_of_all_runs_hold_at_least() -> None:
    assert search(breaking_at(2.0)).confidence == pytest.approx(0.368, abs=0.001)
    assert Limit(times=59).confidence == pytest.approx(0.95, abs=0.001)
    assert Limit().confidence == 0.0


def test_a_rate_that_held_once_by_luck_does_not_count() -> None:
    def measure(factor: float, number: int) -> RunRecord:
        lucky = factor == pytest.approx(1.5) and number == 1
        return record(Outcome.HOLDS if factor < 1.4 or lucky else Outcome.DOES_NOT_HOLD, "too much")

    found = search(measure, most_runs=40)
    assert found.holds is not None
    assert found.holds < 1.4
    assert found.times == 3


def test_a_generator_at_its_end_stops_the_search_and_is_no_limit_of_the_target() -> None:
    def measure(factor: float, number: int) -> RunRecord:
        return record(Outcome.HOLDS) if factor < 3 else record(Outcome.INVALID, "slip p99 80 ms")

    found = search(measure)
    assert found.holds == pytest.approx(2.25)
    assert found.breaks is None
    assert "slip p99 80 ms" in found.stopped
    assert [step.factor for step in found.steps][-2:] == [3.375, 3.375]  # it was tried twice


def test_one_run_that_the_machine_spoilt_is_made_again() -> None:
    def measure(factor: float, number: int) -> RunRecord:
        return record(Outcome.INVALID, "slip") if number in (1, 4) else breaking_at(2.0)(factor, number)

    found = search(measure, most_runs=40)
    assert found.stopped == ""
    assert found.holds is not None
    assert found.holds < 2.0 <= (found.breaks or 0.0) <= found.holds * 1.05


def test_where_nothing_breaks_or_nothing_holds_that_is_said() -> None:
    nothing_breaks = search(breaking_at(1e9), ceiling=2.0)
    assert (nothing_breaks.holds, nothing_breaks.breaks) == (2.0, None)
    assert "nothing broke up to 2 times" in nothing_breaks.stopped
    nothing_holds = search(breaking_at(0.0), floor=0.5)
    assert nothing_holds.holds is None
    assert "nothing held" in nothing_holds.stopped


@given(st.floats(0.002, 0.9), st.floats(0.5, 2.0))
def test_a_good_guess_of_the_limit_spares_steps_and_never_changes_the_result(
    limit: float, off: float
) -> None:
    stepwise = search(breaking_at(limit), most_runs=60)
    guessed = search(breaking_at(limit), likely=lambda record: limit * off, most_runs=60)
    assert guessed.stopped == ""
    assert guessed.holds is not None
    assert guessed.holds < limit <= (guessed.breaks or 0.0) <= guessed.holds * 1.05 + 1e-9
    assert len(guessed.steps) <= 12
    if limit < 0.1:
        assert len(guessed.steps) < len(stepwise.steps)


def test_it_does_not_close_in_further_than_chance_lets_runs_be_told_apart() -> None:
    fine = search(breaking_at(1.3))
    coarse = search(breaking_at(1.3), chance=lambda record: 0.35)
    assert coarse.stopped == ""
    assert (coarse.holds, coarse.times) == (pytest.approx(1.2247, abs=1e-4), 3)
    assert coarse.breaks == 1.5
    assert len(coarse.steps) < len(fine.steps)


def test_it_never_makes_more_runs_than_allowed() -> None:
    found = search(breaking_at(40.0), most_runs=5)
    assert len(found.steps) == 5
    assert found.stopped == "5 runs were made"


def test_a_rate_at_which_nothing_broke_in_too_short_runs_is_not_shown_to_hold() -> None:
    def measure(factor: float, number: int) -> RunRecord:
        if factor < 2.0:
            return record(Outcome.NOT_SHOWN, "The test reaches 20 of the plan's 67 calls in progress.")
        return record(Outcome.DOES_NOT_HOLD, "the 5/s bound")

    found = search(measure, most_runs=40)
    assert found.holds is not None
    assert 1.9 <= found.holds < 2.0
    assert found.not_shown.startswith("The test reaches 20")
    assert search(breaking_at(2.0)).not_shown == ""
