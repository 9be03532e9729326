"""What a scenario's objectives tolerate of each kind of limit: figures by hand, for 1,000 and 3,600 attempts an hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from busyhour.capacity.tolerance import BY_LIMITS, NOT_SHOWN, Tolerances, answers
from busyhour.scenarios.model import DriveKind, Objective

Judging = Callable[..., Tolerances]
Bounded = Callable[..., Tolerances]


@pytest.fixture
def judging(small: Any) -> Judging:
    """Makes what a scenario with these objectives tolerates."""
    return lambda *objectives: Tolerances(small.scenario(objectives=objectives))


@pytest.fixture
def tolerances(judging: Judging) -> Bounded:
    """The same with objectives by metric and what each is at most; `__` stands for the colon."""

    def made(**bounds: float) -> Tolerances:
        return judging(*(Objective(name.replace("__", ":"), at_most=bound) for name, bound in bounds.items()))

    return made


def test_without_objectives_the_usual_shares_are_tolerated(tolerances: Bounded) -> None:
    none = tolerances()
    assert none.calls(1000.0) == 0.01
    assert none.requests("lambda", "Invoke", 1000.0) == 0.01
    assert none.late() == pytest.approx(0.2)
    assert none.abandoned() is None
    assert none.error_branches() == 0.001


def test_objectives_take_the_place_of_the_usual_shares(tolerances: Bounded) -> None:
    given = tolerances(blocked_share=0.08, abandoned_share=0.03, error_branch_share=0.25)
    assert (given.calls(1000.0), given.abandoned(), given.error_branches()) == (0.08, 0.03, 0.25)
    assert tolerances(error_branch_share=0.0).error_branches() == 0.0


def test_a_service_level_of_90_per_cent_leaves_10_late(judging: Judging) -> None:
    assert judging(Objective("service_level", at_least=0.9)).late() == pytest.approx(0.1)
    assert judging(Objective("service_level", at_least=0.0)).late() == 1.0
    assert judging(Objective("service_level", at_most=0.9)).late() == pytest.approx(0.2)


def test_none_blocked_is_less_than_one_call_in_the_busy_hour(tolerances: Bounded) -> None:
    assert 0.999 < 1000.0 * tolerances(blocked_share=0.0).calls(1000.0) < 1.0


def test_none_abandoned_is_one_in_a_million(tolerances: Bounded) -> None:
    assert tolerances(abandoned_share=0.0).abandoned() == 1e-6
    assert tolerances(abandoned_share=1e-5).abandoned() == 1e-5


@pytest.mark.parametrize(
    ("bounds", "share"),
    [
        ({"throttle_share": 0.05}, 0.05),
        ({"throttle_share__lambda": 0.04}, 0.04),
        ({"throttle_share__Invoke": 0.03}, 0.03),
        ({"throttle_share__lambda__Invoke": 0.02}, 0.02),
        ({"throttle_share__dynamodb": 0.0002}, 0.01),
        ({"throttle_share": 0.05, "throttle_share__lambda": 0.02, "throttle_share__Invoke": 0.03}, 0.02),
        ({"throttles": 36.0}, 0.01),
        ({"throttles": 180.0}, 0.05),
        ({"throttles__lambda__Invoke": 9.0, "throttle_share": 0.05}, 0.0025),
        ({"blocked_share": 0.002}, 0.01),
    ],
    ids=lambda each: ",".join(each) if isinstance(each, dict) else "",
)
def test_the_strictest_objective_on_requests_counts(
    tolerances: Bounded, bounds: dict[str, float], share: float
) -> None:
    assert tolerances(**bounds).requests("lambda", "Invoke", 3600.0) == pytest.approx(share)


def test_a_throttle_that_blocks_a_call_is_bounded_by_the_share_of_blocked_calls_as_well(
    tolerances: Bounded,
) -> None:
    given = tolerances(blocked_share=0.002, throttle_share=0.05)
    assert given.requests("connect", "StartOutbound", 3600.0, blocks_calls=True) == 0.002
    assert given.requests("connect", "StartOutbound", 3600.0) == 0.05
    assert tolerances().requests("connect", "StartOutbound", 3600.0, blocks_calls=True) == 0.01


def test_a_number_of_throttles_is_a_share_of_one_request_at_least(tolerances: Bounded) -> None:
    assert tolerances(throttles=0.5).requests("lambda", "Invoke", 0.25) == 0.5
    assert tolerances(throttles=0.5).requests("lambda", "Invoke", 1.6) == 0.3125
    assert 0.999 < 3600.0 * tolerances(throttles=0.0).requests("lambda", "Invoke", 3600.0) < 1.0


def test_what_no_closed_form_judges_is_not_shown(small: Any) -> None:
    judged = (
        "blocked_share",
        "throttle_share:lambda",
        "throttles",
        "service_level",
        "abandoned_share",
        "error_branch_share",
    )
    metrics = (*judged, "latency_p99:lambda", "late_arrivals")
    made = small.scenario(objectives=tuple(Objective(name, at_most=0.1) for name in metrics))
    shown = {one.metric: one.answer for one in answers(made)}
    assert shown == dict.fromkeys(judged, BY_LIMITS) | dict.fromkeys(
        ("latency_p99:lambda", "late_arrivals"), NOT_SHOWN
    )
    of_calls = {"blocked_share", "service_level", "abandoned_share", "error_branch_share"}
    alone = {one.metric for one in answers(replace(made, drive=DriveKind.LAMBDA)) if one.answer == NOT_SHOWN}
    assert alone == of_calls | {"latency_p99:lambda", "late_arrivals"}
