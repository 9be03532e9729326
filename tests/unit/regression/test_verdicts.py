"""The verdict on a run and that of its comparison as one, and what is kept of a comparison."""

from __future__ import annotations

from pathlib import Path

import pytest

from busyhour.regression import verdicts
from busyhour.regression.compare import Comparison
from busyhour.regression.verdicts import Verdict, fold
from busyhour.results.record import Outcome, VerdictRecord

HOLDS = VerdictRecord(Outcome.HOLDS, [], "helpdesk: holds.")
WORSE = Verdict(
    True, "helpdesk regressed: x.", ["a", "b", "c"], failed=["x"], verdict="regressed", reasons=["x"]
)


def test_a_regression_over_a_run_that_holds_does_not_hold_and_leads_the_reasons() -> None:
    made = fold(HOLDS, WORSE)
    assert made.outcome is Outcome.DOES_NOT_HOLD
    assert made.reasons == ["Regressed, compared with 3 earlier runs: x."]
    assert made.summary == WORSE.summary


def test_the_reasons_of_a_run_that_does_not_hold_stay() -> None:
    made = fold(VerdictRecord(Outcome.DOES_NOT_HOLD, ["Objective."]), WORSE)
    assert made.reasons[1:] == ["Objective."]


@pytest.mark.parametrize(
    ("found", "unproven"),
    [
        (WORSE, True),
        (Verdict(False, "not shown", ["a"], shown=False, verdict="not shown", reasons=["missing: x"]), False),
    ],
)
def test_what_could_not_be_judged_is_not_green(found: Verdict, unproven: bool) -> None:
    made = fold(HOLDS, found, unproven=unproven)
    assert made.outcome is Outcome.NOT_SHOWN
    assert made.reasons


@pytest.mark.parametrize("outcome", [Outcome.INVALID, Outcome.INTERRUPTED])
def test_a_void_run_stays_void(outcome: Outcome) -> None:
    assert fold(VerdictRecord(outcome), WORSE).outcome is outcome


def test_a_comparison_that_found_nothing_changes_nothing() -> None:
    assert fold(HOLDS, Verdict(False, "no regression", ["a"])) is HOLDS


def test_what_fails_is_kept_by_name(tmp_path: Path) -> None:
    found = Comparison("helpdesk", ["n"], ["a"], cuts=["quota calls 200 to 120"], new_findings=["rule: x"])
    verdicts.write(tmp_path, found)
    kept = verdicts.read_verdict(tmp_path)
    assert kept is not None
    assert kept.failed == ["quota calls 200 to 120", "rule: x"]
    assert kept.version
    assert "quota calls 200 to 120" in kept.reasons
