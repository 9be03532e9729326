"""The plan of a load test against AWS: what a run would do, in figures. For the dry run and the document that AWS asks for.

AWS approves a load test of Connect on a document with a detailed view of the plan, the window, and a person who can be
reached ("Load and penetration / security testing policies", Connect Administrator Guide, read in late 2026). Nothing
here calls AWS.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo

from busyhour.harness.safety.abort_conditions import BREACHES, BUDGET_SECONDS, LEAST_FAILURES, SILENCE_SECONDS
from busyhour.harness.safety.approval import Approval
from busyhour.harness.safety.gate import Intent
from busyhour.harness.verdict.measured_demands import pool_of
from busyhour.harness.verdict.reach import announcements
from busyhour.load.client.retry_policies import MAX_ATTEMPTS
from busyhour.load.outcomes.clean_up import STOPS_PER_SECOND, seconds_for
from busyhour.load.safety.policy import (
    PRICE_DATE,
    PRICE_PER_VOICE_MINUTE_USD,
    REGION_TIME_ZONES,
    in_window,
)
from busyhour.quotas import freshness
from busyhour.quotas.model import Origin, Quota, Scope
from busyhour.quotas.table import quota_table
from busyhour.scenarios.account import RetryMode
from busyhour.scenarios.model import DriveKind, Scenario
from busyhour.scenarios.traffic_plan.arrivals import Schedule
from busyhour.scenarios.traffic_plan.rate import Segment

if TYPE_CHECKING:
    from busyhour.capacity.forecast.model import Forecast

TO_FILL_IN = "[to be filled in]"

DESCRIBES_PER_SECOND = 8.0
"""DescribeContact requests a second of the shipped voice load, see `load.users.voice.VoiceCalls.outcomes_per_second`."""

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Use:
    """Demand of the run on one quota, and the need of the plan behind it."""

    name: str
    code: str
    demand: float
    """Expected peak of the test."""
    unit: str
    value: float
    origin: str
    """Where the present value comes from, with a mark where it is not current."""
    needed: float | None
    """Need of the plan, from the list of limits; None: it does not have the quota."""
    shared: str
    """Other users of the quota."""
    when: str = ""

    @property
    def share(self) -> float:
        """Expected peak as a share of the value."""
        return self.demand / self.value if self.value else float("inf")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the plan with one rate, or a straight ramp between two; calls per second."""

    start: float
    end: float
    first: float
    last: float
    calls: float


@dataclass(frozen=True, slots=True)
class TestPlan:
    """Contents of the document. Times of the day are in the Region's own time."""

    __test__ = False  # pytest takes every class named Test... for tests
    price: ClassVar[float] = PRICE_PER_VOICE_MINUTE_USD
    """USD of a voice minute."""
    price_date: ClassVar[str] = PRICE_DATE
    """When that price was read."""

    scenario: Scenario
    drafted: datetime
    intent: Intent
    contact: str
    approval: str
    zone: str
    start: datetime | None
    end: datetime | None
    per_hour: list[tuple[float, float]]
    """Start of each hour of the run, seconds, and calls planned in it."""
    peak_rate: float
    """Calls per second, the highest planned."""
    peak_second: float
    """Calls in the busiest second that this seed gives; arrivals are random."""
    mean_call: float
    """Seconds in progress, mean."""
    stretches: list[Stretch]
    uses: list[Use]
    clean_up: float
    """Seconds from an abort at the peak until the last contact is stopped, at most."""
    missing: list[str] = field(default_factory=list)
    """Information that only the team has and that is missing."""
    announced: list[str] = field(default_factory=list)
    """Parts of the plan that the test cannot show, with the duration that would."""

    @property
    def attempts(self) -> int:
        """Requests for one call at most, by the scenario's retry policy."""
        client = self.scenario.client
        return 1 if client.retry is RetryMode.NONE else client.max_attempts or MAX_ATTEMPTS

    @property
    def voice(self) -> bool:
        """Whether phones ring."""
        return self.scenario.drive is DriveKind.VOICE

    @property
    def aborts(self) -> list[str]:
        """The conditions under which the run ends by itself, in words."""
        aws = self.scenario.aws
        caps = (("calls", aws.max_calls), ("calls at once", aws.max_concurrent))
        return [
            *(
                [
                    "the last call could not be stopped by 06:00 of the Region's time, or by the end of the approval"
                ]
                if self.voice
                else []
            ),
            *([f"CloudWatch counts one {' or one '.join(BREACHES)} on the instance"] if self.voice else []),
            f"more than {aws.error_budget:.0%} of the calls of the last {BUDGET_SECONDS:.0f} s fail to start or are "
            f"blocked (at least {LEAST_FAILURES})",
            *(f"more than {cap:,} {what}" for what, cap in caps if cap is not None),
            *([f"estimated cost of {aws.max_cost_usd:,.2f} USD"] if aws.max_cost_usd is not None else []),
            f"the generator has reported nothing for {SILENCE_SECONDS:.0f} s, or the process that watches it has died",
        ]


def make(
    scenario: Scenario,
    drafted: datetime,
    *,
    start: datetime | None = None,
    contact: str = "",
    approval: Approval | None = None,
    made: Forecast | None = None,
) -> TestPlan:
    """Plan a run of `scenario`.

    Args:
        scenario: what would be driven.
        drafted: date of the document.
        start: when the run would begin; None: not fixed yet.
        contact: the person whom AWS can reach; the approval's where it is not given.
        approval: AWS's, where there is one already.
        made: the forecast; calculated where not given, which takes seconds.
    """
    from busyhour.harness.safety.intent import intent_of
    from busyhour.harness.verdict.reach import reach_of

    if made is None:
        from busyhour.capacity.forecast.build import forecast

        made = forecast(scenario)
    schedule = Schedule(scenario.traffic, scenario.seed)
    intent = intent_of(scenario, made)
    aws = scenario.aws
    contact = contact or (approval.emergency_contact if approval else "")
    missing = [
        text
        for text, there in (
            ("emergency contact (--contact)", contact),
            ("planned start (--start)", start),
            ("account ([aws] account)", aws.account),
            ("instance ([aws] instance)", aws.instance),
            (
                "source number ([aws] source_number)",
                aws.source_number or scenario.drive is not DriveKind.VOICE,
            ),
            ("destinations ([aws] destinations)", aws.destinations or scenario.drive is not DriveKind.VOICE),
        )
        if not there
    ]
    length = timedelta(seconds=scenario.traffic.duration + scenario.traffic.drain)
    zone = REGION_TIME_ZONES.get(aws.region, "UTC")
    local = start.astimezone(ZoneInfo(zone)) if start else None
    if local is not None and scenario.drive is DriveKind.VOICE and aws.region in REGION_TIME_ZONES:
        outside = [f"{t:%H:%M}" for t in (local, local + length) if not in_window(t, aws.region)]
        if outside:
            missing.append(
                f"a start within AWS's window of 18:00 to 06:00: {' and '.join(outside)} are outside"
            )
    rate = schedule.rate
    segments = _merged(rate.segments)
    return TestPlan(
        scenario=scenario,
        drafted=drafted,
        intent=intent,
        contact=contact or TO_FILL_IN,
        approval=approval.id if approval else "",
        zone=zone,
        start=local,
        end=local + length if local else None,
        per_hour=_per_hour(schedule),
        peak_rate=max((max(s.first, s.last) for s in rate.segments), default=0.0),
        peak_second=max(schedule.intended_series()[1], default=0.0),
        mean_call=made.demand.mean("at once"),
        stretches=[
            Stretch(s.start, s.end, s.first, s.last, rate.cumulative(s.end) - rate.cumulative(s.start))
            for s in segments
        ],
        uses=_uses(scenario, made, schedule, intent, drafted.date()),
        clean_up=seconds_for(intent.peak_concurrent / aws.slots, 1, aws=True),
        missing=missing,
        announced=announcements(reach_of(scenario, made), smoke=scenario.test.smoke),
    )


def _per_hour(schedule: Schedule) -> list[tuple[float, float]]:
    hours = range(max(1, -(-int(schedule.duration) // int(_HOUR))))
    total = schedule.rate.cumulative
    return [(h * _HOUR, total((h + 1) * _HOUR) - total(h * _HOUR)) for h in hours]


def _merged(segments: Sequence[Segment]) -> list[Segment]:
    """Segments with neighbours of one and the same constant rate put together."""
    merged: list[Segment] = []
    for segment in segments:
        before = merged[-1] if merged else None
        if before and before.first == before.last == segment.first == segment.last:
            merged[-1] = Segment(before.start, segment.end, segment.first, segment.last)
        else:
            merged.append(segment)
    return merged


def _uses(scenario: Scenario, made: Forecast, schedule: Schedule, intent: Intent, today: date) -> list[Use]:
    """Expected peak on every quota, those of API rates with the requests that the harness itself makes."""
    table = quota_table.load()
    starts = table.rate("connect", "StartOutboundVoiceContact")[0].key
    planned = max(schedule.planned_series()[1], default=0.0)
    rows = {row.key: row for row in reversed(made.limits) if row.kind == "quota"}
    uses = []
    for found in made.quotas:
        quota = table.by_key(found.key) if found.key in table else None
        row = rows.get(found.key)
        demand = found.peak * max(1.0, scenario.test.factor)
        if found.key == pool_of(scenario):
            demand = intent.peak_concurrent
        if found.key == starts:
            demand = planned  # AWS asks for expected values; what chance puts on top has a line of its own
        origin = freshness.source(found.origin, row.read_at if row else "", today)
        needed = None if row is None else row.needed
        uses.append(
            Use(found.name, found.code or "", demand, found.unit, found.value, origin, needed, _shared(quota))
        )
    if scenario.drive is DriveKind.VOICE:
        given = {table.find(name).key: value for name, value in scenario.quotas.items()}
        uses += _requests(table, given, schedule, today)
    return uses


def _requests(
    table: quota_table.QuotaTable, given: dict[str, float], schedule: Schedule, today: date
) -> Iterable[Use]:
    rate = max(schedule.planned_series()[1], default=0.0)
    for operation, demand, when in (
        ("DescribeContact", min(DESCRIBES_PER_SECOND, 3.0 * rate), "outcomes are asked for, the whole time"),
        ("StopContact", STOPS_PER_SECOND, "only at the end and at an abort"),
    ):
        quota, _ = table.rate("connect", operation)
        value, origin = (
            given.get(quota.key, quota.default),
            Origin.OVERRIDE if quota.key in given else Origin.DOCUMENTED,
        )
        origin_text = freshness.source(origin, quota.date, today)
        yield Use(
            quota.name, quota.code or "", demand, quota.unit, value, origin_text, None, _shared(quota), when
        )


def _shared(quota: Quota | None) -> str:
    if quota is None or quota.scope is Scope.RESOURCE:
        return "this resource alone"
    return "this instance" if quota.scope is Scope.INSTANCE else "all instances of account and Region"
