"""What the target knows of every call goes before what the generator estimated from a sample."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from busyhour.harness.verdict.known_outcomes import of_every_call
from busyhour.harness.verdict.objectives import judge
from busyhour.results.entries import Arrivals, Operation, OperatorMetric
from busyhour.results.load_result import LoadResult
from busyhour.results.outcomes import CallOutcomes
from busyhour.scenarios.model import Objective

BLOCKED = Objective("blocked_share", at_most=0.08)


@pytest.fixture
def sampled(load: LoadResult) -> LoadResult:
    """778 starts, all accepted; the 69 that were followed stand for them."""
    arrivals = Arrivals(
        planned=778,
        started=778,
        late=0,
        dropped=0,
        completed=643,
        blocked=135,
        sampled=69,
        of=778,
        intervals={"blocked": [80.0, 210.0], "completed": [568.0, 698.0], "cut_off": [0.0, 40.0]},
    )
    start = Operation("connect", "StartOutboundVoiceContact", 778, 0, 0, 0)
    return replace(load, arrivals=arrivals, operations=[start], calls={"sampled": 69, "of": 778})


def snapshot(**calls: Any) -> dict[str, Any]:
    return {
        "calls": {"started": 778, "ended": 770, "reorder": 132, "ends": {"TELECOM_PROBLEM": 132}, **calls},
        "contacts": {"in_progress": 8},
        "outcomes": {"outcome/blocked": 132, "outcome/self-service end": 638, "outcome/cut off": 8},
    }


def breaching(value: float | None) -> list[OperatorMetric]:
    name = "CallsBreachingConcurrencyQuota"
    return [OperatorMetric(name, "Sum", value, "calls", "CloudWatch AWS/Connect")]


def test_the_emulator_tells_how_every_contact_ended(sampled: LoadResult) -> None:
    known = of_every_call(sampled, snapshot(), [])
    arrivals = known.arrivals
    assert (arrivals.blocked, arrivals.completed, arrivals.cut_off) == (132, 638, 8)
    assert (arrivals.sampled, arrivals.intervals) == (None, {})
    assert known.calls["reorder"] == 132
    assert known.call_outcomes is not None
    assert (known.call_outcomes.total, known.call_outcomes.error_branch) == (778, 0)
    (record,) = judge([BLOCKED], known)
    assert record.measured == pytest.approx(132 / 778)
    assert (record.holds, record.interval) == (False, None)


def test_an_emulator_that_others_use_too_is_not_taken_for_this_run(sampled: LoadResult) -> None:
    assert of_every_call(sampled, snapshot(started=900), []).arrivals.sampled == 69


def test_refused_starts_are_known_and_added_to_those_that_met_the_reorder_tone(sampled: LoadResult) -> None:
    start = Operation("connect", "StartOutboundVoiceContact", 800, 0, 22, 0)
    arrivals = replace(sampled.arrivals, started=800, refused=22, blocked=157)
    known = of_every_call(replace(sampled, arrivals=arrivals, operations=[start]), snapshot(), [])
    assert known.arrivals.blocked == 22 + 132
    assert known.call_outcomes is not None
    assert known.call_outcomes.shares["blocked"] == pytest.approx(154 / 800)


def test_on_aws_calls_beyond_the_quota_are_counted_for_every_call(sampled: LoadResult) -> None:
    known = of_every_call(sampled, {}, breaching(131.0))
    assert known.arrivals.blocked == 131
    assert "blocked" not in known.arrivals.intervals
    (record,) = judge([BLOCKED], known)
    assert (record.holds, record.interval) == (False, None)


@pytest.mark.parametrize("value", [None, 0.0, 12.0], ids=["no data", "late data", "part of the data"])
def test_a_sum_that_the_sample_contradicts_is_late_and_does_not_count(
    sampled: LoadResult, value: float | None
) -> None:
    assert of_every_call(sampled, {}, breaching(value)).arrivals.blocked == 135


@pytest.mark.parametrize(
    ("errors", "bound", "holds"), [(0.0, 0.001, True), (40.0, 0.1, True), (40.0, 0.01, None)]
)
def test_on_aws_errors_of_flows_bound_the_calls_on_an_error_branch(
    sampled: LoadResult, errors: float, bound: float, holds: bool | None
) -> None:
    """Forty errors are at most 40 of 778 calls, and may be of other contacts of the instance."""
    told = CallOutcomes(total=69, sampled=True, of=778)
    metrics = [OperatorMetric("ContactFlowErrors", "Sum", errors, "errors", "CloudWatch AWS/Connect")]
    known = of_every_call(replace(sampled, call_outcomes=told), {}, metrics)
    (record,) = judge([Objective("error_branch_share", at_most=bound)], known)
    assert record.holds is holds
