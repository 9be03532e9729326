"""A search for the highest rate that holds, arranged for a reader."""

from __future__ import annotations

from dataclasses import dataclass

from busyhour.report.sections.run import number, share
from busyhour.results.record import LimitRecord, RunRecord

FEW_CALLS = 100
"""A run with fewer calls than this says little about an hour."""


@dataclass(frozen=True, slots=True)
class CauseLine:
    """One thing that binds, with the rates between which it begins to."""

    name: str
    holds: str
    runs: str
    breaks: str
    forecast: str


@dataclass(frozen=True, slots=True)
class RateLine:
    """One run of the search."""

    run: str
    rate: str
    of_plan: str
    outcome: str
    cause: str


def sections(record: RunRecord) -> dict[str, object]:
    """What the templates need to show the search of a record; empty parts where there was none."""
    return {
        "limit_sentences": sentences(record.limit) if record.limit else [],
        "limit_causes": cause_lines(record),
        "limit_runs": rate_lines(record),
    }


def sentences(limit: LimitRecord) -> list[str]:
    """What was found, most important first."""
    said = []
    plan = limit.planned_calls_per_hour
    if limit.holds_calls_per_hour is None:
        said.append("No rate held.")
    else:
        said.append(
            f"Holds at {limit.holds_calls_per_hour:,.0f} calls/h, {limit.holds_calls_per_hour / plan:.3g} times the plan, "
            f"{limit.times} of {limit.times} times: with 95 % confidence at least {limit.confidence:.0%} of such runs "
            f"({limit.run_seconds:,.0f} s, {limit.run_calls:,} calls) would hold."
        )
        if limit.run_calls < FEW_CALLS:
            said.append(
                f"{limit.run_calls:,} calls are few: a longer run meets peaks that these did not, and finds a lower rate. "
                "Say --set traffic.duration=..., and hold the rate against the forecast beside it."
            )
    if limit.breaks_calls_per_hour is not None:
        said.append(f"Breaks at {limit.breaks_calls_per_hour:,.0f} calls/h. What binds: {limit.cause}")
    if limit.stopped:
        said.append(f"The search ended early: {limit.stopped}.")
    return said


def cause_lines(record: RunRecord) -> list[CauseLine]:
    """Each cause, the one that binds first coming first."""
    return [
        CauseLine(
            name=cause.name,
            holds=_rate(cause.holds_calls_per_hour),
            runs=f"{cause.times} of {cause.times} ({share(cause.confidence)})" if cause.times else "",
            breaks=_rate(cause.breaks_calls_per_hour),
            forecast=_rate(cause.forecast_calls_per_hour),
        )
        for cause in (record.limit.causes if record.limit else [])
    ]


def rate_lines(record: RunRecord) -> list[RateLine]:
    """Each run, lowest rate first."""
    runs = record.limit.runs if record.limit else []
    return [
        RateLine(run.run_id, _rate(run.calls_per_hour), f"{run.factor:.3g} x", str(run.outcome), run.cause)
        for run in sorted(runs, key=lambda run: run.factor)
    ]


def _rate(calls_per_hour: float | None) -> str:
    return "" if calls_per_hour is None else number(float(round(calls_per_hour)))
