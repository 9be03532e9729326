"""What a dry run says: everything that would happen, and what would bound it."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from busyhour.capacity.theory.holding_times import HoldingTime
from busyhour.harness.safety.dry_run import lines_of
from busyhour.harness.safety.plan import make
from busyhour.scenarios.account import Client, RetryMode
from busyhour.scenarios.model import DriveKind, Scenario

EVENING = datetime(2026, 12, 2, 1, 0, tzinfo=UTC)  # 20:00 in New York
CALLS = "connect.concurrent-active-calls-per-instance"
FORECAST: Any = SimpleNamespace(
    demand=SimpleNamespace(
        mean=lambda name: {"at once": 120.0}[name],
        holding=HoldingTime.of_sample([120.0], 0.0),
        lambda_seconds={},
    ),
    limits=[
        SimpleNamespace(key=CALLS, kind="quota", needed=9.0, read_at=""),
        SimpleNamespace(key=CALLS.replace("calls", "of another"), kind="setting", needed=1.0, read_at=""),
    ],
    quotas=[
        SimpleNamespace(
            key=CALLS,
            name="Concurrent active calls per instance",
            code="L-12AB7C57",
            unit="count",
            value=20.0,
            origin="override",
            peak=8.0,
        )
    ],
)


def said(scenario: Scenario, *beside: str) -> str:
    return "\n".join(lines_of(make(scenario, EVENING, start=EVENING, made=FORECAST), beside))


def test_calls_minutes_money_and_the_shares_of_the_quotas_are_said(scenario: Scenario) -> None:
    text = said(replace(scenario, aws=replace(scenario.aws, loopback="same")))
    assert "22 places of concurrent calls expected at the peak of the test, two of them for each call" in text
    assert "voice minutes, both legs" in text
    assert "USD a minute (price of 2026-" in text
    assert "22 of 20 count (110%), Concurrent active calls per instance (L-12AB7C57)" in text
    assert "override, not read from the account, needed by the plan 9, shared by this instance" in text
    assert "8 of 10 requests/second (80%), Rate of StopContact API requests" in text
    assert "only at the end and at an abort" in text
    assert 'set loopback = "same"' in said(scenario)


def test_who_is_dialled_what_ends_the_run_and_until_when_it_would_go_on(scenario: Scenario) -> None:
    aws = replace(
        scenario.aws, source_number="+12025550100", destinations=tuple(f"+1202555010{n}" for n in range(7))
    )
    text = said(replace(scenario, aws=aws))
    assert (
        "dialled: 7 numbers (+12025550100, +12025550101, +12025550102, +12025550103, +12025550104, ...)"
        in text
    )
    assert "from +12025550100" in text
    assert f"max_calls {scenario.aws.max_calls:,g}" in text
    assert "more than 10% of a minute's calls failing" in text
    assert "in us-east-1 (America/New_York); AWS's window is 18:00 to 06:00, approval missing" in text


def test_what_adds_requests_is_said(scenario: Scenario) -> None:
    assert "tried again" not in said(scenario)
    retried = replace(scenario, client=Client(RetryMode.STANDARD, 5))
    assert "tried again (standard): up to 5 for each call" in said(retried)
    assert "beside it runs control_room, whose requests are not in these figures" in said(
        scenario, "control_room"
    )


def test_where_no_phone_rings_nothing_is_said_of_numbers_and_hours(scenario: Scenario) -> None:
    text = said(replace(scenario, drive=DriveKind.LAMBDA))
    assert "dialled" not in text
    assert "18:00" not in text


def test_a_test_that_is_too_short_for_its_plan_is_announced_with_the_duration_that_would(
    scenario: Scenario,
) -> None:
    assert "Not shown by this test" not in said(scenario)
    long = 30_000.0
    demand = SimpleNamespace(
        mean=lambda name: {"at once": long}[name],
        holding=HoldingTime.of_sample([long], 0.0),
        lambda_seconds={},
    )
    made: Any = SimpleNamespace(demand=demand, limits=FORECAST.limits, quotas=FORECAST.quotas)
    text = "\n".join(lines_of(make(scenario, EVENING, start=EVENING, made=made)))
    assert "Not shown by this test: The test reaches" in text
    assert "A hold of at least" in text
