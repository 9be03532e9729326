"""Objectives that hold where a scenario states none of the kind, and throttling by operation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from busyhour.harness.verdict.default_objectives import defaults, judge_defaults
from busyhour.harness.verdict.objectives import judge
from busyhour.harness.verdict.throttling import beyond
from busyhour.results.entries import Operation, OperatorMetric
from busyhour.results.load_result import LoadResult
from busyhour.results.throttled import ALL, FIRST, Throttled, by_operation
from busyhour.scenarios.model import DriveKind, Objective, Queue, Scenario

STAFFED = {"Support": Queue("Support", 4)}


def metrics_of(scenario: Scenario, drive: DriveKind, *stated: str, staffed: bool = True) -> set[str]:
    objectives = tuple(Objective(metric, at_most=0.5) for metric in stated)
    queues = STAFFED if staffed else {}
    return {
        one.metric for one in defaults(replace(scenario, drive=drive, objectives=objectives, queues=queues))
    }


def test_each_default_stands_where_none_of_its_kind_is_stated(scenario: Scenario) -> None:
    every = metrics_of(scenario, DriveKind.BACKEND)
    assert every >= {"blocked_share", "throttle_share", "service_level"}
    assert metrics_of(scenario, DriveKind.BACKEND, "blocked_share") == every - {"blocked_share"}
    assert metrics_of(scenario, DriveKind.VOICE, "throttles") == every - {"throttle_share"}
    assert metrics_of(scenario, DriveKind.VOICE, "throttles:connect:StopContact") == every


def test_only_what_the_drive_reaches_is_judged(scenario: Scenario) -> None:
    assert metrics_of(scenario, DriveKind.LAMBDA) == {"throttle_share"}
    assert metrics_of(scenario, DriveKind.DYNAMODB) == {"throttle_share"}
    assert "service_level" not in metrics_of(scenario, DriveKind.BACKEND, staffed=False)


def invoke(requests: int, throttles: int) -> Operation:
    return Operation("lambda", "Invoke", requests, 0, throttles, 0)


@pytest.mark.parametrize(("throttles", "holds"), [(5, True), (6, False), (45, False)])
def test_the_default_bound_is_on_the_worst_operation_not_on_all_together(
    scenario: Scenario, load: LoadResult, throttles: int, holds: bool
) -> None:
    load.operations = [invoke(573, throttles), Operation("dynamodb", "GetItem", 100_000, 0, 0, 0)]
    judged = judge_defaults(replace(scenario, objectives=()), load, by_operation(load.operations))
    [found] = [one for one in judged if one.metric == "throttle_share"]
    assert (found.holds, found.default, found.measured) == (holds, True, throttles / 573)
    assert found.why == "of 573 requests of lambda:Invoke"


def test_full_executions_throttle_and_a_full_instance_blocks() -> None:
    full = [
        Operation("lambda", "Invoke", 573, 0, 5, 40),
        Operation("connect", "StartOutboundVoiceContact", 100, 0, 1, 9),
    ]
    assert by_operation(full) == [
        Throttled("lambda:Invoke", 573, 45, ALL),
        Throttled("connect:StartOutboundVoiceContact", 100, 1, ALL),
    ]


def test_blocked_calls_are_judged_by_default(scenario: Scenario, load: LoadResult) -> None:
    judged = judge_defaults(replace(scenario, objectives=(), queues={}), load, ())
    blocked = next(one for one in judged if one.metric == "blocked_share")
    assert (blocked.measured, blocked.holds, blocked.bound) == (0.02, False, "at most 0.01")


def metric(name: str, value: float | None) -> OperatorMetric:
    return OperatorMetric(name, "Sum", value, "count", "CloudWatch AWS/Lambda")


def test_lambdas_own_counts_stand_in_where_the_generator_invoked_nothing() -> None:
    counted = [metric("Invocations", 528.0), metric("Throttles", 45.0)]
    assert by_operation([], counted) == [Throttled("lambda:Invoke", 573, 45, ALL)]
    assert by_operation([invoke(10, 1)], counted) == [Throttled("lambda:Invoke", 10, 1, ALL)]
    assert by_operation([], [metric("Invocations", None), metric("Throttles", None)]) == []


def test_throttling_beyond_a_stated_objective_is_named_with_its_counts(scenario: Scenario) -> None:
    stated = replace(scenario, objectives=(Objective("throttle_share:lambda", at_most=0.05),))
    found = [Throttled("lambda:Invoke", 573, 45), Throttled("connect:StopContact", 100, 0)]
    assert beyond(stated, found, 573) == [
        "45 of 573 first attempts of lambda:Invoke were throttled, 7.85%; 5 % is tolerated."
    ]
    assert beyond(stated, [Throttled("lambda:Invoke", 573, 20)], 573) == []


def retried(requests: int, throttles: int, first: int, first_throttles: int) -> Operation:
    return Operation(
        "lambda",
        "Invoke",
        requests,
        0,
        throttles,
        0,
        first_attempts=first,
        first_throttles=first_throttles,
        first_limits=0,
    )


def test_the_share_is_of_first_attempts_and_that_of_all_requests_stands_beside_it(
    scenario: Scenario, load: LoadResult
) -> None:
    load.operations = [retried(618, 49, 573, 5)]
    stated = [Objective("throttle_share", at_most=0.01), Objective("request_throttle_share", at_most=0.01)]
    first, every = judge(stated, load)
    assert (first.measured, first.holds) == (5 / 573, True)
    assert first.why == "of 573 first attempts of lambda:Invoke; 7.93% of all 618 requests"
    assert (every.measured, every.holds) == (49 / 618, False)
    [worse] = by_operation([retried(618, 49, 573, 10)])
    assert beyond(scenario, [worse], 573) == [
        "10 of 573 first attempts of lambda:Invoke were throttled, 1.75%; 1 % is tolerated; "
        "7.93% of all 618 requests."
    ]


def test_what_the_emulators_connect_counted_goes_before_cloudwatch() -> None:
    functions = {
        "a": {"invocations": 500, "attempts": 550, "throttled": 60, "first_throttled": 6},
        "b": {"invocations": 73, "attempts": 73, "throttled": 0, "first_throttled": 0},
    }
    cloudwatch = [metric("Invocations", 563.0), metric("Throttles", 60.0)]
    assert by_operation([], cloudwatch, functions) == [Throttled("lambda:Invoke", 573, 6, FIRST, 623, 60)]
