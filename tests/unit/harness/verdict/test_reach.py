"""What a test can reach of its plan, by calculation: closed forms of exponential and of constant durations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.capacity.theory.holding_times import HoldingTime
from busyhour.harness.verdict.reach import PLANNED_CUT_OFF, REACHED, Reach, in_words, reach
from busyhour.scenarios.model import DriveKind, Scenario
from busyhour.scenarios.traffic import ArrivalProcess, Direction, LoadProfile, Plan, Traffic
from busyhour.scenarios.traffic_plan.plan import driven, plan_of

MEAN = 155.2
EXPONENTIAL = [-MEAN * math.log(1.0 - (i + 0.5) / 4000) for i in range(4000)]


def sampled(seconds: Sequence[float]) -> HoldingTime:
    return HoldingTime.of_sample(seconds, 0.0)


def held(
    scenario: Scenario, per_hour: float, test: LoadProfile, drive: DriveKind = DriveKind.BACKEND
) -> Scenario:
    """A plan of a held rate with its test."""
    plan = Plan(per_hour)
    planned = Traffic(Direction.INBOUND, 3600.0, calls_per_hour=per_hour)
    return replace(scenario, drive=drive, plan=plan, test=test, traffic=driven(planned, plan, test))


def found(
    scenario: Scenario, test: LoadProfile, holding: Sequence[float] = EXPONENTIAL, per_hour: float = 14000.0
) -> Reach:
    return reach(held(scenario, per_hour, test), math.fsum(holding) / len(holding), sampled(holding))


@pytest.mark.parametrize("hold", [40.0, 80.0, 155.2, 600.0])
def test_a_held_rate_fills_an_empty_centre_as_the_closed_form_says(scenario: Scenario, hold: float) -> None:
    """A (1 - exp(-t / mean)) for exponential durations; the plan's load A does not depend on the test."""
    one = found(scenario, LoadProfile(hold))
    load = 14000.0 / 3600.0 * MEAN
    assert one.planned == pytest.approx(load, rel=2e-3)
    assert one.reachable == pytest.approx(load * (1.0 - math.exp(-hold / MEAN)), rel=0.01)
    assert not one.reached


def test_the_hold_that_suffices_does_and_a_shorter_one_does_not(scenario: Scenario) -> None:
    short = found(scenario, LoadProfile(40.0, drain=5.0))
    assert short.sufficient_hold is not None
    assert short.sufficient_hold == pytest.approx(MEAN * math.log(100.0), rel=0.03)
    assert found(scenario, LoadProfile(short.sufficient_hold * 1.001, drain=5.0)).reached
    assert not found(scenario, LoadProfile(short.sufficient_hold * 0.99, drain=5.0)).reached


@given(
    seconds=st.floats(1.0, 2000.0),
    ramp=st.floats(0.0, 300.0),
    drain=st.floats(0.0, 120.0),
    factor=st.floats(1.0, 2.0),
)
def test_every_hold_that_is_printed_suffices(
    seconds: float, ramp: float, drain: float, factor: float
) -> None:
    sample = [seconds * share for share in (0.2, 0.5, 0.8, 1.1, 2.4)]
    test = LoadProfile(1.0, ramp, ramp / 2.0, drain, factor, stated=True)
    plan, planned = Plan(1200.0), Traffic(Direction.INBOUND, 3600.0, calls_per_hour=1200.0)

    def at(hold: float) -> Reach:
        profile = replace(test, hold=hold)
        one = _bare(plan, profile, driven(planned, plan, profile))
        return reach(one, seconds, sampled(sample))

    short = at(1.0)
    if short.reached:
        assert short.sufficient_hold is None
        return
    assert short.sufficient_hold is not None
    long = at(short.sufficient_hold * 1.002)
    assert long.reached
    assert long.cut_off <= PLANNED_CUT_OFF
    assert long.reachable >= REACHED * long.planned


def test_a_too_short_test_says_what_it_reaches_and_the_way_out(scenario: Scenario) -> None:
    [old] = found(scenario, LoadProfile(40.0, drain=5.0)).why
    assert old.startswith("The test reaches 13")
    assert "of the plan's 603" in old
    assert old.endswith("--set traffic.duration=12m.")
    [new] = found(scenario, LoadProfile(40.0, 20.0, drain=5.0, stated=True)).why
    assert "--set test.hold=11m" in new


def test_constant_durations_are_reached_at_once_but_need_calls_that_end(scenario: Scenario) -> None:
    """After a hold of one duration all calls are in progress, and none has ended by itself."""
    constant = [60.0] * 100
    full = found(scenario, LoadProfile(60.0, drain=1.0), constant)
    assert full.reachable == pytest.approx(full.planned)
    assert full.cut_off == pytest.approx(59.0 / 60.0, rel=0.01)
    assert not full.reached
    assert "cuts off 98% of the calls" in full.why[0]
    assert found(scenario, LoadProfile(60.0, drain=60.0), constant).reached


def test_a_factor_below_one_shows_nothing_however_long_it_is_held(scenario: Scenario) -> None:
    low = found(scenario, LoadProfile(7200.0, factor=0.9))
    assert not low.reached
    assert low.sufficient_hold is None
    assert low.why == ["The test drives 0.9 x the plan (test.factor), less than the plan."]


def test_raised_arrivals_reach_the_plan_sooner(scenario: Scenario) -> None:
    raised = found(scenario, LoadProfile(400.0, factor=1.2))
    assert raised.reached
    assert raised.planned == pytest.approx(found(scenario, LoadProfile(400.0)).planned)
    assert not found(scenario, LoadProfile(400.0)).reached


def test_a_replayed_day_is_its_own_plan_and_a_cut_one_is_not(scenario: Scenario) -> None:
    day = Traffic(Direction.INBOUND, 3600.0, intervals=(20.0, 200.0, 20.0, 10.0), interval_seconds=900.0)

    def of(traffic: Traffic) -> Reach:
        one = replace(scenario, drive=DriveKind.BACKEND, traffic=traffic, plan=plan_of(day, day=True))
        return reach(replace(one, test=LoadProfile(traffic.duration)), 600.0, sampled([600.0] * 50))

    whole = of(day)
    assert whole.reached
    assert whole.planned == pytest.approx(200.0 / 900.0 * 600.0, rel=0.01)
    assert not of(replace(day, duration=1000.0)).reached


@pytest.mark.parametrize(("hold", "reached"), [(4.0, False), (10.0, True), (600.0, True)])
def test_a_drive_without_calls_reaches_a_rate_that_is_held_for_four_invocations(
    scenario: Scenario, hold: float, reached: bool
) -> None:
    one = reach(held(scenario, 72000.0, LoadProfile(hold), DriveKind.LAMBDA), 240.0, sampled([240.0]), 2.5)
    assert (one.unit, one.planned, one.reachable) == ("calls/h", 72000.0, 72000.0)
    assert one.reached is reached
    assert bool(one.why) is not reached


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1s"), (59.01, "60s"), (61, "1m10s"), (714.6, "12m"), (3601, "1h10s"), (7200, "2h")],
)
def test_durations_are_rounded_up_to_what_people_write(seconds: float, words: str) -> None:
    assert in_words(seconds) == words.replace("60s", "1m")


def _bare(plan: Plan, test: LoadProfile, traffic: Traffic) -> Scenario:
    """A scenario of which only plan, test and traffic matter."""
    from pathlib import Path

    from busyhour.scenarios.model import Callers, Distribution, Flows

    constant = Distribution("constant", 1.0)
    return Scenario(
        name="plan",
        path=Path("plan.toml"),
        description="",
        seed=1,
        drive=DriveKind.BACKEND,
        traffic=replace(traffic, arrivals=ArrivalProcess.POISSON),
        plan=plan,
        test=test,
        callers=Callers(constant, constant, constant),
        flows=Flows((), "main"),
    )
