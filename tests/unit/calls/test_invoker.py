"""Connect's retries, by the clock."""

from typing import Any

import pytest

from busyhour.calls.policy import CallPolicy, RetryPolicy
from busyhour.flows.actions.functions import function_name
from busyhour.flows.protocol import Invoke, LambdaFailed, LambdaResult, Play

LOOKUP = Invoke("lookup", "arn:aws:lambda:us-east-1:123456789012:function:lookup", {}, 8.0)
GOOD = LambdaResult({"name": "Ada"})
THROTTLED = LambdaFailed("throttled")
ERROR = LambdaFailed("function_error", "boom")


def run(bench: Any, *script: Any, effect: Invoke = LOOKUP, policy: CallPolicy | None = None) -> Any:
    bench.answers(*script)
    centre = bench.centre(effect, policy=policy)
    call = centre.arrive(0)
    bench.clock.run()
    assert call.over
    return call


def outcome(bench: Any) -> tuple[str, float, int]:
    [detail] = [detail for _, kind, _, detail in bench.journal.events if kind == "lambda"]
    return detail["outcome"], round(detail["seconds"], 6), detail["attempts"]


def test_a_valid_response_reaches_the_flow(bench: Any):
    call = run(bench, (0.1, GOOD))
    assert call.machine_call.heard[0].payload == GOOD.payload
    assert outcome(bench) == ("succeeded", 0.1, 1)
    assert call.invocations == call.attempts == {"lookup": 1}


def test_an_immediate_response_reaches_the_flow_at_once(bench: Any):
    call = run(bench, (0, GOOD))
    assert call.machine_call.heard[0].payload == GOOD.payload
    assert bench.clock.now() == 0.0


def test_throttles_are_retried_after_the_documented_pauses(bench: Any):
    call = run(bench, (0.1, THROTTLED), (0.1, THROTTLED), (0.1, GOOD))
    assert bench.functions.attempts == [0.0, 0.3, 0.8]
    assert outcome(bench) == ("succeeded", 0.9, 3)
    assert call.invocations == {"lookup": 1}
    assert call.attempts == {"lookup": 3}


def test_after_three_retries_the_error_branch_is_taken_at_once(bench: Any):
    call = run(bench, *[(0.1, ERROR)] * 4)
    assert bench.functions.attempts == [0.0, 0.3, 0.8, 1.7]
    assert call.machine_call.heard[0] == LambdaFailed("function_error", "boom", pytest.approx(1.8))
    assert outcome(bench) == ("function_error", 1.8, 4)


def test_no_answer_within_the_limit_is_a_timeout_and_is_not_retried(bench: Any):
    call = run(bench, None)
    assert bench.functions.attempts == [0.0]
    assert call.machine_call.heard[0].kind == "timeout"
    assert outcome(bench) == ("timeout", 8.0, 1)


def test_an_answer_after_the_limit_is_ignored(bench: Any):
    call = run(bench, (8.5, GOOD))
    assert [type(event).__name__ for event in call.machine_call.heard] == ["LambdaFailed"]


def test_the_limit_covers_all_attempts_together(bench: Any):
    run(bench, (3.0, ERROR), (3.0, ERROR), (3.0, GOOD))
    assert bench.functions.attempts == [0.0, 3.2, 6.6]
    assert outcome(bench) == ("timeout", 8.0, 3)


def test_a_retry_that_would_begin_after_the_limit_is_not_made(bench: Any):
    run(bench, (7.9, ERROR))
    assert bench.functions.attempts == [0.0]
    assert outcome(bench) == ("function_error", 7.9, 1)


def test_an_invalid_answer_is_not_retried(bench: Any):
    run(bench, (0.1, LambdaFailed("invalid")))
    assert len(bench.functions.attempts) == 1


def test_the_policy_can_switch_retries_off(bench: Any):
    run(bench, (0.1, THROTTLED), policy=CallPolicy(retry=RetryPolicy(max_retries=0)))
    assert outcome(bench) == ("throttled", 0.1, 1)


def test_the_flow_does_not_wait_for_an_asynchronous_invocation(bench: Any):
    effect = Invoke("log", "log-call", {}, 60.0, asynchronous=True)
    bench.answers((5.0, GOOD))
    call = bench.centre(effect, Play("bye", "bye", 1.0)).arrive(0)
    bench.clock.run(until=2.0)
    assert call.ended == 1.0
    bench.clock.run()
    assert outcome(bench) == ("succeeded", 5.0, 1)


def test_a_caller_who_hangs_up_stops_the_retries(bench: Any):
    bench.answers((0.5, THROTTLED), (0.5, GOOD))
    call = bench.centre(LOOKUP).arrive(0)
    bench.clock.call_later(0.6, call.hang_up)
    bench.clock.run()
    assert len(bench.functions.attempts) == 1
    assert call.ended == 0.6


def test_counts_separate_invocations_and_attempts(bench: Any):
    run(bench, (0.1, THROTTLED), (0.1, ERROR), (0.1, GOOD))
    counts = bench.made.invoker.counts["lookup"]
    assert (counts.invocations, counts.attempts, counts.succeeded, counts.failed) == (1, 3, 1, 0)
    assert (counts.throttled, counts.errors) == (1, 1)


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("arn:aws:lambda:us-east-1:123456789012:function:lookup", "lookup"),
        ("arn:aws:lambda:us-east-1:123456789012:function:lookup:live", "lookup"),
        ("123456789012:function:lookup", "lookup"),
        ("lookup:PROD", "lookup"),
        ("lookup", "lookup"),
    ],
)
def test_a_function_is_known_by_its_name(reference: str, name: str):
    assert function_name(reference) == name
