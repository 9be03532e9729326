"""A search for the highest rate that holds: what was found, each cause, each run."""

from __future__ import annotations

from busyhour.report.blocks import Section, Text, Tone, cell, figure, section, table, words
from busyhour.report.figures import number, share
from busyhour.results.record import LimitRecord, RunRecord

FEW_CALLS = 100
"""A run with fewer calls than this is a weak sample of an hour."""
_TONES = {"holds": Tone.GOOD, "not shown": Tone.WARN}


def limit_search(record: RunRecord) -> Section | None:
    """The search of a record; None where there was none."""
    found = record.limit
    if found is None:
        return None
    causes = table(
        (
            words("Cause"),
            figure("Not met at, calls/h"),
            words("Runs (at least, with 95 % confidence)"),
            figure("Met at, calls/h"),
            figure("Forecast (1 % rejected), calls/h"),
        ),
        [
            (
                cause.name,
                _rate(cause.holds_calls_per_hour),
                f"{cause.times} of {cause.times} ({share(cause.confidence)})" if cause.times else "",
                _rate(cause.breaks_calls_per_hour),
                _rate(cause.forecast_calls_per_hour),
            )
            for cause in found.causes
        ],
        "A cause may be hidden by one above it until that limit is raised.",
        title="What binds, and between which rates it begins to",
    )
    runs = table(
        (figure("Calls/h"), figure("Of plan"), words("Run"), words("Outcome"), words("What broke first")),
        [
            (
                _rate(run.calls_per_hour),
                f"{run.factor:.3g} x",
                run.run_id,
                cell(run.outcome, tone=_TONES.get(str(run.outcome), Tone.BAD)),
                run.cause,
            )
            for run in sorted(found.runs, key=lambda run: run.factor)
        ],
        title="The runs, by rate",
    )
    return section(*map(Text, sentences(found)), causes, runs)


def sentences(limit: LimitRecord) -> list[str]:
    """What was found, most important first."""
    found = []
    plan = limit.planned_calls_per_hour
    if limit.holds_calls_per_hour is None:
        found.append("No rate held.")
    else:
        found.append(
            f"Holds at {limit.holds_calls_per_hour:,.0f} calls/h, {limit.holds_calls_per_hour / plan:.3g} times the plan, "
            f"{limit.times} of {limit.times} times: with 95 % confidence at least {limit.confidence:.0%} of such runs "
            f"({limit.run_seconds:,.0f} s, {limit.run_calls:,} calls) would hold."
        )
        if limit.run_calls < FEW_CALLS:
            found.append(
                f"{limit.run_calls:,} calls are few: a longer run meets peaks that these did not, and finds a lower rate. "
                "Use --set traffic.duration=... for longer runs, and compare the rate with the forecast."
            )
    if limit.breaks_calls_per_hour is not None:
        found.append(f"Breaks at {limit.breaks_calls_per_hour:,.0f} calls/h. What binds: {limit.cause}")
    if limit.stopped:
        found.append(f"The search ended early: {limit.stopped}.")
    return found


def _rate(calls_per_hour: float | None) -> str:
    return "" if calls_per_hour is None else number(float(round(calls_per_hour)))
