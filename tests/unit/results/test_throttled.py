"""Shares of first attempts that a service throttled: who counted them, and what each share is of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from busyhour.results.entries import Operation, OperatorMetric
from busyhour.results.throttled import by_operation, of_record

INVOKE = Operation("lambda", "Invoke", requests=120, errors=0, throttles=25, limits=5)
START = Operation("connect", "StartOutboundVoiceContact", requests=100, errors=0, throttles=4, limits=30)
INVOCATIONS = [
    OperatorMetric("Throttles", "Sum", 20.0, "count", "CloudWatch AWS/Lambda"),
    OperatorMetric("Invocations", "Sum", 80.0, "count", "CloudWatch AWS/Lambda"),
]


def test_a_full_instance_of_connect_blocks_and_full_executions_of_lambda_throttle():
    invoke, start = by_operation([START, INVOKE])
    assert (invoke.name, invoke.throttled, invoke.share) == ("lambda:Invoke", 30, 0.25)
    assert (start.throttled, start.share) == (4, 0.04)


def test_where_first_attempts_were_counted_the_share_is_theirs():
    counted = replace(INVOKE, first_attempts=100, first_throttles=8, first_limits=2)
    (found,) = by_operation([counted])
    assert (found.share, found.share_of_requests) == (0.1, 0.25)
    assert found.in_words == "of 100 first attempts of lambda:Invoke; 25.00% of all 120 requests"


def test_without_retries_the_share_of_all_requests_is_not_named_again():
    (found,) = by_operation([replace(START, first_attempts=100, first_throttles=4)])
    assert found.in_words == "of 100 first attempts of connect:StartOutboundVoiceContact"
    (found,) = by_operation([START])
    assert (found.in_words, found.share_of_requests) == (
        "of 100 requests of connect:StartOutboundVoiceContact",
        0.04,
    )


def test_cloudwatch_counts_a_throttled_invocation_apart():
    (found,) = by_operation([], INVOCATIONS)
    assert (found.name, found.attempts, found.throttled, found.share) == ("lambda:Invoke", 100, 20, 0.2)
    assert found.in_words == "of 100 requests of lambda:Invoke"


def test_what_the_emulators_connect_counted_goes_before_cloudwatch():
    functions = {
        "a": {"invocations": 60, "first_throttled": 3, "attempts": 70, "throttled": 12},
        "b": {"invocations": 40, "first_throttled": 2, "attempts": 40, "throttled": 2},
    }
    (found,) = by_operation([], INVOCATIONS, functions)
    assert (found.attempts, found.share) == (100, 0.05)
    assert (found.requests, found.requests_throttled) == (110, 14)


def test_what_the_generator_sent_itself_goes_before_both():
    assert [one.throttled for one in by_operation([INVOKE], INVOCATIONS)] == [30]


@pytest.mark.parametrize("value", [0.0, None])
def test_without_requests_there_is_no_share(value):
    silent = [replace(one, value=value) for one in INVOCATIONS]
    assert by_operation([replace(START, requests=0)], silent) == []


@pytest.mark.parametrize(
    ("what", "meant"),
    [("", True), ("lambda", True), ("Invoke", True), ("lambda:Invoke", True), ("connect", False)],
)
def test_an_objective_names_a_service_an_operation_or_both(what, meant):
    assert by_operation([INVOKE])[0].about(what) is meant


def test_an_older_record_has_the_shares_of_the_operations_that_counted_first_attempts():
    counted = replace(INVOKE, first_attempts=100, first_throttles=8, first_limits=2)
    assert [one.name for one in of_record([], [START, counted])] == ["lambda:Invoke"]
    kept = by_operation([START, INVOKE])
    assert of_record(kept[::-1], [START, counted]) == kept
