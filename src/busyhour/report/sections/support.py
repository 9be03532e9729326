"""What AWS Support asks before it raises a quota, answered from one run: the case as data for templates.

What is asked comes from the Admin Guide, "Plan ahead with quotas" (agents, call volume, average call duration) and
"Operational excellence" (expected values without padding), and the Developer Guide, "Best practices for using Connect
APIs" (retry practice, impact with calculations, operations per second, the quota wanted). The sentences are in the
templates support.typ and support.txt.j2, which a team can replace; here are only facts, calculations and figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from busyhour.quotas import freshness
from busyhour.quotas.figures import number as figure
from busyhour.quotas.increases import Increase, Needs, Unrequestable, needs
from busyhour.quotas.table import quota_table
from busyhour.report.renderers.templating import fill
from busyhour.report.sections import forecast, unpublished_limits
from busyhour.report.sections.run import clock, number, share
from busyhour.results.limit_rows import LimitRow, by_key
from busyhour.results.record import RunRecord

MAX_CHARACTERS = 8_000
"""Length of a case body or communication (Support API, CreateCase and AddCommunicationToCase)."""
TEXT_TEMPLATE = "support.txt.j2"
FULL, SHORT = 3, 0
"""How much detail the text has: with 2 it leaves volumes by hour and waves to the PDF, with 1 also the impact of later
rungs, with 0 also the steps of the calculations."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One value asked for, in words. `context` is the instance ARN of a quota that holds per instance."""

    name: str
    service: str
    code: str
    scope: str
    present: str
    origin: str
    gap: str
    """Why the present value is not current, so that the report is a draft; empty where it was read from the account."""
    needed: str
    """What the plan needs; empty where the list of limits does not have the quota."""
    measured: str
    """The measured peak; empty where there is none."""
    asked: str
    steps: tuple[str, ...]
    context: str
    symptom: str
    binds_at: str
    """Calls per hour at which the present value binds; empty where the forecast has no rung for it."""
    turned_away: str
    """Share of the plan that the present value turns away, as far as it is known."""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that the templates can speak of. Texts are empty where the run does not know."""

    scenario: str
    use_case: str
    retries: str
    impact: str
    direction: str
    region: str
    account: str
    instance_arn: str
    draft: bool
    """A present value is missing: it was not read from the account, or too long ago."""
    emulated: bool
    """The run was driven against the emulator: instance and account are its own, not the team's."""
    agents: tuple[tuple[str, int], ...]
    agents_total: int
    volume: str
    """Calls per hour at the busiest moment."""
    by_hour: tuple[tuple[str, str], ...]
    """Hours of the plan, counted from 1: a plan has no time of day."""
    talk: str
    wrap_up: str
    aht: str
    duration: str
    """Mean seconds that a call counts as active."""
    asks: tuple[Ask, ...]
    others: tuple[tuple[str, str, str], ...]
    """Quotas that no request can be made for: name, reason, way out."""
    confirm: tuple[str, ...]
    """Demand on limits whose value AWS does not publish."""
    waves: tuple[dict[str, Any], ...]
    first_words: str
    ladder: tuple[dict[str, Any], ...]
    headroom_words: str
    """Heading of the ladder's values with headroom; empty where the scenario wants none."""
    run: str
    started: str
    ended: str
    verdict: str
    measured: tuple[tuple[str, str], ...]
    headroom: float
    version: str


def case(record: RunRecord, found: Needs | None = None, *, instance: str = "", headroom: float = 0.0) -> Case:
    """The facts of a case.

    Args:
        record: the run.
        found: what to ask for; worked out from the run where not given.
        instance: ARN of the instance to raise; the run's where not given.
        headroom: what was added on top of expected values when `found` was made.

    Raises:
        BusyhourError: the run names a quota that is not known.
    """
    found = needs(record, quota_table.load(), headroom) if found is None else found
    today = freshness.today()
    scenario, target = record.scenario, record.target
    support = scenario.get("support") or {}
    agents = {str(name): int(count) for name, count in (scenario.get("agents") or {}).items()}
    arn = instance or str(target.get("instance_arn") or "")
    quantities = record.forecast.get("demand_per_call", {}).get("quantities", {})
    asks = (*(_asked(record, one, today) for one in found.increases), *_by_case(record, found, today))
    return Case(
        scenario=str(scenario.get("name", "")),
        use_case=support.get("use_case") or str(scenario.get("description") or ""),
        retries=support.get("retries", ""),
        impact=support.get("impact", ""),
        direction=str(scenario.get("direction", "")),
        region=_region(arn) or str(target.get("region") or ""),
        account=_account(arn) or str(target.get("account") or ""),
        instance_arn=arn,
        draft=any(ask.gap for ask in asks),
        emulated=target.get("kind") != "aws" and not instance,
        agents=tuple(agents.items()),
        agents_total=sum(agents.values()),
        volume=number(round(forecast.planned_volume(record))),
        by_hour=tuple(
            (f"hour {hour}", number(round(float(calls))))
            for hour, calls in enumerate(scenario.get("calls_by_hour") or [], 1)
        ),
        talk=_seconds(scenario.get("talk_seconds")),
        wrap_up=_seconds(scenario.get("wrap_up_seconds")),
        aht=_seconds(scenario.get("aht_seconds")),
        duration=_seconds(quantities.get("at once", {}).get("mean")),
        asks=asks,
        others=tuple(
            (one.quota.name, one.reason, one.way_out) for one in found.unrequestable if not _in_case(one)
        ),
        confirm=tuple(unpublished_limits.questions(record)),
        waves=tuple(record.forecast.get("waves", {}).get("waves", [])),
        first_words=forecast.first_words(record),
        ladder=tuple(asdict(rung) for rung in forecast.ladder(record)),
        headroom_words=forecast.headroom_words(record),
        run=record.run_id,
        started=record.started,
        ended=record.ended,
        verdict=str(record.verdict.outcome),
        measured=tuple(
            (line.name, line.measured) for line in forecast.against(record) if line.measured != "not measured"
        ),
        headroom=headroom,
        version=record.busyhour_version,
    )


def text(facts: Case, templates: Sequence[Path]) -> str:
    """The body of the case from templates/support.txt.j2, at most 8,000 characters: shortened until it fits.

    Raises:
        BusyhourError: the template is missing or wrong, or even its shortest form is too long.
    """
    from busyhour.errors import BusyhourError

    for detail in range(FULL, SHORT - 1, -1):
        made = (
            fill(TEXT_TEMPLATE, templates, autoescape=False, case=facts, detail=detail).decode().strip()
            + "\n"
        )
        if len(made) <= MAX_CHARACTERS:
            return made
    raise BusyhourError(
        f"The text for Support has {len(made):,} characters even without its details; a case takes "
        f"{MAX_CHARACTERS:,}.",
        f"Shorten the texts in [support], or the template {TEXT_TEMPLATE}.",
    )


def _asked(record: RunRecord, increase: Increase, today: date) -> Ask:
    quota = increase.quota
    row = by_key(record).get(quota.key)
    volume = None if row is None else row.calls_per_hour
    return Ask(
        name=quota.name,
        service=quota.service,
        code=quota.code or "",
        scope=str(quota.scope),
        present=figure(increase.present),
        origin=freshness.source_of(record, increase.origin, increase.read_at, today),
        gap=freshness.mark_of(record, increase.origin, increase.read_at, today),
        needed="" if increase.needed is None else figure(increase.needed),
        measured="" if increase.peak is None else figure(increase.peak),
        asked=figure(increase.asked),
        steps=increase.steps,
        context=increase.context or "",
        symptom="" if row is None else row.symptom,
        binds_at="" if volume is None else number(round(volume)),
        turned_away=_turned_away(record, row, quota.key),
    )


def _in_case(other: Unrequestable) -> bool:
    """Can Support raise it although Service Quotas has no code for it?"""
    return other.increase is not None and other.quota.adjustable


def _by_case(record: RunRecord, found: Needs, today: date) -> list[Ask]:
    return [
        _asked(record, other.increase, today)
        for other in found.unrequestable
        if other.increase is not None and _in_case(other)
    ]


def _turned_away(record: RunRecord, row: LimitRow | None, key: str) -> str:
    """The share of the plan that the present value rejects: by calculation, in the simulation, and as measured."""
    parts = []
    if row is not None and row.rejected_at_plan:
        parts.append(f"{share(row.rejected_at_plan)} by calculation")
    demand: dict[str, Any] = next(
        (one for one in record.forecast.get("quotas", []) if one.get("key") == key), {}
    )
    if demand.get("turned_away_simulated"):
        parts.append(f"{share(demand['turned_away_simulated'])} by simulation")
    quota = next((quota for quota in record.quotas if quota.key == key), None)
    if quota is not None and quota.rejected and record.arrivals.planned:
        at = "" if quota.first_rejected_at is None else f", from {clock(quota.first_rejected_at)} on"
        parts.append(
            f"{share(quota.rejected / record.arrivals.planned)} measured ({quota.rejected:,} rejected{at})"
        )
    return ", ".join(parts)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{number(round(float(value), 1))} s"


def _region(arn: str) -> str:
    parts = arn.split(":")
    return parts[3] if len(parts) > 5 else ""


def _account(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""
