"""What AWS Support requires before it raises a quota, from one run: the case as data for templates.

The requirements come from the Admin Guide, "Plan ahead with quotas" (agents, call volume, average call duration) and
"Operational excellence" (expected values without padding), and the Developer Guide, "Best practices for using Connect
APIs" (retry practice, impact with calculations, operations per second, the quota wanted). The sentences are in the
templates support.typ and support.txt.j2, which a team can replace; here are only facts, calculations and figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.quotas import freshness
from busyhour.quotas.figures import number as quota_value
from busyhour.quotas.increases import Increase, Needs, Unrequestable, needs
from busyhour.quotas.own_settings import own_settings
from busyhour.quotas.table import quota_table
from busyhour.report.blocks import Items, Section, Text, Tone, cell, figure, section, table, words
from busyhour.report.figures import NEEDED, NOT_MEASURED, PEAK, PRESENT, clock, number, share
from busyhour.report.sections import forecast, limits
from busyhour.results.limit_rows import LimitRow, by_key
from busyhour.results.record import RunRecord


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
    """Calls per hour at which the present value binds; empty where the forecast has no limit for it."""
    rejected: str
    """Share of the plan that the present value rejects, as far as it is known."""


@dataclass(frozen=True, slots=True)
class Case:
    """The data of the support templates. Texts are empty where the run does not have them."""

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
    asks = (*(_ask(record, one, today) for one in found.increases), *_by_case(record, found, today))
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
        volume=number(round(limits.planned_volume(record))),
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
        confirm=tuple(limits.unpublished_questions(record)),
        waves=tuple(record.forecast.get("waves", {}).get("waves", [])),
        first_words=limits.first_words(record),
        run=record.run_id,
        started=record.started,
        ended=record.ended,
        verdict=str(record.verdict.outcome),
        measured=tuple(
            (line.name, line.measured) for line in forecast.compared(record) if line.measured != NOT_MEASURED
        ),
        headroom=headroom,
        version=record.busyhour_version,
    )


def increases(record: RunRecord) -> Section | None:
    """What the plan needs of AWS and of the team's own settings, each with its calculation."""
    try:
        asks = case(record).asks
    except BusyhourError as error:  # a record of another version, with a quota that this one does not know
        return section(Text(f"It could not be calculated: {error.message}", Tone.WARN), _own(record))
    columns = (
        words("Quota"),
        words("Code", below=True),
        figure(PRESENT),
        words("From", below=True),
        figure(NEEDED),
        figure(PEAK),
        figure("To request"),
    )
    rows = [
        (
            cell(ask.name, steps=ask.steps),
            f"{ask.service} {ask.code or 'not in Service Quotas: request it in the case'}",
            ask.present,
            cell(ask.gap or ask.origin, tone=Tone.WARN if ask.gap else Tone.NONE),
            *(ask.needed, ask.measured, cell(ask.asked, tone=Tone.BAD)),
        )
        for ask in asks
    ]
    caption = (
        "What the plan needs, without headroom, as AWS wants it. The command busyhour request prints and files the "
        "requests and writes the report for Support."
    )
    nothing = Text("Nothing: the present values of the quotas carry the plan.")
    return section(table(columns, rows, caption) or nothing, _own(record))


def _own(record: RunRecord) -> Items | None:
    found = [one.words for one in own_settings(record)]
    return Items(found, "To raise without AWS Support") if found else None


def _ask(record: RunRecord, increase: Increase, today: date) -> Ask:
    quota = increase.quota
    row = by_key(record).get(quota.key)
    volume = None if row is None else row.calls_per_hour
    return Ask(
        name=quota.name,
        service=quota.service,
        code=quota.code or "",
        scope=str(quota.scope),
        present=quota_value(increase.present),
        origin=freshness.source_of(record, increase.origin, increase.read_at, today),
        gap=freshness.mark_of(record, increase.origin, increase.read_at, today),
        needed="" if increase.needed is None else quota_value(increase.needed),
        measured="" if increase.peak is None else quota_value(increase.peak),
        asked=quota_value(increase.requested),
        steps=increase.steps,
        context=increase.context or "",
        symptom="" if row is None else row.symptom,
        binds_at="" if volume is None else number(round(volume)),
        rejected=_rejected(record, row, quota.key),
    )


def _in_case(other: Unrequestable) -> bool:
    """Can Support raise it although Service Quotas has no code for it?"""
    return other.increase is not None and other.quota.adjustable


def _by_case(record: RunRecord, found: Needs, today: date) -> list[Ask]:
    return [
        _ask(record, other.increase, today)
        for other in found.unrequestable
        if other.increase is not None and _in_case(other)
    ]


def _rejected(record: RunRecord, row: LimitRow | None, key: str) -> str:
    """The share of the plan that the present value rejects: by calculation, in the simulation, and as measured."""
    parts = []
    if row is not None and row.rejected_at_plan:
        parts.append(f"{share(row.rejected_at_plan)} by calculation")
    demand: dict[str, Any] = next(
        (one for one in record.forecast.get("quotas", []) if one.get("key") == key), {}
    )
    if demand.get("rejected_simulated"):
        parts.append(f"{share(demand['rejected_simulated'])} by simulation")
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
