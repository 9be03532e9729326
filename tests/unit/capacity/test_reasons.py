"""Whether calls do what the plan says: staffed agents whom no call reaches, error branches because of a missing scenario key."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from busyhour.capacity.reasons import failed_by_flows, judge_outcomes, judge_run
from busyhour.results import outcomes as o
from busyhour.results.outcomes import CallOutcomes, Ending, from_counts, problem_key
from busyhour.scenarios.model import (
    Objective,
    Queue,
    Scenario,
)

LINE = '[functions.next] response = { flow = "<ARN, id or name of a flow>" }'
PROBLEM = problem_key("main", "t-1", "Transfer", "TransferToFlow has no target", LINE, wanting=True)


@pytest.fixture
def staffed(small: Any) -> Scenario:
    """A scenario with 400 agents in one queue."""
    made: Scenario = small.scenario(queues=(Queue("Main", 400),))
    return made


def calls(
    wanting: int = 0, queued: int = 0, others: int = 0, *, queue: str = "Main", cut_off: int = 0
) -> CallOutcomes:
    counts = Counter(
        {
            o.ENDING + Ending.EMPTY_REFERENCE: wanting,
            o.ENDING + Ending.AGENT: queued,
            o.ENDING + Ending.SELF_SERVICE: others,
            o.ENDING + Ending.CUT_OFF: cut_off,
            o.ERRORS: wanting,
            o.WANTING: wanting,
        }
    )
    if queued:
        counts[o.QUEUE + queue] = queued
    if wanting:
        counts[PROBLEM] = wanting
    found = from_counts(counts)
    assert found is not None
    return found


def test_a_drive_without_flows_has_no_outcomes_to_judge(staffed: Scenario) -> None:
    assert judge_outcomes(None, staffed) == []


def test_calls_that_reach_their_agents_are_as_planned(staffed: Scenario) -> None:
    assert judge_outcomes(calls(queued=300), staffed) == []


def test_more_than_one_per_cent_on_error_branches_for_want_of_something_does_not_hold(
    staffed: Scenario,
) -> None:
    assert judge_outcomes(calls(wanting=10, queued=990), staffed) == []
    (reason,) = judge_outcomes(calls(wanting=11, queued=989), staffed)
    assert reason == (
        "1.1% of the calls take an error branch because of a missing scenario key. "
        f"11 of 1,000 calls at main / Transfer: TransferToFlow has no target. Write: {LINE}"
    )


def test_staffed_agents_whom_no_call_reaches_do_not_hold(staffed: Scenario) -> None:
    (reason,) = judge_outcomes(calls(others=300), staffed)
    assert reason.startswith("No call reaches the 400 agents of 'Main' (300 calls).")
    unstaffed = replace(staffed, queues={"Main": Queue("Main", 0)})
    assert judge_outcomes(calls(others=300), unstaffed) == []


def test_one_queue_of_two_that_no_call_reaches_is_named(staffed: Scenario) -> None:
    two = replace(staffed, queues={"Main": Queue("Main", 400), "Extra": Queue("Extra", 7)})
    (reason,) = judge_outcomes(calls(queued=300), two)
    assert "the 7 agents of 'Extra'" in reason


def test_calls_in_a_queue_that_the_scenario_does_not_have_give_the_line(staffed: Scenario) -> None:
    (reason,) = judge_outcomes(calls(queued=300, queue="arn:q/9"), staffed)
    assert reason.endswith('Write: [queues.Main] arn = "arn:q/9"')


def test_a_run_of_few_calls_shows_nothing_by_itself_and_something_beside_the_forecast(
    staffed: Scenario,
) -> None:
    few = calls(others=5, cut_off=40)
    assert judge_outcomes(few, staffed) == []
    assert judge_outcomes(few, staffed, calls(queued=2_000)) == []
    assert len(judge_outcomes(few, staffed, calls(others=2_000))) == 1


def test_aws_does_not_tell_which_queue_calls_were_in(staffed: Scenario) -> None:
    told = from_counts({o.ENDING + Ending.AGENT: 500}, errors_known=False)
    assert judge_outcomes(told, staffed) == []


def test_a_forecast_whose_calls_take_error_branches_beyond_what_is_tolerated_does_not_hold(staffed: Scenario):
    found = from_counts({o.ENDING + Ending.ERROR_BRANCH: 40, o.ENDING + Ending.AGENT: 1960, o.ERRORS: 40})
    [reason], undecided = failed_by_flows(found, staffed)
    assert undecided == []
    assert reason.startswith("2.00% (")
    assert "0.1 % is tolerated" in reason
    allowed = replace(staffed, objectives=(Objective("error_branch_share", at_most=0.05),))
    assert failed_by_flows(found, allowed) == ([], [])
    few = from_counts({o.ENDING + Ending.ERROR_BRANCH: 2, o.ENDING + Ending.AGENT: 1998, o.ERRORS: 2})
    failed, [reason] = failed_by_flows(few, staffed)
    assert failed == []
    assert reason.startswith("0.10% (0.0")
    none = from_counts({o.ENDING + Ending.AGENT: 2000})
    assert failed_by_flows(none, staffed) == ([], [])


def erring(errors: int, total: int):
    """Outcomes of calls of which some took an error branch, and the others reached an agent."""
    ends = {o.ENDING + Ending.ERROR_BRANCH: errors, o.ENDING + Ending.AGENT: total - errors, o.ERRORS: errors}
    return from_counts(ends | {o.QUEUE + "Main": total - errors})


@pytest.mark.parametrize(
    ("run", "expected", "fails"),
    [
        pytest.param((0, 73), (11, 500), True, id="73 calls without an error do not refute 2 %"),
        pytest.param((0, 300), (500, 500), False, id="300 calls without an error refute 100 %"),
        pytest.param((0, 4000), (11, 500), False, id="4,000 calls without an error are within 0.1 %"),
        pytest.param((1, 73), (11, 500), False, id="the objective itself reports what the run measured"),
        pytest.param((0, 73), (0, 500), False, id="no error is expected"),
    ],
)
def test_a_short_run_without_errors_does_not_refute_those_of_the_forecast(
    staffed: Scenario, run: tuple[int, int], expected: tuple[int, int], fails: bool
):
    failed, undecided = judge_run(erring(*run), staffed, erring(*expected))
    assert [reason.startswith("By calculation: ") for reason in failed] == [True] * fails
    assert undecided == []
    assert judge_run(erring(*run), staffed, erring(*expected), by_load=True) == ([], [])


def test_a_share_of_errors_that_the_forecast_leaves_open_is_open_after_a_short_run(staffed: Scenario):
    failed, [reason] = judge_run(erring(0, 73), staffed, erring(2, 2000))
    assert failed == []
    assert "0.1 % is tolerated" in reason
    assert judge_run(erring(0, 4000), staffed, erring(2, 2000)) == ([], [])


def test_where_the_target_tells_nothing_of_calls_the_forecast_decides(staffed: Scenario):
    assert judge_run(None, staffed, calls(others=2_000))[0] == [
        f"By calculation: {reason}" for reason in judge_outcomes(calls(others=2_000), staffed)
    ]
    assert judge_run(calls(queued=300), staffed, calls(others=2_000)) == ([], [])
    assert judge_run(None, staffed, None) == ([], [])


@pytest.mark.parametrize(
    ("name", "line"), [("Sales", '[queues."Sales"] agents = 10'), ("arn:q/9", 'arn = "arn:q/9"')]
)
def test_a_queue_that_the_scenario_does_not_have_answers_no_call(
    staffed: Scenario, name: str, line: str
) -> None:
    """Without staffing every call in it would be answered at once: its agents are unknown."""
    nothing_staffed = replace(staffed, queues={})
    (reason,) = judge_outcomes(calls(queued=300, queue=name), nothing_staffed)
    assert "which is not in the scenario" in reason
    assert line in reason
    assert judge_outcomes(calls(queued=1, others=299, queue=name), nothing_staffed) == []
