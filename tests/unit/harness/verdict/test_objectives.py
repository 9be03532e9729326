"""Objectives are measured by name; one that cannot be measured says why instead of holding."""

import pytest

from busyhour.harness.verdict.default_objectives import ERROR_BRANCHES
from busyhour.harness.verdict.objectives import judge
from busyhour.results.entries import Arrivals
from busyhour.results.load_result import LoadResult
from busyhour.results.outcomes import CallOutcomes
from busyhour.scenarios.model import Objective


@pytest.mark.parametrize(
    ("objective", "measured", "holds"),
    [
        (Objective("latency_p99", at_most=300.0), 300.0, True),
        (Objective("latency_p99:lambda", at_most=299.0), 300.0, False),
        (Objective("latency_p99:StartOutboundVoiceContact", at_most=100.0), 80.0, True),
        (Objective("service_time_max:connect:StartOutboundVoiceContact", at_most=119.0), 120.0, False),
        (Objective("throttles", at_most=0.0), 4.0, False),
        (Objective("throttles:lambda", at_most=0.0), 0.0, True),
        (Objective("error_share:Invoke", at_most=0.05), 0.05, True),
        (Objective("limit_share", at_most=0.001), 2 / 300, False),
        (Objective("blocked_share", at_most=0.01), 0.02, False),
        (Objective("abandoned_share", at_most=0.1), 0.1, True),
        (Objective("service_level", at_least=0.8), 0.9, True),
        (Objective("service_level", at_least=0.95), 0.9, False),
        (Objective("late_arrivals", at_most=0), 0.0, True),
    ],
    ids=lambda value: value.metric if isinstance(value, Objective) else None,
)
def test_is_measured_and_held_against_its_bound(
    load: LoadResult, objective: Objective, measured: float, holds: bool
) -> None:
    (record,) = judge([objective], load)
    assert record.measured == pytest.approx(measured)
    assert record.holds is holds


@pytest.mark.parametrize(
    ("metric", "why"),
    [
        (
            "latency_p99:GetItem",
            "no request of GetItem was made; there were connect:StartOutboundVoiceContact, lambda:Invoke",
        ),
        ("latency_p9", "there is no such metric. Did you mean 'latency_p99'?"),
        ("blocked_shares", "there is no such metric. Did you mean 'blocked_share'?"),
    ],
)
def test_what_cannot_be_measured_says_why(load: LoadResult, metric: str, why: str) -> None:
    (record,) = judge([Objective(metric, at_most=1.0)], load)
    assert (record.measured, record.holds, record.why) == (None, None, why)


def test_a_share_of_nothing_is_not_measured(load: LoadResult) -> None:
    load.arrivals.started = 0
    load.calls = {}
    blocked, level = judge(
        [Objective("blocked_share", at_most=0), Objective("service_level", at_least=0.8)], load
    )
    assert blocked.why == "there was no started call"
    assert level.why == "no call was answered or abandoned"


def sampled(load: LoadResult) -> LoadResult:
    """2,000 starts of which 400 were followed; 40 of these were blocked: 8 % to 12.5 % of all."""
    load.arrivals = Arrivals(
        2000, 2000, 0, 0, blocked=200, sampled=400, of=2000, intervals={"blocked": [160, 250]}
    )
    load.calls = {
        "queued": 1000,
        "abandoned": 100,
        "service_level": 0.8,
        "sampled": 400,
        "of": 2000,
        "intervals": {"service_level": [0.75, 0.84], "abandoned_share": [0.07, 0.14]},
    }
    return load


@pytest.mark.parametrize(
    ("objective", "holds"),
    [
        (Objective("blocked_share", at_most=0.2), True),
        (Objective("blocked_share", at_most=0.125), True),
        (Objective("blocked_share", at_most=0.1), None),
        (Objective("blocked_share", at_most=0.08), None),
        (Objective("blocked_share", at_most=0.05), False),
        (Objective("blocked_share", at_most=0.2, at_least=0.1), None),
        (Objective("blocked_share", at_most=0.05, at_least=0.1), False),
        (Objective("service_level", at_least=0.7), True),
        (Objective("service_level", at_least=0.8), None),
        (Objective("service_level", at_least=0.9), False),
        (Objective("abandoned_share", at_most=0.05), False),
    ],
    ids=str,
)
def test_an_estimate_is_decided_only_outside_its_interval(
    load: LoadResult, objective: Objective, holds: bool | None
) -> None:
    (record,) = judge([objective], sampled(load))
    assert record.holds is holds
    assert record.sampled == 400
    assert record.interval is not None
    assert bool(record.why) is (holds is None)


@pytest.mark.parametrize(
    ("objective", "holds", "calls"),
    [
        (Objective("service_level", at_least=0.74), True, 320),
        (Objective("service_level", at_least=0.8), None, 320),
        (Objective("service_level", at_least=0.85), False, 320),
        (Objective("abandoned_share", at_most=0.05), None, 330),
        (Objective("abandoned_share", at_most=0.1), True, 330),
    ],
    ids=str,
)
def test_the_calls_of_a_run_are_a_sample_of_the_plans_service_level(
    load: LoadResult, objective: Objective, holds: bool | None, calls: int
) -> None:
    """All calls of the run are known: 80 % of its 320 were answered in time, and another run would have other waits."""
    load.calls = {
        "queued": 330,
        "answered": 300,
        "abandoned": 20,
        "service_level": 0.8,
        "intervals": {"service_level": [0.75, 0.84], "abandoned_share": [0.04, 0.09]},
    }
    (record,) = judge([objective], load)
    assert (record.holds, record.sampled) == (holds, calls)
    assert record.interval in ((0.75, 0.84), (0.04, 0.09))


def test_what_is_not_decided_says_between_what_and_from_how_many(load: LoadResult) -> None:
    (record,) = judge([Objective("blocked_share", at_most=0.1)], sampled(load))
    assert record.measured == pytest.approx(0.1)
    assert record.why == "0.08 to 0.125, estimated from 400 calls"


def test_callers_on_an_error_branch_are_an_objective(load: LoadResult) -> None:
    load.call_outcomes = CallOutcomes(total=2000, error_branch=3)
    (record,) = judge([ERROR_BRANCHES], load)
    assert (record.measured, record.holds) == (0.0015, False)
    load.call_outcomes.error_branch = 2
    assert judge([ERROR_BRANCHES], load)[0].holds is True


def test_a_target_that_does_not_tell_leaves_error_branches_unmeasured(load: LoadResult) -> None:
    load.call_outcomes = CallOutcomes(total=2000, error_branch=None)
    (record,) = judge([ERROR_BRANCHES], load)
    assert (record.measured, record.holds) == (None, None)
    assert "does not report" in record.why
