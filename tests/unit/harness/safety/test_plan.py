"""The plan says what a run would do, in the figures that AWS asks for; what only the team knows is named as missing."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from busyhour.capacity.theory import peakedness
from busyhour.capacity.theory.holding_times import HoldingTime
from busyhour.harness.safety.plan import TO_FILL_IN, TestPlan, make
from busyhour.report.figures import clock
from busyhour.report.renderers.markdown_to_text import plain
from busyhour.report.renderers.templating import fill
from busyhour.scenarios.account import Client, RetryMode
from busyhour.scenarios.model import DriveKind, Scenario
from busyhour.scenarios.traffic import LoadProfile, ShapePoint
from busyhour.scenarios.traffic_plan.plan import driven, with_traffic
from busyhour.shipped import shipped_root

TODAY = datetime(2026, 11, 1, tzinfo=UTC)
EVENING = datetime(2026, 12, 2, 1, 0, tzinfo=UTC)  # 20:00 in New York
CALLS = "connect.concurrent-active-calls-per-instance"


def quota(key: str, name: str, code: str, peak: float, value: float) -> Any:
    return SimpleNamespace(
        key=key, name=name, code=code, unit="count", value=value, origin="override", peak=peak
    )


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
        quota(CALLS, "Concurrent active calls per instance", "L-12AB7C57", 8.0, 20.0),
        quota(
            "connect.start-outbound-voice-contact.rate",
            "Rate of StartOutboundVoiceContact",
            "L-4E9BCC96",
            3.0,
            2.0,
        ),
    ],
)


def plan(scenario: Scenario, **given: Any) -> TestPlan:
    return make(scenario, TODAY, made=FORECAST, **given)


def document(made: TestPlan) -> str:
    folder = shipped_root() / "reports" / "templates"
    values = {"plan": made, "version": "1", "stops": "8", "clock_of": clock}
    return fill("plan.md.j2", [folder], autoescape=False, **values).decode()


def test_everything_that_aws_asks_for_is_in_the_document(scenario: Scenario) -> None:
    aws = replace(scenario.aws, source_number="+12025550100")
    text = document(plan(replace(scenario, aws=aws), start=EVENING, contact="Jo Doe, +1 555 555 0199"))
    for wanted in (
        "| Emergency contact during the test | Jo Doe, +1 555 555 0199 |",
        "| AWS account | 123456789012 |",
        "| Region | us-east-1 |",
        "| Calling number | +12025550100 |",
        "| Called numbers | +12025550101 |",
        "From 2026-12-01 20:00 to 2026-12-01 21:00 at the latest, local time of the Region (America/New_York)",
        "| Calls per hour at the peak | 100 |",
        "| from 0:00 | 100 |",
        "| Concurrent calls expected at the peak of the test | 11 |",
        "| Concurrent active calls per instance | L-12AB7C57 | 9 | 11 | 20 (override, not read from the account) | 55% |",
        "0.038 USD (price of 2026-10-07)",
        "| Rate of DescribeContact API requests | L-371095B8 |",
        "all instances of account and Region",
        "one ThrottledCalls or one CallsBreachingConcurrencyQuota",
        "more than 1,000 calls",
        "busyhour stop RUN --live",
    ):
        assert wanted in text
    assert "Not complete yet" not in text


def test_what_only_the_team_knows_is_marked_and_named(scenario: Scenario) -> None:
    made = plan(replace(scenario, aws=replace(scenario.aws, source_number="")))
    assert [text.partition(" (")[0] for text in made.missing] == [
        "emergency contact",
        "planned start",
        "source number",
    ]
    text = document(made)
    assert "Not complete yet." in text
    assert f"Date and time: {TO_FILL_IN}, between 18:00 and 06:00" in text


def test_a_start_outside_of_the_window_is_named(scenario: Scenario) -> None:
    noon = plan(scenario, start=datetime(2026, 12, 1, 17, 0, tzinfo=UTC), contact="x")
    assert any("12:00 and 13:00 are outside" in text for text in noon.missing)
    dawn = plan(scenario, start=datetime(2026, 12, 2, 10, 30, tzinfo=UTC), contact="x")
    assert any(": 06:30 are outside" in text for text in dawn.missing)


@pytest.mark.parametrize(
    ("loopback", "places", "legs"), [("", 11.0, 1), ("same", 22.0, 2), ("other", 11.0, 2)]
)
def test_loopback_takes_two_places_in_one_instance_and_two_legs_of_money_always(
    scenario: Scenario, loopback: str, places: float, legs: int
) -> None:
    made = plan(replace(scenario, aws=replace(scenario.aws, loopback=loopback)))
    assert made.intent.peak_concurrent == places
    assert made.intent.minutes == pytest.approx(made.intent.calls * 2.0 * legs)
    assert made.uses[0].demand == places
    assert ("(both legs)" in document(made)) is bool(loopback)


def test_the_expected_peak_is_the_tests_and_the_need_is_the_plans(scenario: Scenario) -> None:
    doubled = driven(scenario.traffic, scenario.plan, LoadProfile(3600.0, factor=2.0))
    made = plan(replace(scenario, traffic=doubled))
    assert made.intent.peak_concurrent == peakedness.quantile(2 * 100 / 30, 1 - 0.01 / 30, 1.0)
    assert (made.uses[0].needed, made.uses[0].demand) == (9.0, made.intent.peak_concurrent)
    short = driven(scenario.traffic, scenario.plan, LoadProfile(12.0))
    assert plan(replace(scenario, traffic=short)).intent.peak_concurrent < 5, "a short test fills nothing"


def test_the_ramp_is_told_stretch_by_stretch(scenario: Scenario) -> None:
    shape = (ShapePoint(0.0, 0.0), ShapePoint(1800.0, 1.0), ShapePoint(3600.0, 1.0))
    made = plan(with_traffic(scenario, replace(scenario.traffic, calls_per_hour=3600.0, shape=shape)))
    assert [(s.start, s.end, s.first, s.last, round(s.calls)) for s in made.stretches] == [
        (0.0, 1800.0, 0.0, 1.0, 900),
        (1800.0, 3600.0, 1.0, 1.0, 1800),
    ]
    assert made.peak_rate == 1.0
    assert "| 0:00 | 30:00 | 0 to 1 | 900 |" in document(made)


def test_requests_that_the_harness_makes_are_counted_against_the_shared_rates(scenario: Scenario) -> None:
    uses = {use.name: use for use in plan(scenario).uses}
    assert uses["Rate of StartOutboundVoiceContact"].demand == pytest.approx(100 / 3600, rel=1e-6)
    assert uses["Rate of StopContact API requests"].demand == 8.0
    assert uses["Rate of DescribeContact API requests"].demand == pytest.approx(3 * 100 / 3600, rel=1e-6)
    backend = plan(replace(scenario, drive=DriveKind.BACKEND))
    assert not any("StopContact" in use.name for use in backend.uses)


def test_what_the_retry_policy_adds_is_in_the_document(scenario: Scenario) -> None:
    assert "one request a call, no retries, each with a ClientToken" in document(plan(scenario))
    retried = document(plan(replace(scenario, client=Client(RetryMode.STANDARD))))
    assert (
        "up to 3 attempts a call where a request is throttled or fails (the AWS SDKs' standard retry mode)"
        in retried
    )


def test_the_text_for_e_mail_has_columns_and_no_marks(scenario: Scenario) -> None:
    text = plain(document(plan(scenario, start=EVENING, contact="Jo Doe")))
    assert "|" not in text
    assert "**" not in text
    assert "`" not in text
    assert "\nTraffic\n-------\n" in text


def test_plain_text_of_a_table() -> None:
    table = "# T\n\n| a | b |\n|---|---:|\n| x | 1 |\n| **yy** | 1,000 |\nend `code`\n"
    assert plain(table).splitlines()[:7] == [
        "T",
        "=",
        "",
        "  a       b",
        "  x       1",
        "  yy  1,000",
        "end code",
    ]
