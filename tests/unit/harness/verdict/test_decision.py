"""The verdict: what it is, in which order its reasons stand, and the one-line summary."""

import pytest

from busyhour.errors import ExitCode
from busyhour.harness.verdict.decision import Measured, clock, decide, exit_code
from busyhour.results.entries import Arrivals, FindingRecord, ObjectiveRecord, QuotaRecord
from busyhour.results.record import AbortRecord, Outcome, RunRecord, Shown, VerdictRecord

STARTED = Arrivals(planned=10, started=10, late=0, dropped=0)
SHORT = Shown(
    "calls in progress", 604.0, 141.0, why=["The test reaches 141 of the plan's 604 calls in progress."]
)
REACHED = Shown("calls in progress", 604.0, 604.0, reached=600.0, stationary=True)


def limit(verdict: str, **changes: object) -> dict[str, object]:
    """A row of the forecast's list of limits."""
    row: dict[str, object] = {
        "key": "connect.calls",
        "name": "Concurrent active calls per instance",
        "value": 500.0,
        "unit": "count",
        "origin": "scenario",
        "needed": 631.0,
        "load": 603.6,
        "load_half_width": 12.0,
        "rejected_at_plan": 0.179,
        "tolerated": 0.01,
        "calculation": "14,000 calls/h x 155.2 s / 3600 = 603.6 erlang",
        "calls_per_hour": 11_000.0,
        "verdict": verdict,
    }
    return row | changes


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
    verdict = decide("desk", STARTED, Measured([quota("holds"), quota("holds", "Other", peak=2.0)]))
    assert verdict.outcome is Outcome.HOLDS
    assert (
        verdict.summary
        == "desk holds: 10 of 10 planned calls started on time; nearest quota: Concurrent calls, "
        "measured peak 90% of the value."
    )


def test_the_quota_that_bound_first_is_the_first_reason() -> None:
    late = quota("binds", "Late", first_rejected_at=70.0, rejected=3)
    early = quota("binds", "Early", first_rejected_at=65.4, rejected=1200, peak=11.0)
    verdict = decide("desk", STARTED, Measured([late, early]))
    assert verdict.outcome is Outcome.DOES_NOT_HOLD
    assert (
        verdict.reasons[0]
        == "Early (10 count, applied (instance)) bound at 1:05 and rejected 1,200; peak demand 11."
    )
    assert verdict.summary == f"desk does not hold: {verdict.reasons[0]}"


def test_little_headroom_counts_only_where_headroom_is_asked_for() -> None:
    assert decide("desk", STARTED, Measured([quota("tight")])).outcome is Outcome.HOLDS
    verdict = decide("desk", STARTED, Measured([quota("tight")]), headroom=0.2)
    assert verdict.outcome is Outcome.DOES_NOT_HOLD
    assert "measured peak 90% of the value 10 count" in verdict.reasons[0]


def test_an_objective_that_fails_and_one_that_was_not_measured() -> None:
    failed = ObjectiveRecord("throttles", "at most 0", 4.0, False)
    assert decide("desk", STARTED, Measured(objectives=[failed])).reasons == [
        "Objective throttles at most 0: measured 4."
    ]
    unmeasured = ObjectiveRecord("service_level", "at least 0.8", None, None, "no call was queued")
    verdict = decide("desk", STARTED, Measured(objectives=[unmeasured]))
    assert verdict.outcome is Outcome.NOT_SHOWN
    assert verdict.reasons == ["Objective service_level could not be measured: no call was queued"]


@pytest.mark.parametrize(
    ("severity", "outcome"), [("error", Outcome.DOES_NOT_HOLD), ("warning", Outcome.HOLDS)]
)
def test_only_errors_in_flows_decide(severity: str, outcome: Outcome) -> None:
    finding = FindingRecord("dangling-target", severity, "main.json", 3, 7, "", "main", "Menu", "")
    assert decide("desk", STARTED, Measured(findings=[finding])).outcome is outcome


def test_what_does_not_hold_goes_before_an_invalid_generator_and_that_before_not_shown() -> None:
    both = decide("desk", STARTED, Measured([quota("binds")], shown=SHORT), invalid=["slip"])
    assert both.outcome is Outcome.DOES_NOT_HOLD
    assert both.reasons[1:] == ["slip", *SHORT.why]
    invalid = decide("desk", STARTED, Measured(shown=SHORT), invalid=["slip"])
    assert (invalid.outcome, invalid.reasons) == (Outcome.INVALID, ["slip", *SHORT.why])
    assert decide("desk", STARTED, Measured(shown=SHORT)).outcome is Outcome.NOT_SHOWN
    assert decide("desk", STARTED, Measured(shown=REACHED)).outcome is Outcome.HOLDS


def test_a_limit_that_the_plan_exceeds_by_calculation_decides_whatever_a_short_run_saw() -> None:
    verdict = decide("desk", STARTED, Measured([quota("holds")], limits=[limit("exceeds")], shown=SHORT))
    assert verdict.outcome is Outcome.DOES_NOT_HOLD
    assert verdict.reasons == [
        "By calculation Concurrent active calls per instance does not carry the plan: the plan needs 631, 500 scenario; "
        "0.179 of the first attempts would be rejected, 1 % is tolerated "
        "(14,000 calls/h x 155.2 s / 3600 = 603.6 erlang).",
        *SHORT.why,
    ]


def test_a_limit_that_bound_and_is_exceeded_by_calculation_is_one_reason() -> None:
    bound = quota("binds", "connect.calls", rejected=76, first_rejected_at=26.0, peak=11.0)
    measured = Measured([bound], limits=[limit("exceeds"), limit("exceeds", key="other", name="Other")])
    first, second = decide("desk", STARTED, measured).reasons
    assert first.startswith(
        "connect.calls (10 count, applied (instance)) bound at 0:26 and rejected 76; peak demand 11"
    )
    assert first.endswith(
        "; by calculation the plan needs 631 (14,000 calls/h x 155.2 s / 3600 = 603.6 erlang)."
    )
    assert second.startswith("By calculation Other does not carry the plan")


def test_a_quota_of_which_only_the_need_is_known_is_exceeded_by_calculation_and_did_not_bind() -> None:
    [reason] = decide(
        "desk", STARTED, Measured([quota("binds", "connect.calls", peak=None)], limits=[limit("exceeds")])
    ).reasons
    assert reason.startswith("By calculation Concurrent active calls per instance does not carry the plan")


def test_no_value_may_carry_the_plan() -> None:
    verdict = decide("desk", STARTED, Measured(limits=[limit("exceeds", needed=None)], shown=REACHED))
    assert "no value carries the plan" in verdict.reasons[0]


def test_a_limit_or_an_objective_that_is_not_decided_shows_nothing() -> None:
    verdict = decide("desk", STARTED, Measured(limits=[limit("undecided")], shown=REACHED))
    assert verdict.outcome is Outcome.NOT_SHOWN
    assert "not decided by calculation: 500 scenario lies within" in verdict.reasons[0]
    assert "(603.6 ± 12)" in verdict.reasons[0]
    open_ = ObjectiveRecord(
        "blocked_share", "at most 0.08", 0.07, None, "0.05 to 0.1, estimated from 60 calls"
    )
    verdict = decide("desk", STARTED, Measured(objectives=[open_], shown=REACHED))
    assert verdict.outcome is Outcome.NOT_SHOWN
    assert verdict.reasons == ["Objective blocked_share is not decided: 0.05 to 0.1, estimated from 60 calls"]


def test_throttled_operations_and_calls_off_the_plan_do_not_hold() -> None:
    for measured in (Measured(throttled=["45 of 573"]), Measured(unplanned=["no call reaches an agent"])):
        assert decide("desk", STARTED, measured).outcome is Outcome.DOES_NOT_HOLD


def test_a_default_objective_is_named_as_one() -> None:
    failed = ObjectiveRecord(
        "throttle_share", "at most 0.01", 0.08, False, "of 573 requests of lambda:Invoke", True
    )
    assert decide("desk", STARTED, Measured(objectives=[failed])).reasons == [
        "Objective throttle_share at most 0.01 (default): measured 0.08, of 573 requests of lambda:Invoke."
    ]


@pytest.mark.parametrize(("default", "outcome"), [(False, Outcome.NOT_SHOWN), (True, Outcome.HOLDS)])
def test_a_default_objective_that_cannot_be_measured_decides_nothing(default: bool, outcome: Outcome) -> None:
    unmeasured = ObjectiveRecord("service_level", "at least 0.8", None, None, "not told", default)
    assert decide("desk", STARTED, Measured(objectives=[unmeasured], shown=REACHED)).outcome is outcome
    undecided = ObjectiveRecord("service_level", "at least 0.8", 0.8, None, "0.7 to 0.9", default)
    assert (
        decide("desk", STARTED, Measured(objectives=[undecided], shown=REACHED)).outcome is Outcome.NOT_SHOWN
    )


RAISED = Shown("calls in progress", 604.0, 785.0, factor=1.3, reached=780.0, stationary=True)


def test_rejections_at_raised_arrivals_are_not_the_plans() -> None:
    failed = ObjectiveRecord("blocked_share", "at most 0", 0.02, False)
    measured = Measured(
        [quota("binds", rejected=9), quota("tight")], [failed], limits=[limit("within")], shown=RAISED
    )
    verdict = decide("desk", STARTED, measured, headroom=0.2)
    assert verdict.outcome is Outcome.NOT_SHOWN
    assert len(verdict.reasons) == 2
    assert all(
        one.startswith("Arrivals were raised to 1.3 x the plan (test.factor): ") for one in verdict.reasons
    )
    assert decide("desk", STARTED, Measured(limits=[limit("within")], shown=RAISED)).outcome is Outcome.HOLDS
    exceeded = Measured(limits=[limit("exceeds")], shown=RAISED)
    assert decide("desk", STARTED, exceeded).outcome is Outcome.DOES_NOT_HOLD


SMOKE = Shown("calls in progress", 604.0, 141.0, why=["A smoke run shows nothing of the capacity."])


@pytest.mark.parametrize(
    ("measured", "outcome"),
    [
        (Measured(shown=SMOKE), Outcome.NOT_SHOWN),
        (Measured(limits=[limit("exceeds")], shown=SMOKE), Outcome.NOT_SHOWN),
        (Measured([quota("tight")], shown=SMOKE), Outcome.NOT_SHOWN),
        (
            Measured([quota("binds", "connect.calls", peak=None)], limits=[limit("exceeds")], shown=SMOKE),
            Outcome.NOT_SHOWN,
        ),
        (
            Measured(objectives=[ObjectiveRecord("service_level", "", 0.1, False)], shown=SMOKE),
            Outcome.NOT_SHOWN,
        ),
        (
            Measured(objectives=[ObjectiveRecord("abandoned_share", "", 0.9, False)], shown=SMOKE),
            Outcome.NOT_SHOWN,
        ),
        (
            Measured(objectives=[ObjectiveRecord("error_share", "", 0.1, False)], shown=SMOKE),
            Outcome.DOES_NOT_HOLD,
        ),
        (
            Measured(objectives=[ObjectiveRecord("latency_p95", "", 9.0, False)], shown=SMOKE),
            Outcome.DOES_NOT_HOLD,
        ),
        (Measured([quota("binds", rejected=4)], shown=SMOKE), Outcome.DOES_NOT_HOLD),
        (Measured(throttled=["45 of 573"], shown=SMOKE), Outcome.DOES_NOT_HOLD),
    ],
)
def test_a_smoke_run_judges_errors_and_throttles_alone(measured: Measured, outcome: Outcome) -> None:
    assert decide("desk", STARTED, measured, headroom=0.2, smoke=True).outcome is outcome


def test_a_smoke_run_names_what_it_did_not_judge() -> None:
    verdict = decide("desk", STARTED, Measured(limits=[limit("exceeds")], shown=SMOKE), smoke=True)
    assert verdict.reasons[1].startswith("Not judged by a smoke run: By calculation Concurrent active calls")


@pytest.mark.parametrize(
    ("outcome", "smoke", "code"),
    [
        (Outcome.HOLDS, False, 0),
        (Outcome.DOES_NOT_HOLD, False, 1),
        (Outcome.DOES_NOT_HOLD, True, 1),
        (Outcome.NOT_SHOWN, False, 4),
        (Outcome.NOT_SHOWN, True, 0),
        (Outcome.INVALID, False, 4),
        (Outcome.INVALID, True, 4),
        (Outcome.INTERRUPTED, True, 130),
    ],
)
def test_exit_codes(outcome: Outcome, smoke: bool, code: int) -> None:
    record = RunRecord("r", "1", {"test": {"smoke": smoke}}, {}, "", "", 1.0, VerdictRecord(outcome), STARTED)
    assert exit_code(record) == code
    record.abort = AbortRecord("breach", 1.0, "", "")
    assert exit_code(record) is ExitCode.REFUSED


def test_a_run_without_a_call_is_invalid_and_an_interrupted_one_is_named_as_such() -> None:
    nothing = Arrivals(planned=10, started=0, late=0, dropped=0)
    assert decide("desk", nothing, Measured()).outcome is Outcome.INVALID
    assert decide("desk", nothing, Measured(), interrupted=True).outcome is Outcome.INTERRUPTED


def test_an_aborted_run_says_first_which_condition_ended_it_and_when() -> None:
    abort = AbortRecord(
        "breach", 192.0, "2026-12-02T03:03:12+00:00", "CloudWatch ThrottledCalls is 3: too fast"
    )
    arrivals = Arrivals(planned=10, started=0, late=0, dropped=0)
    verdict = decide("campaign", arrivals, Measured(), interrupted=True, abort=abort)
    assert verdict.outcome is Outcome.INTERRUPTED
    assert verdict.reasons == [
        "Aborted at 3:12 (2026-12-02T03:03:12+00:00) by breach: CloudWatch ThrottledCalls is 3: too fast."
    ]
    assert verdict.summary.startswith("campaign is interrupted: Aborted at 3:12")


@pytest.mark.parametrize(
    ("errors", "more"), [(1, ""), (2, " and 1 more"), (5, " and 4 more")], ids=["one", "two", "five"]
)
def test_the_first_error_of_the_flow_check_is_named_and_the_others_counted(errors: int, more: str) -> None:
    warning = FindingRecord("unused", "warning", "other.json", 1, 1, "", "main", "Menu", "")
    found = [
        FindingRecord("dangling-target", "error", "main.json", 3 + at, 7, "", "", "", "")
        for at in range(errors)
    ]
    verdict = decide("desk", STARTED, Measured(findings=[warning, *found, warning]))
    assert verdict.reasons == [f"The flow check found dangling-target at main.json:3:7{more}."]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.0, "0:00"), (59.9, "0:59"), (60.0, "1:00"), (125.0, "2:05"), (3725.0, "62:05")]
)
def test_a_time_from_the_start(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_quotas_bind_in_the_order_of_their_first_rejection_then_by_key() -> None:
    at = {"c": 0.5, "b": None, "d": 0.0, "a": None}
    quotas = [quota("binds", name, first_rejected_at=when, rejected=1) for name, when in at.items()]
    reasons = decide("desk", STARTED, Measured(quotas)).reasons
    assert [reason[0] for reason in reasons] == ["d", "c", "a", "b"]
    assert reasons[0] == "d (10 count, applied (instance)) bound at 0:00 and rejected 1; peak demand 9."
    assert reasons[2] == "a (10 count, applied (instance)) bound and rejected 1; peak demand 9."


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"rejected": 76, "rejected_share": 0.0512, "tolerated": 0.01},
            " and rejected 76, 5.12% of first attempts, 1 % is tolerated; peak demand 9.",
        ),
        (
            {"rejected": 0, "rejected_share": 0.25, "tolerated": 0.002},
            " and would have rejected 25.00% of first attempts, 0.2 % is tolerated; peak demand 9.",
        ),
        ({"rejected": 76, "rejected_share": 0.0512, "tolerated": None}, " and rejected 76; peak demand 9."),
        ({"rejected": 76, "rejected_share": None, "tolerated": 0.01}, " and rejected 76; peak demand 9."),
        (
            {"rejected": 0, "rejected_share": 0.0, "tolerated": 0.01, "peak": 12345.0},
            "; peak demand 1.234e+04.",
        ),
        ({"rejected": 3, "peak": None}, " and rejected 3."),
    ],
)
def test_what_a_quota_rejected_stands_in_its_reason(changes: dict[str, object], text: str) -> None:
    [reason] = decide("desk", STARTED, Measured([quota("binds", "Calls", **changes)])).reasons
    assert reason == f"Calls (10 count, applied (instance)) bound{text}"


def test_too_little_headroom_is_one_reason_for_each_quota() -> None:
    quotas = [quota("tight"), quota("holds", "Other"), quota("tight", "Unused", utilisation=None)]
    quotas += [quota("unknown", "Unread"), quota("undecided by calculation", "Open")]
    assert decide("desk", STARTED, Measured(quotas), headroom=0.2).reasons == [
        "Concurrent calls: measured peak 90% of the value 10 count, less headroom than the scenario asks for."
    ]
    at_plan = Shown("calls in progress", 604.0, 604.0, factor=1.0, reached=600.0, stationary=True)
    assert (
        decide("desk", STARTED, Measured(quotas, shown=at_plan), headroom=0.2).outcome
        is Outcome.DOES_NOT_HOLD
    )


@pytest.mark.parametrize(("binds", "outcome"), [(True, Outcome.DOES_NOT_HOLD), (False, Outcome.HOLDS)])
def test_a_row_of_an_older_forecast_has_no_verdict_but_binds_or_not(binds: bool, outcome: Outcome) -> None:
    row = limit("") | {"binds_at_plan": binds}
    del row["verdict"]
    assert decide("desk", STARTED, Measured(limits=[row], shown=REACHED)).outcome is outcome


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"unit": "requests/s"}, "the plan needs 631 requests/s, 500 scenario; 0.179 of the first attempts"),
        ({"unit": ""}, "the plan needs 631, 500 scenario; 0.179 of the first attempts"),
        ({"tolerated": None}, "the plan needs 631, 500 scenario (14,000 calls/h"),
        ({"rejected_at_plan": None}, "the plan needs 631, 500 scenario (14,000 calls/h"),
        (
            {"rejected_at_plan": 1.0, "tolerated": 0.0},
            "; 1 of the first attempts would be rejected, none is tolerated (",
        ),
        ({"requirement": {"model": "count"}}, "the plan needs 631, 500 scenario (14,000 calls/h"),
        ({"requirement": {"model": "agents"}}, "; 0.179 of the contacts would not be answered in time, 1 %"),
        ({"requirement": {"model": "abandoned"}}, "; 0.179 of the contacts would be abandoned, 1 % is"),
        ({"requirement": {"model": "waiting"}}, "; 0.179 of the contacts would find the queue full, 1 %"),
        ({"calculation": ""}, "1 % is tolerated."),
        ({"calculation": "603.6 erlang."}, "1 % is tolerated (603.6 erlang)."),
    ],
)
def test_the_reason_of_a_limit_has_what_is_known_of_it(changes: dict[str, object], text: str) -> None:
    [reason] = decide("desk", STARTED, Measured(limits=[limit("exceeds", **changes)])).reasons
    assert text in reason
    assert reason.endswith(".")
    assert not reason.endswith("..")


def test_an_undecided_limit_of_unknown_interval_names_none() -> None:
    [reason] = decide("desk", STARTED, Measured(limits=[limit("undecided", load_half_width=None)])).reasons
    assert reason == (
        "Concurrent active calls per instance is not decided by calculation: 500 scenario lies within the interval of "
        "the sampled demand. More sampled calls decide it: busyhour forecast --calls."
    )


def test_a_quota_that_bound_and_rejected_is_a_reason_though_its_peak_is_unknown() -> None:
    for changes in ({"rejected": 4}, {"rejected_share": 0.2, "tolerated": 0.01}):
        bound = quota("binds", "connect.calls", peak=None, **changes)
        [reason] = decide("desk", STARTED, Measured([bound], limits=[limit("exceeds")])).reasons
        assert reason.startswith("connect.calls (10 count, applied (instance)) bound")


def test_the_summary_of_a_run_that_holds_names_what_is_first_to_bind_and_the_fullest_quota() -> None:
    quotas = [
        quota("holds", "Empty", forecast=0.0),
        quota("holds", "Half", forecast=5.0),
        quota("holds", "Most", forecast=8.0),
        quota("holds", "One second of a rate", peak=13.8, utilisation=1.38),
        quota("holds", "Unknown", peak=None, utilisation=None),
    ]
    limits = [
        limit("within", name="Any volume", calls_per_hour=None),
        limit("within"),
        limit("within", name="Later"),
    ]
    arrivals = Arrivals(planned=1200, started=1199, late=1, dropped=0)
    assert decide("desk", arrivals, Measured(quotas, limits=limits, shown=REACHED)).summary == (
        "desk holds: 1,199 of 1,200 planned calls started on time; first to bind: Concurrent active calls per instance, "
        "at 11,000 calls/h; nearest quota: Most, needed 80% of the value."
    )
    assert decide("desk", STARTED, Measured(quotas[4:])).summary == (
        "desk holds: 10 of 10 planned calls started on time."
    )


def test_the_summary_of_every_other_outcome_is_its_first_reason() -> None:
    assert decide("desk", STARTED, Measured(shown=SHORT)).summary == f"desk is not shown: {SHORT.why[0]}"
    assert decide("desk", STARTED, Measured(), invalid=["slip"]).summary == "desk is invalid: slip"
    nothing = Arrivals(planned=10, started=0, late=0, dropped=0)
    assert decide("desk", nothing, Measured()).reasons == ["No call was started, so nothing was measured."]
    stopped = decide("desk", nothing, Measured(throttled=["45 of 573"]), interrupted=True, invalid=["slip"])
    assert stopped.reasons == [
        "Stopped before the end; this is what was measured until then.",
        "45 of 573",
        "slip",
    ]


@pytest.mark.parametrize(
    ("metric", "measured", "default", "outcome"),
    [
        ("service_level", None, False, Outcome.HOLDS),
        ("error_share", None, False, Outcome.NOT_SHOWN),
        ("error_share", 0.01, False, Outcome.NOT_SHOWN),
        ("error_share", 0.01, True, Outcome.HOLDS),
        ("error_share", None, True, Outcome.HOLDS),
    ],
)
def test_objectives_that_are_open_in_a_smoke_run(
    metric: str, measured: float | None, default: bool, outcome: Outcome
) -> None:
    open_ = ObjectiveRecord(metric, "at most 0.1", measured, None, "too few calls", default)
    verdict = decide("desk", STARTED, Measured(objectives=[open_]), smoke=True)
    assert verdict.outcome is outcome


def test_an_estimated_objective_that_fails_has_its_interval_in_the_reason() -> None:
    failed = ObjectiveRecord(
        "service_level", "at least 0.8", 0.6, False, interval=(0.52, 0.67), sampled=320, default=True
    )
    assert decide("desk", STARTED, Measured(objectives=[failed])).reasons == [
        "Objective service_level at least 0.8 (default): measured 0.6 (0.52 to 0.67, estimated from 320 calls)."
    ]


def test_limits_that_together_block_too_much_do_not_hold_whatever_a_short_run_saw():
    together = [
        "Starts and lines together block 1.4% of the calls, 1 % is tolerated: each alone is within its limit."
    ]
    assert decide("desk", STARTED, Measured(unmet=together)).outcome is Outcome.DOES_NOT_HOLD
    assert decide("desk", STARTED, Measured(unmet=together, shown=RAISED)).outcome is Outcome.DOES_NOT_HOLD
    smoke = decide("desk", STARTED, Measured(unmet=together), smoke=True)
    assert (smoke.outcome, smoke.reasons) == (
        Outcome.NOT_SHOWN,
        [f"Not judged by a smoke run: {together[0]}"],
    )


def test_what_calculation_leaves_open_is_not_shown():
    verdict = decide("desk", STARTED, Measured(undecided=["0.10% of the calls take an error branch."]))
    assert verdict.outcome is Outcome.NOT_SHOWN
    assert verdict.reasons == ["Not decided by calculation: 0.10% of the calls take an error branch."]
