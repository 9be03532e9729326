"""Migration waves: what each needs, the latest day to ask, what is late."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.capacity.forecast.limits import Limit, LimitForecast, row_of
from busyhour.capacity.migration import lead_times
from busyhour.capacity.migration.lead_times import LeadTime, lead_time
from busyhour.capacity.migration.waves import WavePlan, plan_waves
from busyhour.capacity.requirement import Requirement, needed
from busyhour.capacity.requirement_kinds import Bucket, Count, Executions, Lines
from busyhour.scenarios.traffic import Wave

SIZES = lead_times.load()
CALLS = "connect.concurrent-active-calls-per-instance"
STARTS = "connect.start-outbound-voice-contact.rate"
TODAY = date(2027, 1, 4)


def quota(key: str, value: float, requirement: Requirement, kind: str = "quota") -> LimitForecast:
    limit = Limit(key, key, "L-1", value, "count", "applied")
    return row_of(limit, requirement, 10_000.0, symptom="", calculation="", kind=kind)


def forecast(*limits: LimitForecast, volume: float = 10_000.0, queues: dict[str, float] | None = None) -> Any:
    """The part of a forecast that waves read."""
    offered = queues or {"Support": 60.0, "Accounts": 20.0}
    return SimpleNamespace(
        calls_per_hour=volume,
        limits=list(limits),
        queues=[SimpleNamespace(name=name, offered=count) for name, count in offered.items()],
    )


def wave(name: str, day: int, **more: Any) -> Wave:
    return Wave(name, date(2027, 3, day), **more)


def planned(waves: Sequence[Wave], *quotas: LimitForecast, today: date = TODAY, **more: Any) -> WavePlan:
    return plan_waves(waves, forecast(*quotas, **more), today, SIZES)


def test_volume_adds_up_by_share_by_queue_and_as_stated() -> None:
    plan = planned(
        [
            wave("pilot", 1, share=0.1),
            wave("help desk", 8, queues=("Accounts",)),
            wave("rest", 15, calls_per_hour=6500.0),
        ]
    )
    assert [(at.moved, at.calls_per_hour) for at in plan.waves] == [
        (1000, 1000),
        (2500, 3500),
        (6500, 10_000),
    ]
    assert plan.notes == []


def test_waves_that_move_less_or_more_than_the_plan_are_said() -> None:
    assert planned([wave("pilot", 1, share=0.4)]).notes == [
        "the waves move 40% of the planned volume; the needs of the rest are not included"
    ]
    plan = planned([wave("all", 1, calls_per_hour=12_000.0)])
    assert plan.waves[0].calls_per_hour == 10_000
    assert "more than the 10,000 planned" in plan.notes[0]


def test_a_queue_without_calls_is_noted() -> None:
    plan = planned([wave("a", 1, queues=("Empty",))], queues={"Support": 10.0, "Empty": 0.0})
    assert plan.waves[0].moved == 0
    assert "sent no call to Empty" in plan.notes[0]


def test_a_wave_needs_what_its_share_of_the_plan_needs_by_the_same_function() -> None:
    waves = [wave("pilot", 1, share=0.1), wave("rest", 8, share=0.9)]
    row = quota(CALLS, 20, Lines(100.0))
    pilot, rest = planned(waves, row).waves
    assert pilot.needs[0].needed == needed(Lines(100.0), 0.1) == 18
    assert pilot.short == []
    assert (rest.needs[0].needed, rest.needs[0].suffices) == (row.needed, False) == (117, False)


def test_rates_go_with_the_volume_and_counts_are_there_from_the_start() -> None:
    waves = [wave("pilot", 1, share=0.25), wave("rest", 8, share=0.75)]
    starts = quota(STARTS, 2, Bucket(6.0, 2.0, 5.0))
    flows = quota("connect.contact-flows-per-instance", 100, Count(6.0))
    users = quota("connect.users-per-instance", 500, Count(400.0, grows=True))
    needs = [
        {need.key: need.needed for need in at.needs} for at in planned(waves, starts, flows, users).waves
    ]
    assert needs == [
        {STARTS: needed(starts.requirement, 0.25), flows.key: 6, users.key: 100},
        {STARTS: starts.needed, flows.key: 6, users.key: 400},
    ]


def test_only_quota_increases_are_requested() -> None:
    reserved = quota("function.f.reserved", 1, Executions(10.0, 20.0), kind="setting")
    plan = planned([wave("all", 1, share=1.0)], reserved)
    assert plan.waves[0].needs == ()
    assert plan.increases == ()


def test_the_latest_day_counts_back_from_the_first_wave_that_does_not_fit() -> None:
    waves = [wave("pilot", 1, share=0.1), wave("help desk", 8, share=0.4), wave("rest", 15, share=0.5)]
    [due] = planned(waves, quota(CALLS, 20, Lines(100.0))).increases
    assert (due.first_wave, due.needed, due.lead.size) == ("help desk", 117, "larger")
    assert due.ask_by == date(2027, 3, 8) - timedelta(days=21)
    assert (due.days_left, due.late) == (42, False)


@pytest.mark.parametrize(("today", "late"), [(date(2027, 2, 15), False), (date(2027, 2, 16), True)])
def test_an_increase_past_its_latest_day_is_late(today: date, late: bool) -> None:
    plan = planned([wave("all", 8, share=1.0)], quota(CALLS, 20, Lines(100.0)), today=today)
    assert [due.late for due in plan.increases] == [late]
    assert len(plan.late) == int(late)


def test_what_fits_needs_nothing() -> None:
    plan = planned([wave("all", 1, share=1.0)], quota(CALLS, 117, Lines(100.0)))
    assert plan.increases == ()
    assert plan.waves[0].short == []


def test_a_quota_of_nothing_comes_first_and_is_never_a_small_increase() -> None:
    plan = planned([wave("all", 1, share=1.0)], quota(CALLS, 500, Lines(100.0)), quota("x", 0, Count(1.0)))
    assert [need.key for need in plan.waves[0].needs] == ["x", CALLS]
    assert plan.waves[0].needs[0].used is None
    assert plan.increases[0].lead.size == "larger"


@pytest.mark.parametrize(
    ("present", "wanted", "size"),
    [(10, 20, "small"), (10, 21, "larger"), (10, 1000, "larger"), (10, 1001, "very large"), (0, 5, "larger")],
)
def test_lead_times_grow_with_the_size_of_the_increase(present: float, wanted: float, size: str) -> None:
    found = lead_time(present, wanted, SIZES)
    assert found.size == size
    assert found.source
    assert found.as_of


def test_the_documented_three_weeks_are_in_the_table() -> None:
    assert [(lead.size, lead.days) for lead in SIZES] == [("small", 2), ("larger", 21), ("very large", 90)]
    assert all(isinstance(lead, LeadTime) for lead in SIZES)


def test_it_goes_into_the_record_as_json() -> None:
    plan = planned([wave("all", 8, share=1.0)], quota(CALLS, 20, Count(5000.0, grows=True)))
    data = json.loads(json.dumps(plan.as_json, allow_nan=False))
    [one] = data["waves"][0]["increases"]
    assert (one["needed_text"], one["ask_by"], one["late"]) == ("5,000", "2026-12-08", True)
    assert data["increases"][0]["lead"]["up_to_factor"] is None


@given(
    shares=st.lists(st.floats(min_value=0.01, max_value=0.3), min_size=1, max_size=3),
    value=st.integers(0, 200),
)
def test_later_waves_never_need_less(shares: list[float], value: int) -> None:
    waves = [wave(str(n), n + 1, share=share) for n, share in enumerate(shares)]
    plan = planned(waves, quota(CALLS, value, Lines(100.0)), quota(STARTS, 2, Bucket(6.0, 2.0, 5.0)))
    for key in (CALLS, STARTS):
        values = [need.needed for at in plan.waves for need in at.needs if need.key == key]
        assert values == sorted(values)
    for due in plan.increases:
        assert due.ask_by < due.needed_on
