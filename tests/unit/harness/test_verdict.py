"""The verdict: what it is, in which order its reasons stand, and the one-line summary."""

import pytest

from busyhour.harness.verdict import decide
from busyhour.results.record import (
    AbortRecord,
    Arrivals,
    FindingRecord,
    ObjectiveRecord,
    Outcome,
    QuotaRecord,
)

STARTED = Arrivals(planned=10, started=10, late=0, dropped=0)


def quota(verdict: str, name: str = "Concurrent calls", **changes: object) -> QuotaRecord:
    values: dict[str, object] = {
        "key": name,
        "service": "connect",
        "name": name,
        "code": None,
        "scope": "instance",
        "unit": "count",
        "value": 10.0,
        "origin": "applied (instance)",
        "read_at": "",
        "default": 10.0,
        "peak": 9.0,
        "peak_at": 3.0,
        "peak_source": "",
        "rejected": 0,
        "first_rejected_at": None,
        "utilisation": 0.9,
        "headroom": 0.1,
        "verdict": verdict,
    }
    return QuotaRecord(**{**values, **changes})  # type: ignore[arg-type]  # built from named parts


def test_all_holds_names_the_nearest_quota() -> None:
    verdict = decide("desk", STARTED, [quota("holds"), quota("holds", "Other", utilisation=0.2)], [], [])
    assert verdict.outcome is Outcome.HOLDS
    assert (
        verdict.summary
        == "desk holds: 10 of 10 planned calls started on time; nearest quota: Concurrent calls, 90% used."
    )


def test_the_quota_that_bound_first_is_the_first_reason() -> None:
    late = quota("binds", "Late", first_rejected_at=70.0, rejected=3)
    early = quota("binds", "Early", first_rejected_at=65.4, rejected=1200, peak=11.0)
    verdict = decide("desk", STARTED, [late, early], [], [])
    assert verdict.outcome is Outcome.DOES_NOT_HOLD
    assert (
        verdict.reasons[0]
        == "Early (10 count, applied (instance)) bound at 1:05 and turned away 1,200; peak demand 11."
    )
    assert verdict.summary == f"desk does not hold: {verdict.reasons[0]}"


def test_little_headroom_counts_only_where_headroom_is_asked_for() -> None:
    assert decide("desk", STARTED, [quota("tight")], [], []).outcome is Outcome.HOLDS
    verdict = decide("desk", STARTED, [quota("tight")], [], [], headroom=0.2)
    assert verdict.outcome is Outcome.DOES_NOT_HOLD
    assert "90% of 10 count used" in verdict.reasons[0]


def test_an_objective_that_fails_and_one_that_was_not_measured() -> None:
    failed = ObjectiveRecord("throttles", "at most 0", 4.0, False)
    assert decide("desk", STARTED, [], [failed], []).reasons == ["Objective throttles at most 0: measured 4."]
    unmeasured = ObjectiveRecord("service_level", "at least 0.8", None, None, "no call was queued")
    verdict = decide("desk", STARTED, [], [unmeasured], [])
    assert verdict.outcome is Outcome.INVALID
    assert verdict.reasons == ["Objective service_level could not be measured: no call was queued"]


@pytest.mark.parametrize(
    ("severity", "outcome"), [("error", Outcome.DOES_NOT_HOLD), ("warning", Outcome.HOLDS)]
)
def test_only_errors_in_flows_decide(severity: str, outcome: Outcome) -> None:
    finding = FindingRecord("dangling-target", severity, "main.json", 3, 7, "", "main", "Menu", "")
    assert decide("desk", STARTED, [], [], [finding]).outcome is outcome


def test_an_invalid_run_still_lists_what_it_hit() -> None:
    verdict = decide("desk", STARTED, [quota("binds")], [], [], invalid=["slip"])
    assert verdict.outcome is Outcome.INVALID
    assert verdict.reasons[0] == "slip"
    assert len(verdict.reasons) == 2


def test_a_run_without_a_call_is_invalid_and_an_interrupted_one_says_so() -> None:
    nothing = Arrivals(planned=10, started=0, late=0, dropped=0)
    assert decide("desk", nothing, [], [], []).outcome is Outcome.INVALID
    assert decide("desk", nothing, [], [], [], interrupted=True).outcome is Outcome.INTERRUPTED


def test_an_aborted_run_says_first_which_condition_ended_it_and_when() -> None:
    abort = AbortRecord(
        "breach", 192.0, "2026-12-02T03:03:12+00:00", "CloudWatch ThrottledCalls is 3: too fast"
    )
    arrivals = Arrivals(planned=10, started=0, late=0, dropped=0)
    verdict = decide("campaign", arrivals, [], [], [], interrupted=True, abort=abort)
    assert verdict.outcome is Outcome.INTERRUPTED
    assert verdict.reasons == [
        "Aborted at 3:12 (2026-12-02T03:03:12+00:00) by breach: CloudWatch ThrottledCalls is 3: too fast."
    ]
    assert verdict.summary.startswith("campaign is interrupted: Aborted at 3:12")
