from busyhour.load.recorder import LATEST_SECONDS, Recorder
from busyhour.results.load_result import Bounds, Circumstances
from busyhour.results.load_summary import summarise
from busyhour.results.measurement.measures import Measures

OP = "connect:StartOutboundVoiceContact"


def test_a_request_is_counted_from_its_intended_start_and_from_its_sending():
    recorder = Recorder()
    recorder.operation(OP).record(1.000, 1.010, 1.050, "ok", size=7)
    measures = recorder.flush()
    assert measures.counts == {f"requests/{OP}/ok": 1, f"bytes/{OP}": 7}
    assert measures.seconds[1].histograms[f"latency/{OP}/ok"].highest == 50_000
    assert 39_999 <= measures.histograms[f"service/{OP}/ok"].highest <= 40_000
    assert measures.seconds[1].counts == {f"requests/{OP}": 1, f"answers/{OP}/ok": 1}


def test_a_request_that_was_never_sent_has_no_service_time_and_no_second_of_sending():
    recorder = Recorder()
    recorder.operation(OP).record(1.0, None, 1.1, "connection", "Connection refused")
    measures = recorder.flush()
    assert f"service/{OP}/connection" not in measures.histograms
    assert measures.seconds[1].counts == {"errors": 1, f"answers/{OP}/connection": 1}
    assert measures.firsts == {f"{OP}/connection/Connection refused": 1.1}


def test_throttles_limits_and_errors_have_their_own_columns_and_the_first_of_each_its_time():
    recorder = Recorder()
    operation = recorder.operation(OP)
    operation.record(0.0, 0.0, 3.5, "rate_throttle", "TooManyRequestsException")
    operation.record(0.0, 0.0, 2.5, "rate_throttle", "TooManyRequestsException")
    operation.record(0.0, 0.0, 2.6, "limit", "LimitExceededException")
    operation.record(0.0, 0.0, 2.7, "server_error", "InternalServiceException")
    measures = recorder.flush()
    row = measures.seconds[2].counts
    assert (row["throttles"], row["limits"], row["errors"]) == (1, 1, 1)
    assert measures.firsts[f"{OP}/rate_throttle/TooManyRequestsException"] == 2.5


def test_a_late_call_is_counted_as_late_and_its_slip_recorded():
    recorder = Recorder(late_ms=10)
    recorder.call_started(1.0, 1.009)
    recorder.call_started(2.0, 2.011)
    measures = recorder.flush()
    assert measures.counts["arrivals/started"] == 2
    assert measures.counts["arrivals/late"] == 1
    assert 10_000 < measures.histograms["slip"].highest <= 11_100


def test_each_flush_is_the_difference_to_the_one_before_and_their_sum_is_the_run():
    recorder, whole = Recorder(), Measures()
    for number in range(10):
        recorder.call_started(float(number), float(number))
        recorder.operation(OP).record(number, number, number + 0.5, "ok")
        if number % 2:
            recorder.call_ended("completed", "CUSTOMER_DISCONNECT")
        recorder.end_second(number)
        whole.merge(recorder.flush())
    result = summarise(whole, Circumstances("voice", "", "", 10, 10), Bounds())
    assert (result.arrivals.started, result.arrivals.completed) == (10, 5)
    assert result.calls["ends"] == {"CUSTOMER_DISCONNECT": 5}
    assert result.operations[0].requests == 10
    assert result.operations[0].latency.count == 10
    series = {line.name: line.v for line in result.series}
    assert series["arrivals started"] == [1] * 10
    assert series["calls in progress"] == [1, 2, 2, 3, 3, 4, 4, 5, 5, 6]


def test_the_highest_value_of_a_gauge_in_each_second_is_kept_and_its_last_value_goes_on():
    recorder = Recorder()
    recorder.gauge("concurrency/f", 3)
    recorder.gauge("concurrency/f", 1)
    recorder.end_second(0)
    recorder.end_second(1)
    measures = recorder.flush()
    assert measures.seconds[0].gauges == {"concurrency/f": 3}
    assert measures.seconds[1].gauges == {"concurrency/f": 1}


def test_the_end_of_a_wait_by_a_wrong_clock_makes_no_rows_for_years():
    recorder = Recorder()
    recorder.end_second(4)
    for at in (2.5e11, -6e10, 4.5):
        recorder.wait_ended(at, 1.0, answered=True, in_time=True)
    seconds = recorder.flush().seconds
    assert sorted(seconds) == [0, 4, 4 + LATEST_SECONDS]


def test_dropped_calls_have_their_reason():
    recorder = Recorder()
    recorder.call_dropped("connections")
    recorder.call_dropped("memory", 2)
    assert recorder.flush().counts == {"dropped/connections": 1, "dropped/memory": 2}


def test_invocations_are_counted_by_function_as_well_and_by_second_and_outcome():
    recorder = Recorder()
    for function, at, kind in (
        ("lookup", 0.5, "ok"),
        ("other", 0.6, "ok"),
        ("lookup", 1.5, "function_error"),
    ):
        recorder.operation("lambda:Invoke", function).record(
            at, at, at + 0.25, kind, "Unhandled" * (kind != "ok")
        )
    recorder.count("invocations/lookup", 2)
    result = summarise(recorder.flush(), Circumstances("lambda", "", "", 2, 2), Bounds())
    assert [operation.requests for operation in result.operations] == [3]
    assert result.windows is not None
    assert [sum(row[1::2]) for row in result.windows.functions["lookup"]] == [1, 1]
    assert [sum(row[1::2]) for row in result.windows.latency["lambda:Invoke"]] == [2, 1]
    series = {line.name: line.v for line in result.series}
    assert series["requests:lambda:Invoke"] == [2, 1]
    assert series["invocations:lookup"] == [1, 1]
    assert series["answers:lambda:Invoke/ok"] == [2, 0]
    assert series["answers:lambda:Invoke/function_error"] == [0, 1]
    assert series["outcome p99:lambda:Invoke/function_error"][0] is None
    assert 249 < series["function p50:lookup"][1] < 251


def test_repeated_requests_are_told_from_first_attempts():
    recorder, whole = Recorder(), Measures()
    operation = recorder.operation("lambda:Invoke")
    operation.record(0.0, 0.0, 0.1, "limit", "TooManyRequestsException")
    operation.record(0.0, 0.0, 0.1, "rate_throttle", "TooManyRequestsException")
    operation.record(0.3, 0.3, 0.4, "limit", "TooManyRequestsException", retry=True)
    operation.record(0.9, 0.9, 1.0, "ok", retry=True)
    operation.record(0.9, 0.9, 1.0, "ok")
    whole.merge(recorder.flush())
    whole.merge(recorder.flush())  # nothing is counted twice
    [found] = summarise(whole, Circumstances("lambda", "", "", 10, 10), Bounds()).operations
    assert (found.requests, found.throttles, found.limits) == (5, 1, 2)
    assert (found.first_attempts, found.first_throttles, found.first_limits) == (3, 1, 1)
