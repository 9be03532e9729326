"""What breaks a run is grouped by cause, and each cause has the rates between which it begins to bind."""

from busyhour.harness.limit_search.causes import Bracket, Cause, Step, brackets, causes_of
from busyhour.results.entries import Arrivals, ObjectiveRecord, QuotaRecord
from busyhour.results.record import Outcome, RunRecord, VerdictRecord

HOLDS, BREAKS = Outcome.HOLDS, Outcome.DOES_NOT_HOLD
CALLS, RATE = (
    Cause("calls", "Concurrent calls (10 count)"),
    Cause("rate", "Rate of starts (2 requests/second)"),
)


def quota(key: str, at: float | None, verdict: str = "binds") -> QuotaRecord:
    return QuotaRecord(
        key=key,
        service="connect",
        name=key.capitalize(),
        code=None,
        scope="account",
        unit="calls",
        value=10.0,
        origin="",
        read_at="",
        default=10.0,
        peak=12.0,
        peak_at=5.0,
        peak_source="",
        rejected=3,
        first_rejected_at=at,
        utilisation=1.2,
        headroom=-0.2,
        verdict=verdict,
    )


def record(outcome: Outcome = BREAKS, *, headroom: float = 0.0, **parts: object) -> RunRecord:
    verdict = VerdictRecord(outcome, ["The flow check found a rule."])
    made = RunRecord(
        "run", "1", {"headroom": headroom}, {}, "", "", 1.0, verdict, Arrivals(1, 1, late=0, dropped=0)
    )
    for name, value in parts.items():
        setattr(made, name, value)
    return made


def test_quotas_come_in_the_order_in_which_they_turned_something_away() -> None:
    quotas = [quota("late", 9.0), quota("first", 4.0), quota("never", None), quota("fine", None, "holds")]
    assert [cause.text for cause in causes_of(record(quotas=quotas))] == [
        "First (10 calls)",
        "Late (10 calls)",
        "Never (10 calls)",
    ]


def test_objectives_and_missing_headroom_are_causes_whatever_was_measured() -> None:
    objectives = [
        ObjectiveRecord("throttles", "at most 0", 7.0, holds=False),
        ObjectiveRecord("errors", "at most 0", 0.0, holds=True),
    ]
    found = causes_of(record(headroom=0.2, objectives=objectives, quotas=[quota("calls", None, "tight")]))
    assert [cause.key for cause in found] == ["throttles", "headroom/calls"]
    assert found[1].text == "20% headroom below Calls (10 calls)"
    assert causes_of(record(quotas=[quota("calls", None, "tight")]))[0].key == "", "no headroom was asked for"


def test_what_else_the_verdict_says_is_a_cause_and_a_run_that_proves_nothing_has_none() -> None:
    assert [cause.text for cause in causes_of(record())] == ["The flow check found a rule."]
    assert causes_of(record(Outcome.INVALID, quotas=[quota("calls", 1.0)])) == []
    assert causes_of(record(HOLDS)) == []


def test_each_cause_begins_between_the_runs_that_did_not_meet_it_and_the_first_that_did() -> None:
    steps = [
        Step(4.0, BREAKS, [RATE, CALLS], "1"),
        Step(1.0, HOLDS, [], "2"),
        Step(2.0, BREAKS, [CALLS], "3"),
        Step(1.0, HOLDS, [], "4"),
        Step(3.0, Outcome.INVALID, [], "5"),
    ]
    assert brackets(steps) == [Bracket(CALLS, 1.0, 2, 2.0), Bracket(RATE, 2.0, 1, 4.0)]


def test_a_cause_that_every_run_met_has_no_rate_at_which_it_was_not_met() -> None:
    assert brackets([Step(1.0, BREAKS, [CALLS], "1"), Step(0.5, BREAKS, [CALLS], "2")]) == [
        Bracket(CALLS, None, 0, 0.5)
    ]
