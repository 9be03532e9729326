"""Objectives are measured by name; one that cannot be measured says why instead of holding."""

import pytest

from busyhour.harness.objectives import judge
from busyhour.results.load_result import LoadResult
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
