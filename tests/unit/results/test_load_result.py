import json

import pytest

from busyhour.load.recorder import Recorder
from busyhour.results.estimate import interval
from busyhour.results.load_result import Bounds, Circumstances, LoadResult
from busyhour.results.load_summary import summarise
from busyhour.results.measurement.measures import Measures

OP = "connect:StartOutboundVoiceContact"


def circumstances(**changes):
    return Circumstances(
        **{
            "drive": "voice",
            "started": "2026-01-01T00:00:00Z",
            "ended": "2026-01-01T00:00:02Z",
            "duration": 2.0,
            "planned_duration": 2.0,
            "planned_series": [2, 1],
            **changes,
        }
    )


def three_calls():
    measures = Measures()
    measures.count("arrivals/planned", 3)
    measures.count("arrivals/started", 3)
    measures.count("arrivals/completed", 2)
    measures.count("arrivals/blocked", 1)
    measures.count(f"requests/{OP}/ok", 2)
    measures.count(f"requests/{OP}/rate_throttle", 1)
    measures.count(f"codes/{OP}/TooManyRequestsException", 1)
    measures.first(f"{OP}/rate_throttle/TooManyRequestsException", 1.25)
    measures.record("slip", 0.001)
    for kind, latency in (("ok", 0.010), ("ok", 0.030), ("rate_throttle", 0.002)):
        measures.record(f"latency/{OP}/{kind}", latency)
        measures.record(f"service/{OP}/{kind}", latency / 2)
    measures.second(0).counts = {"started": 2, f"requests/{OP}": 2}
    measures.second(1).counts = {"started": 1, f"requests/{OP}": 1, "throttles": 1}
    measures.second(1).gauges = {"in_progress": 2}
    return measures


def test_throttles_are_distinguished_from_limits_and_errors():
    (operation,) = summarise(three_calls(), circumstances(), Bounds()).operations
    assert (operation.service, operation.name) == ("connect", "StartOutboundVoiceContact")
    assert (operation.requests, operation.throttles, operation.limits, operation.errors) == (3, 1, 0, 0)
    assert operation.codes == {"TooManyRequestsException": 1}
    assert operation.peak_per_second == 2


def test_the_first_throttle_keeps_its_time():
    (first,) = summarise(three_calls(), circumstances(), Bounds()).first_errors
    assert (first.operation, first.kind, first.code, first.at) == (
        OP,
        "rate_throttle",
        "TooManyRequestsException",
        1.25,
    )


def test_peaks_have_the_second_in_which_they_were_reached():
    peaks = summarise(three_calls(), circumstances(), Bounds()).peaks
    assert (peaks["in_progress"].value, peaks["in_progress"].at) == (2, 1)
    assert (peaks[f"requests:{OP}"].value, peaks[f"requests:{OP}"].at) == (2, 0)


def test_planned_and_started_arrivals_are_beside_each_other():
    series = {line.name: line for line in summarise(three_calls(), circumstances(), Bounds()).series}
    assert series["arrivals planned"].v == [2, 1]
    assert series["arrivals started"].v == [2, 1]
    assert series["throttles"].v == [0, 1]


def test_a_run_that_kept_its_schedule_is_valid():
    result = summarise(three_calls(), circumstances(), Bounds())
    assert result.valid
    assert result.reasons == []


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda m: m.record("slip", 0.2), "slip p99 200.0 ms, bound 50 ms"),
        (
            lambda m: (m.count("dropped/connections", 2), m.count("arrivals/planned", 2)),
            "dropped 2 of 5 arrivals (2 connections)",
        ),
        (lambda m: m.count("arrivals/lost", 1), "Workers died, and 1 of 3 calls were lost"),
        (lambda m: m.second(0).gauges.update(cpu=0.97), "used 97% of a CPU"),
        (lambda m: m.count("arrivals/planned", 4), "3 calls were started, but 7 should have been."),
    ],
)
def test_a_generator_that_was_off_makes_the_run_invalid_with_a_reason(spoil, reason):
    measures = three_calls()
    spoil(measures)
    result = summarise(measures, circumstances(), Bounds())
    assert not result.valid
    assert any(reason in each for each in result.reasons), result.reasons


def test_an_interrupted_run_is_not_blamed_for_calls_it_never_came_to():
    measures = three_calls()
    measures.count("arrivals/planned", 10)
    assert summarise(measures, circumstances(interrupted=True), Bounds()).valid


def test_the_service_level_is_the_share_answered_in_time_of_those_that_were_answered_or_gave_up():
    measures = three_calls()
    for key, count in (("queued", 5), ("answered", 3), ("abandoned", 1), ("answered_in_time", 2)):
        measures.count(f"call/{key}", count)
    assert summarise(measures, circumstances(), Bounds()).calls["service_level"] == 0.5


def test_a_function_has_its_invocations_per_call_and_its_peak_concurrency():
    measures = three_calls()
    measures.count("invocations/lookup", 6)
    measures.count("function_errors/lookup/throttled", 1)
    measures.second(1).gauges["concurrency/lookup"] = 4
    (function,) = summarise(measures, circumstances(), Bounds()).functions
    assert (function.invocations, function.per_call, function.errors) == (6, 2.0, {"throttled": 1})
    assert (function.peak_concurrency.value, function.peak_concurrency.at) == (4, 1)


def test_load_json_is_read_back_as_it_was_written():
    result = summarise(three_calls(), circumstances(), Bounds())
    back = LoadResult.from_json(json.loads(json.dumps(result.to_json())))
    assert back == result
    assert back.histogram(f"latency/{OP}/ok").total == 2


def sampled_calls():
    """800 starts, 20 refused; of the 780 accepted contacts 60 were followed, of which 9 met the reorder tone."""
    measures = Measures()
    for key, count in {
        "arrivals/planned": 800,
        "arrivals/started": 800,
        "arrivals/blocked": 29,
        "arrivals/completed": 51,
        "contacts/accepted": 780,
        "contacts/followed": 60,
        "contacts/blocked": 9,
        "contacts/completed": 51,
        "outcome_refused": 20,
        "outcome/blocked": 9,
        "outcome/agent": 30,
        "outcome/queue": 10,
        "outcome/caller hung up": 11,
        "end/TELECOM_PROBLEM": 9,
        "end/CUSTOMER_DISCONNECT": 51,
        "call/queued": 40,
        "call/answered": 30,
        "call/abandoned": 10,
        "call/answered_in_time": 24,
    }.items():
        measures.count(key, count)
    return measures


def test_waits_that_end_alike_widen_the_interval_of_the_service_level():
    """40 calls a minute for 10 minutes, of which all are in time in 8 minutes and none in the two after."""
    found = []
    for at_random in (True, False):
        recorder = Recorder()
        recorder.end_second(600)
        for call in range(400):
            in_time = call % 5 > 0 if at_random else call < 320
            recorder.count("call/queued")
            recorder.wait_ended(1.5 * call, 3.0, answered=True, in_time=in_time)
        recorder.wait_ended(600.0, 9.0, answered=False, in_time=False)
        found.append(summarise(recorder.flush(), circumstances(), Bounds()).calls)
    independent, alike = found
    for calls in found:
        assert (calls["answered"], calls["abandoned"], calls["answered_in_time"]) == (400, 1, 320)
        assert calls["service_level"] == pytest.approx(320 / 401)
        assert "sampled" not in calls
    assert independent["intervals"]["service_level"] == pytest.approx(interval(320, 401), abs=1e-6)
    low, high = alike["intervals"]["service_level"]
    assert low < 0.55
    assert high > 0.9


def test_ends_of_a_sample_are_scaled_to_all_accepted_calls():
    arrivals = summarise(sampled_calls(), circumstances(), Bounds()).arrivals
    assert (arrivals.refused, arrivals.sampled, arrivals.of) == (20, 60, 780)
    assert arrivals.blocked == 20 + 9 * 13
    assert arrivals.completed == 51 * 13
    low, high = arrivals.intervals["blocked"]
    assert 20 + 9 < low < 137 < high < 800


def test_counts_of_a_sample_are_scaled_and_marked():
    calls = summarise(sampled_calls(), circumstances(), Bounds()).calls
    assert (calls["sampled"], calls["of"]) == (60, 780)
    assert calls["ends"] == {"CUSTOMER_DISCONNECT": 663, "TELECOM_PROBLEM": 117}
    assert (calls["queued"], calls["answered"], calls["abandoned"]) == (520, 390, 130)
    assert calls["service_level"] == pytest.approx(24 / 40)
    low, high = calls["intervals"]["service_level"]
    assert (low, high) == pytest.approx(interval(24, 40))


def test_outcomes_of_a_sample_stand_for_all_calls():
    outcomes = summarise(sampled_calls(), circumstances(), Bounds()).call_outcomes
    assert outcomes is not None
    assert (outcomes.total, outcomes.of) == (80, 800)
    assert outcomes.shares["blocked"] == pytest.approx((20 + 780 * 9 / 60) / 800)
    assert outcomes.error_branch is None


def test_a_short_sample_while_the_run_goes_on_is_not_scaled_by_the_ends_known_so_far():
    """Blocked calls are known at once, long ones minutes later: 5 of 60 drawn, independent of what is known of the others."""
    measures = sampled_calls()
    measures.counts |= {"contacts/completed": 0, "arrivals/completed": 0, "contacts/blocked": 5}
    measures.counts["arrivals/blocked"] = 25
    assert summarise(measures, circumstances(), Bounds()).arrivals.blocked == 20 + 5 * 13


def test_where_every_accepted_call_is_followed_nothing_is_estimated():
    measures = sampled_calls()
    measures.counts["contacts/followed"] = 780
    found = summarise(measures, circumstances(), Bounds())
    assert (found.arrivals.blocked, found.arrivals.sampled, found.arrivals.intervals) == (29, None, {})
    assert "sampled" not in found.calls
