"""Counts of calls by outcome become shares that add up to 1, and problems with the line to write."""

from collections import Counter

import pytest

from busyhour.results import outcomes as o
from busyhour.results.codec import decode, encode
from busyhour.results.outcomes import CallOutcomes, Ending, from_counts, lines, problem_key

LINE = '[flows.aliases] "arn" = "other"'
PROBLEM = problem_key("main", "a-1", "Transfer", "flow 'arn' is not in the scenario", LINE, wanting=True)
FAILED = problem_key("main", "b-2", "Look up", "function 'f' failed (timeout)", "", wanting=False)


def known(**more: int) -> Counter[str]:
    return Counter(
        {
            o.ENDING + Ending.AGENT: 80,
            o.ENDING + Ending.MISSING_FLOW: 20,
            o.QUEUE + "Sales": 80,
            o.ERRORS: 25,
            o.WANTING: 20,
            PROBLEM: 20,
            FAILED: 30,
            "arrivals/started": 100,
            **more,
        }
    )


def made(counts: Counter[str], **options: object) -> CallOutcomes:
    found = from_counts(counts, **options)  # type: ignore[arg-type]  # keywords of the test
    assert found is not None
    assert sum(found.shares.values()) == pytest.approx(1.0)
    return found


def test_shares_of_every_call_have_no_interval() -> None:
    found = made(known())
    assert (found.total, found.sampled, found.of) == (100, False, None)
    assert found.shares == {"agent": 0.8, "missing flow": 0.2}
    assert found.intervals == {}
    assert (found.error_branch, found.wanting, found.queues) == (25, 20, {"Sales": 80})


def test_what_the_scenario_lacks_comes_before_more_frequent_problems() -> None:
    assert [(one.count, one.wanting) for one in made(known()).problems] == [(20, True), (30, False)]


def test_calls_that_a_model_drew_have_intervals() -> None:
    found = made(known(), drawn={})
    assert (found.sampled, found.of) == (True, None)
    low, high = found.intervals["agent"]
    assert low < 0.8 < high


def test_a_sample_stands_for_all_accepted_calls_and_refused_ones_are_known() -> None:
    found = made(known(**{o.REFUSED: 100}), population=900, errors_known=False)
    assert found.of == 1000
    assert found.shares["blocked"] == pytest.approx(0.1)
    assert found.shares["agent"] == pytest.approx(0.72)
    low, high = found.intervals["blocked"]
    assert low == pytest.approx(0.1)
    assert 0.1 < high < 0.15
    assert found.error_branch is None


def test_no_call_has_no_outcomes() -> None:
    assert from_counts({"arrivals/started": 0}) is None
    assert from_counts({o.REFUSED: 3}, population=10) is None


def test_the_first_line_has_the_shares_and_each_problem_its_line_to_write() -> None:
    first, *problems = lines(made(known()))
    assert first == (
        "Outcomes of 100 calls: 80.0% agent, 20.0% missing flow. 25 of 100 took an error branch on their way, "
        "20 because of a missing scenario key."
    )
    assert (
        problems[0] == f"20 of 100 calls at main / Transfer: flow 'arn' is not in the scenario. Write: {LINE}"
    )
    assert problems[1] == "30 of 100 calls at main / Look up: function 'f' failed (timeout)."


def test_a_problem_of_no_action_has_no_place() -> None:
    nowhere = problem_key("", "", "", "flow 'arn' is not in the scenario", LINE, wanting=True)
    found = made(known() + Counter({nowhere: 70}))
    assert lines(found)[1].startswith("70 of 100 calls: flow 'arn' is not in the scenario. Write: ")


def test_a_problem_that_a_reason_names_is_not_repeated() -> None:
    found = made(known())
    told = lines(found)
    assert lines(found, [f"Too many. {told[1]}"]) == [told[0], told[2]]


def test_a_sample_is_marked_in_its_line() -> None:
    first = lines(made(known(), population=900, errors_known=False))[0]
    assert first.startswith("Outcomes of 100 calls, a sample of 900: 80.0% agent (")
    assert "The target does not report which calls took an error branch." in first


def test_outcomes_are_the_same_after_they_were_written_and_read() -> None:
    found = made(known(), drawn={})
    assert decode(CallOutcomes, encode(found)) == found
