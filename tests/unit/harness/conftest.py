"""Small made-up results for the pure parts of the harness."""

from pathlib import Path

import pytest

from busyhour.results.entries import Arrivals, Operation, Percentiles
from busyhour.results.load_result import LoadResult
from busyhour.scenarios.account import AwsTarget
from busyhour.scenarios.model import Callers, Distribution, DriveKind, Flows, Scenario
from busyhour.scenarios.traffic import Direction, LoadProfile, Plan, Traffic

SECONDS = Distribution("constant", 30.0)


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(
        name="campaign",
        path=Path("scenarios/campaign.toml"),
        description="",
        seed=1,
        drive=DriveKind.VOICE,
        traffic=Traffic(Direction.OUTBOUND, 3600.0, calls_per_hour=100.0),
        plan=Plan(100.0),
        test=LoadProfile(3600.0),
        callers=Callers(SECONDS, SECONDS, SECONDS),
        flows=Flows((), "main"),
        aws=AwsTarget(
            account="123456789012",
            region="us-east-1",
            instance="11111111-2222-3333-4444-555555555555",
            source_number="+12025550100",
            destinations=("+12025550101",),
            max_calls=1000,
            max_concurrent=10,
            max_cost_usd=50.0,
        ),
    )


def percentiles(p99: float) -> Percentiles:
    return Percentiles(100, p99 / 2, p99 / 3, p99 / 1.5, p99 / 1.2, p99, p99 * 2)


@pytest.fixture
def load() -> LoadResult:
    return LoadResult(
        drive="voice",
        started="2026-11-22T08:00:00+00:00",
        ended="2026-11-22T08:01:00+00:00",
        duration=60.0,
        planned_duration=60.0,
        workers=1,
        interrupted=False,
        valid=True,
        reasons=[],
        arrivals=Arrivals(planned=100, started=100, late=0, dropped=0, blocked=2, completed=98),
        operations=[
            Operation(
                "connect",
                "StartOutboundVoiceContact",
                100,
                0,
                4,
                2,
                {},
                percentiles(80.0),
                percentiles(60.0),
                5.0,
            ),
            Operation("lambda", "Invoke", 200, 10, 0, 0, {}, percentiles(300.0), percentiles(290.0), 9.0),
        ],
        calls={"queued": 50, "abandoned": 5, "service_level": 0.9},
    )
