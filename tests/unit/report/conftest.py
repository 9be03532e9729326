"""A run record with something in every part, made up for the renderers."""

import copy
import math

import pytest

from busyhour.capacity.forecast.limits import Limit, row_of
from busyhour.capacity.requirement import Requirement, needed
from busyhour.capacity.requirement_kinds import Bucket, Count, Executions, Lines
from busyhour.capacity.staffing_requirements import Agents
from busyhour.quotas import freshness
from busyhour.report.renderers.registry import RENDERERS
from busyhour.results.entries import (
    Arrivals,
    FindingRecord,
    ObjectiveRecord,
    Operation,
    OperatorMetric,
    Percentiles,
    QuotaRecord,
    Series,
    Slip,
)
from busyhour.results.record import Outcome, RunRecord, VerdictRecord
from busyhour.shipped import shipped_root

TODAY = freshness.today().isoformat()
NEEDED = needed(Lines(34.9))
"""Lines that the plan needs: 47 block at most 1 % of 34.9 erlang."""
TEMPLATES = [shipped_root() / "reports" / "templates"]


def quota(key: str = "connect.concurrent-active-calls-per-instance", **changes: object) -> QuotaRecord:
    values: dict[str, object] = {
        "key": key,
        "service": "connect",
        "name": "Concurrent active calls per instance",
        "code": "L-12AB7C57",
        "scope": "instance",
        "unit": "count",
        "value": 10.0,
        "origin": "applied (instance)",
        "read_at": TODAY,
        "default": 10.0,
        "peak": 10.0,
        "peak_at": 42.0,
        "peak_source": "CloudWatch ConcurrentCalls",
        "rejected": 7,
        "first_rejected_at": 41.2,
        "utilisation": 1.0,
        "headroom": 0.0,
        "verdict": "binds",
        "forecast": None,
        "note": "",
        "source": "AWS General Reference",
    }
    return QuotaRecord(**{**values, **changes})  # type: ignore[arg-type]  # built from named parts


def limit(key: str, requirement: Requirement, value: float, **more: str | None) -> dict[str, object]:
    """A row as the forecast writes it, all figures computed from the requirement at the plan of 3,600 calls/h."""
    given = {
        "name": "Concurrent active calls per instance",
        "unit": "count",
        "code": "L-12AB7C57",
        "origin": "applied (instance)",
        "symptom": "new calls meet the reorder tone",
        "calculation": "3,600 calls/h x 34.9 s / 3600 = 34.9 erlang",
        "kind": "quota",
    } | more
    limit = Limit(
        key,
        str(given["name"]),
        given["code"],
        value,
        str(given["unit"]),
        str(given["origin"]),
        read_at=TODAY,
    )
    row = row_of(
        limit,
        requirement,
        3600.0,
        symptom=str(given["symptom"]),
        calculation=str(given["calculation"]),
        kind=str(given["kind"]),
        headroom=0.2,
    )
    return row.as_json()


def expected(key: str, **changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "key": key,
        "name": "Concurrent active calls per instance",
        "service": "connect",
        "code": "L-12AB7C57",
        "unit": "count",
        "value": 10.0,
        "origin": "applied (instance)",
        "theory_mean": 34.9,
        "theory_peak": 49,
        "calculation": "Little: 3,600 calls/h x 34.9 s / 3600 = 34.9 erlangs when held",
        "simulated_peak": 47.0,
        "simulated_low": 41.0,
        "simulated_high": 52.0,
        "simulated_at": 80.0,
        "rejected_theory": 0.71,
        "rejected_simulated": 0.7,
        "peak": 49,
        "utilisation": 4.9,
    }
    return {**values, **changes}


CALLS = "connect.concurrent-active-calls-per-instance"
STARTS = "connect.start-outbound-voice-contact.rate"
FORECAST = {
    "scenario": "peak",
    "calls_per_hour": 3600.0,
    "planned_calls": 400.0,
    "demand_per_call": {
        "calls": 2000,
        "calls_per_hour": 3600.0,
        "quantities": {
            "at once": {"mean": 34.9, "half_width": 0.9, "p50": 30.0, "p95": 70.0, "p99": 90.0, "max": 120.0},
            "with agent": {
                "mean": 16.0,
                "half_width": 0.4,
                "p50": 14.0,
                "p95": 40.0,
                "p99": 60.0,
                "max": 80.0,
            },
            "wrap-up": {"mean": 6.0, "half_width": 0.2, "p50": 5.0, "p95": 15.0, "p99": 22.0, "max": 30.0},
        },
        "lambda_seconds": {"caller-lookup": 0.1},
    },
    "quotas": [
        expected("connect.concurrent-active-calls-per-instance"),
        expected(
            "lambda.concurrent-executions",
            name="Concurrent executions",
            service="lambda",
            code="L-B99A9384",
            value=1000.0,
            theory_mean=8.0,
            theory_peak=15,
            simulated_peak=14.0,
            simulated_low=14.0,
            simulated_high=14.0,
            rejected_theory=0.0,
            rejected_simulated=0.0,
        ),
        expected("connect.users-per-instance", name="Users per instance", simulated_peak=None),
        expected(
            "dynamodb.table-level-write-throughput-limit",
            name="Other",
            theory_mean=2.0,
            theory_peak=4,
            simulated_peak=None,
            simulated_high=None,
            rejected_theory=None,
            rejected_simulated=None,
        ),
    ],
    "queues": [],
    "limits": [
        limit(CALLS, Lines(34.9), 10.0),
        limit(
            STARTS,
            Bucket(1.0, 2.0, 5.0),
            2.0,
            name="Rate of StartOutboundVoiceContact API requests",
            code="L-4E9BCC96",
            unit="requests/second",
            symptom="TooManyRequestsException",
            calculation="3,600 calls/h / 3600 = 1 requests/s",
        ),
        limit(
            "queue.Support.agents",
            Agents(14.0, 14.0, 60.0, 20.0, 0.2),
            48.0,
            name="Agents of queue Support",
            kind="staffing",
            code=None,
            unit="agents",
            origin="scenario",
            symptom="callers wait",
            calculation="3,600 calls/h x 1 contacts x 14 s / 3600 = 14 erlang",
        ),
        limit(
            "connect.contact-flows-per-instance",
            Count(3),
            100.0,
            name="Contact flows per instance",
            code="L-22922690",
            origin="documented default",
            symptom="no further one",
            calculation="flows in the scenario",
        ),
        limit(
            "lambda.concurrent-executions",
            Executions(8.0, 20.0),
            1000.0,
            name="Concurrent executions",
            code="L-B99A9384",
            symptom="Lambda answers 429",
            calculation="8 erlang",
        ),
    ],
    "increases": [],
    "simulated_runs": 5,
    "notes": [],
}


@pytest.fixture
def record() -> RunRecord:
    """A run with something in every part; each test its own."""
    return example_record()


@pytest.fixture(scope="session")
def page() -> str:
    """The HTML of that run, made once for all tests that only read it."""
    return RENDERERS["html"].render(example_record(), TEMPLATES).decode()


def example_record() -> RunRecord:
    seconds = [float(t) for t in range(100)]
    latency = Percentiles(count=400, mean=22.0, p50=18.0, p90=30.0, p95=41.0, p99=95.0, max=12_345.0)
    return RunRecord(
        run_id="peak-20261122T080000Z",
        busyhour_version="0.1.0",
        scenario={
            "name": "peak",
            "description": "Ramp until <quotas> bind",
            "calls_per_hour": 3600,
            "headroom": 0.2,
            "direction": "outbound",
            "drive": "voice",
            "seed": 1,
        },
        target={
            "kind": "emulator",
            "region": "us-east-1",
            "account": "123456789012",
            "instance_arn": "arn:aws:connect:us-east-1:123456789012:instance/x",
        },
        started="2026-11-22T08:00:00Z",
        ended="2026-11-22T08:01:40Z",
        duration=100.0,
        verdict=VerdictRecord(
            Outcome.DOES_NOT_HOLD,
            ["Concurrent active calls per instance bound at 0:41."],
            "peak does not hold",
        ),
        arrivals=Arrivals(
            planned=400, started=400, late=0, dropped=0, completed=380, blocked=7, slip_ms=Slip(0.1, 0.9, 2.3)
        ),
        operations=[
            Operation(
                "connect",
                "StartOutboundVoiceContact",
                400,
                7,
                5,
                2,
                {"TooManyRequestsException": 5, "LimitExceededException": 2},
                latency,
                latency,
                9.0,
            ),
            Operation("lambda", "caller-lookup", 800, 0, 0, 0),
        ],
        series=[
            Series("arrivals planned", "calls/s", seconds, [4.0 + t / 50 for t in seconds]),
            Series("arrivals started", "calls/s", seconds, [4.0 + t / 50 + math.sin(t) / 2 for t in seconds]),
            Series("calls in progress", "calls", seconds, [min(10.0, t / 4) for t in seconds]),
            Series("latency p50:StartOutboundVoiceContact", "ms", seconds, [18.0] * 100),
            Series(
                "latency p99:StartOutboundVoiceContact",
                "ms",
                seconds,
                [None, *[60.0 + t for t in seconds[1:]]],
            ),
            Series("throttles", "requests/s", seconds, [0.0] * 60 + [2.0] * 40),
        ],
        metrics=[
            OperatorMetric("ConcurrentCalls", "Maximum", 10.0, "calls", "CloudWatch"),
            OperatorMetric(
                "CallRecordingUploadError",
                "Sum",
                None,
                "errors",
                "CloudWatch",
                "the emulator uploads no recordings",
            ),
        ],
        quotas=[
            quota(
                "lambda.concurrent-executions",
                name="Concurrent executions",
                service="lambda",
                code="L-B99A9384",
                value=1000.0,
                peak=12.0,
                rejected=0,
                first_rejected_at=None,
                utilisation=0.012,
                headroom=0.988,
                verdict="holds",
            ),
            quota(),
            quota(
                "dynamodb.table-level-write-throughput-limit",
                name="Other",
                peak=12.0,
                rejected=0,
                verdict="holds",
            ),
            quota(
                "dynamodb.table-level-read-throughput-limit",
                name="Table-level read throughput",
                code=None,
                peak=None,
                peak_at=None,
                rejected=0,
                first_rejected_at=None,
                utilisation=None,
                headroom=None,
                verdict="unknown",
            ),
        ],
        objectives=[
            ObjectiveRecord("blocked_share", "at most 0.01", 0.0175, False),
            ObjectiveRecord("service_level", "at least 0.8", None, None, "no call was queued"),
        ],
        findings=[
            FindingRecord(
                "unreachable-action",
                "warning",
                "flows/main.json",
                3,
                7,
                "/Actions/4",
                "main",
                "Bye",
                "Nothing leads to 'Bye'.",
                "Connect it or remove it.",
            )
        ],
        forecast=copy.deepcopy(FORECAST),
        calls={"ended": {"CUSTOMER_DISCONNECT": 300, "CONTACT_FLOW_DISCONNECT": 80}, "lambda_per_call": 2.0},
        not_measured=["Telephony cost: no public price table."],
        notes=["ShowView took its default path."],
    )


def _due(name: str, *, late: bool) -> dict[str, object]:
    return {
        "key": "connect.concurrent-active-calls-per-instance",
        "name": name,
        "code": "L-12AB7C57",
        "present": 10.0,
        "needed": NEEDED,
        "first_wave": "help desk",
        "needed_on": "2027-02-01",
        "lead": {
            "size": "larger",
            "up_to_factor": 100.0,
            "days": 21,
            "words": "up to 3 weeks",
            "source": "Admin Guide",
            "as_of": "2026-11-22",
        },
        "ask_by": "2027-01-11",
        "days_left": -3 if late else 50,
        "late": late,
    }


def _wave(name: str, day: str, volume: float, wanted: float) -> dict[str, object]:
    need = {
        "key": "connect.concurrent-active-calls-per-instance",
        "name": "Concurrent active calls per instance",
        "code": "L-12AB7C57",
        "present": 10.0,
        "origin": "applied (instance)",
        "needed": wanted,
        "used": wanted / 10,
        "suffices": wanted <= 10,
    }
    return {
        "name": name,
        "date": day,
        "queues": [],
        "moved": volume,
        "calls_per_hour": volume,
        "volume_text": f"{volume:,.0f}",
        "needs": [need],
        "increases": [],
    }


@pytest.fixture
def migrating(record: RunRecord) -> RunRecord:
    """The same with migration waves, one of them late, and a ledger."""
    record.forecast["waves"] = {
        "today": "2027-01-14",
        "planned_calls_per_hour": 3600.0,
        "waves": [_wave("pilot", "2027-01-20", 360.0, 8.0), _wave("help desk", "2027-02-01", 3600.0, NEEDED)],
        "increases": [_due("Concurrent active calls per instance", late=True)],
        "notes": ["the waves move 90% of the planned volume"],
    }
    arn = "arn:aws:connect:us-east-1:123456789012:instance/x"
    known = {
        "key": "connect.concurrent-active-calls-per-instance",
        "name": "Concurrent active calls per instance",
        "service": "connect",
        "code": "L-12AB7C57",
        "unit": "count",
        "place": arn,
        "needed": {
            "value": NEEDED,
            "mean": 34.9,
            "least": 41.0,
            "calls_per_hour": 3600.0,
            "scenario": "peak",
            "run": "r1",
            "at": "2026-11-22T08:00:00Z",
        },
        "requested": {
            "id": "req-1",
            "case": "17",
            "value": NEEDED,
            "status": "CASE_OPENED",
            "filed_at": "2026-11-22",
            "seen_at": "2026-11-23",
        },
        "applied": None,
        "verified": None,
    }
    proven = {
        **known,
        "key": "lambda.concurrent-executions",
        "name": "Concurrent executions",
        "requested": None,
        "verified": {
            "holds": True,
            "why": "peak 60 at 3,600 calls/h, nothing rejected",
            "run": "r2",
            "target": "aws",
            "value": 1000.0,
            "peak": 60.0,
            "calls_per_hour": 3600.0,
            "at": "2026-11-24T08:00:00Z",
        },
    }
    record.ledger = [proven, known, {"key": "of another version"}]
    return record


@pytest.fixture
def nightly(migrating: RunRecord) -> RunRecord:
    """The same with twenty nights, a change in one of them, and a verdict that repeats have confirmed."""
    slow = [41.0 + 0.3 * (night % 3) if night < 12 else 58.0 + 0.4 * (night % 4) for night in range(20)]
    migrating.trends = {
        "nights": [
            {
                "run_id": f"n{night}",
                "started": f"2026-10-{night + 1:02d}T03:00:00+00:00",
                "revision": "",
                "regressed": night in (12, 13),
            }
            for night in range(20)
        ],
        "metrics": [
            {"name": "latency p95: function look", "unit": "ms", "values": slow},
            {"name": "time in flow mean", "unit": "ms", "values": [14_000.0 + night for night in range(20)]},
            {"name": "headroom: calls", "unit": "share", "values": [0.4] * 20},
        ],
        "changes": [
            {
                "metric": "latency p95: function look",
                "unit": "ms",
                "run_id": "n12",
                "started": "2026-10-13T03:00:00+00:00",
                "before": 41.3,
                "after": 58.4,
                "relative": 0.414,
                "beside": ["commit 1a2b3c4d5e to 9f8e7d6c5b", "flow main <x>.json changed"],
                "index": 12,
            }
        ],
    }
    migrating.regression = {
        "regressed": True,
        "summary": "helpdesk regressed: latency p95: function look; 1 confirmed, 1 gone in 2 repeats; 30 metrics equivalent.",
        "baseline": ["n7", "n8", "n9"],
        "confirmation": {
            "repeats": ["n19-repeat-1", "n19-repeat-2"],
            "confirmed": ["latency p95: function look"],
            "gone": ["request_throttle_share"],
            "open": [],
        },
        "new_findings": [],
        "rows": [
            {
                "outcome": "regressed",
                "metric": "latency p95: function look",
                "before": "41 ms",
                "now": "58 ms",
                "effect": "+41% (+35% to +47%)",
                "tolerance": "+5%",
                "advice": "",
            },
            {
                "outcome": "undecided",
                "metric": "latency p99: function look",
                "before": "90 ms",
                "now": "99 ms",
                "effect": "+10% (-5% to +25%)",
                "tolerance": "+10%",
                "advice": "runs of 9 min would decide",
            },
        ],
    }
    return migrating
