"""While a run against AWS goes on, each condition of an abort ends it, and nothing else does. The clock is made up."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from busyhour.harness.safety.abort_conditions import SILENCE_SECONDS, Guard
from busyhour.harness.safety.approval import Approval
from busyhour.harness.safety.breaches import Breaches
from busyhour.load.safety.policy import PRICE_PER_VOICE_MINUTE_USD, closes_at
from busyhour.results.record import AbortRecord
from busyhour.scenarios.model import DriveKind, Scenario

NIGHT = datetime(2026, 12, 2, 3, 0, tzinfo=UTC)  # 22:00 in New York
APPROVAL = Approval(
    id="LT-1",
    account="123456789012",
    region="us-east-1",
    instance="i",
    not_before=datetime(2026, 12, 1, tzinfo=UTC),
    not_after=datetime(2026, 12, 3, tzinfo=UTC),
    emergency_contact="+1 555 555 0199",
    max_calls=500,
    max_concurrent=10,
    path=Path("approval.toml"),
)


class Night:
    """A run under the guard, second by second."""

    def __init__(
        self,
        scenario: Scenario,
        began: datetime = NIGHT,
        approval: Approval | None = APPROVAL,
        workers: int = 1,
    ):
        self.guard = Guard(scenario, approval, began, workers=workers)
        self.began = began
        self.breaches: dict[str, float] = {}

    def tick(
        self, t: float, started: int = 0, failed: int = 0, in_progress: float = 0.0
    ) -> AbortRecord | None:
        now = self.began + timedelta(seconds=t)
        self.guard.ticked({"t": t, "started": started, "failed": failed, "in_progress": in_progress}, now)
        return self.guard.decide(now, self.breaches)

    def condition(self, t: float, **tick: Any) -> str:
        found = self.tick(t, **tick)
        return found.condition if found else ""


def test_a_quiet_run_goes_on_to_its_end(scenario: Scenario) -> None:
    night = Night(scenario)
    for t in range(1, 3600, 60):
        assert night.tick(t, started=t // 36, failed=0, in_progress=3.0) is None


@pytest.mark.parametrize(
    ("region", "began", "closes"),
    [
        pytest.param(
            "us-east-1", "2026-12-02T03:00:00+00:00", "2026-12-02T11:00:00+00:00", id="winter in New York"
        ),
        pytest.param(
            "us-east-1", "2026-07-02T03:00:00+00:00", "2026-07-02T10:00:00+00:00", id="summer there"
        ),
        pytest.param(
            "eu-central-1",
            "2026-03-28T22:00:00+00:00",
            "2026-03-29T04:00:00+00:00",
            id="the night to summer time",
        ),
        pytest.param(
            "eu-central-1",
            "2026-10-24T20:00:00+00:00",
            "2026-10-25T05:00:00+00:00",
            id="the night to winter time",
        ),
        pytest.param(
            "ap-southeast-2",
            "2026-12-02T15:00:00+00:00",
            "2026-12-02T19:00:00+00:00",
            id="after midnight in Sydney",
        ),
    ],
)
def test_the_window_closes_at_six_of_the_regions_own_time_and_all_calls_have_ended_by_then(
    scenario: Scenario, region: str, began: str, closes: str
) -> None:
    start, end = datetime.fromisoformat(began), datetime.fromisoformat(closes)
    assert closes_at(start, region) == end
    night = Night(
        replace(scenario, aws=replace(scenario.aws, region=region, max_cost_usd=None)), start, approval=None
    )
    seconds = (end - start).total_seconds()
    assert night.tick(seconds - 60.0, in_progress=5.0) is None
    found = night.tick(seconds - 20.0, in_progress=5.0)
    assert found is not None
    assert found.condition == "window"
    assert "by 06:00 all calls must have ended" in found.text


def test_many_live_calls_end_earlier_for_stopping_them_takes_longer(scenario: Scenario) -> None:
    roomy = replace(scenario, aws=replace(scenario.aws, max_concurrent=None, max_cost_usd=None))
    seconds = 8 * 3600.0 - 100.0  # 05:58:20 in New York
    assert Night(roomy).tick(seconds, in_progress=5.0) is None
    assert Night(roomy).condition(seconds, in_progress=1000.0) == "window"


def test_the_end_of_the_approval_ends_the_run(scenario: Scenario) -> None:
    night = Night(scenario, approval=replace(APPROVAL, not_after=NIGHT + timedelta(seconds=600)))
    assert night.tick(500.0) is None
    found = night.tick(590.0)
    assert found is not None
    assert "approval 'LT-1' ends" in found.text


def test_loads_that_ring_no_phone_are_not_bound_to_the_night(scenario: Scenario) -> None:
    backend = replace(scenario, drive=DriveKind.BACKEND)
    assert Night(backend, approval=None).tick(9 * 3600.0, in_progress=5.0) is None


@pytest.mark.parametrize("name", ["ThrottledCalls", "CallsBreachingConcurrencyQuota"])
def test_one_call_that_the_instance_blocks_ends_the_run(scenario: Scenario, name: str) -> None:
    night = Night(scenario)
    night.breaches = {name: 0.0}
    assert night.tick(60.0, started=10) is None
    night.breaches = {name: 1.0}
    found = night.tick(61.5, started=10)
    assert found is not None
    assert (found.condition, found.at, found.time) == ("breach", 61.5, "2026-12-02T03:01:01+00:00")
    assert name in found.text


def test_more_failed_starts_than_the_budget_end_the_run_and_no_more_do_not(scenario: Scenario) -> None:
    kept = Night(scenario)
    assert kept.tick(30.0, started=100, failed=10) is None
    found = Night(scenario).tick(30.0, started=100, failed=11)
    assert found is not None
    assert "11 of 100 calls of the last 30 s" in found.text


def test_a_few_failures_at_the_start_are_no_share_of_anything(scenario: Scenario) -> None:
    assert Night(scenario).tick(2.0, started=4, failed=4) is None


def test_the_budget_is_of_the_last_minute_so_that_a_late_failure_is_not_diluted(scenario: Scenario) -> None:
    night = Night(replace(scenario, aws=replace(scenario.aws, max_calls=None)))
    for t in range(10, 3000, 10):
        assert night.tick(float(t), started=t) is None
    assert night.tick(3000.0, started=3000, failed=5) is None
    assert night.condition(3010.0, started=3010, failed=8) == "error budget"


def test_the_caps_end_the_run_when_they_are_exceeded(scenario: Scenario) -> None:
    assert Night(scenario).tick(10.0, started=1000, in_progress=10.0) is None
    assert Night(scenario).condition(10.0, started=1001) == "max_calls"
    assert Night(scenario).condition(10.0, in_progress=11.0) == "max_concurrent"
    loopback = replace(scenario, aws=replace(scenario.aws, loopback="same"))
    assert Night(loopback).condition(10.0, in_progress=6.0) == "max_concurrent"


@pytest.mark.parametrize(("loopback", "legs"), [("", 1), ("same", 2), ("other", 2)])
def test_the_cost_is_counted_up_from_the_calls_in_progress(
    scenario: Scenario, loopback: str, legs: int
) -> None:
    aws = replace(scenario.aws, max_cost_usd=1.0, max_concurrent=None, loopback=loopback)
    night = Night(replace(scenario, aws=aws))
    for t in range(61):
        last = night.tick(float(t), started=1, in_progress=10.0)
    assert night.guard.spent_usd == pytest.approx(10 * legs * PRICE_PER_VOICE_MINUTE_USD)
    assert last is None
    minutes = 1.0 / PRICE_PER_VOICE_MINUTE_USD / 10 / legs
    assert night.condition(60.0 * minutes + 1.0, in_progress=10.0) == "max_cost_usd"


def test_a_generator_that_falls_silent_ends_the_run(scenario: Scenario) -> None:
    night = Night(scenario)
    assert night.tick(10.0) is None
    later = NIGHT + timedelta(seconds=10.0)
    assert night.guard.decide(later + timedelta(seconds=SILENCE_SECONDS - 1), {}) is None
    found = night.guard.decide(later + timedelta(seconds=SILENCE_SECONDS), {})
    assert found is not None
    assert found.condition == "silence"


class CloudWatch:
    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def get_metric_data(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"MetricDataResults": [{"Id": f"m{i}", "Values": values} for i, values in enumerate(answer)]}


def test_cloudwatch_is_asked_for_sums_since_the_start_with_the_dimensions_that_connect_has() -> None:
    cloudwatch = CloudWatch(([1.0, 2.0], []))
    breaches = Breaches(
        cloudwatch, "i-1", NIGHT + timedelta(seconds=12), now=lambda: NIGHT + timedelta(minutes=3)
    )
    breaches.ask()
    assert breaches.counts == {"ThrottledCalls": 3.0}
    (asked,) = cloudwatch.asked
    assert (asked["StartTime"], asked["EndTime"]) == (NIGHT, NIGHT + timedelta(minutes=3))
    metric = asked["MetricDataQueries"][0]["MetricStat"]["Metric"]
    assert {d["Name"]: d["Value"] for d in metric["Dimensions"]} == {
        "InstanceId": "i-1",
        "MetricGroup": "VoiceCalls",
    }


def test_what_cloudwatch_does_not_tell_is_said_and_keeps_what_is_known() -> None:
    breaches = Breaches(CloudWatch(([0.0], []), RuntimeError("AccessDenied")), "i-1", NIGHT)
    assert "over before the first question" in breaches.not_measured[0]
    breaches.ask()
    assert breaches.not_measured == []
    breaches.ask()
    assert breaches.counts == {"ThrottledCalls": 0.0}
    assert "not read at the end" in breaches.not_measured[0]
    assert "AccessDenied" in breaches.not_measured[0]


def test_the_thread_asks_again_and_again_and_ends_with_the_run() -> None:
    cloudwatch, before = CloudWatch(*[([0.0], [0.0])] * 1000), set(threading.enumerate())
    with Breaches(cloudwatch, "i-1", NIGHT, every=0.01) as breaches:
        while breaches.answers < 3:
            time.sleep(0.01)
    began = time.monotonic()
    while set(threading.enumerate()) - before and time.monotonic() - began < 5.0:
        time.sleep(0.01)
    assert set(threading.enumerate()) <= before
