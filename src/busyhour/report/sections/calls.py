"""Calls as a reader sees them: their outcomes, arrivals by their end, waits; estimates are marked as such."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from busyhour.report.sections.run import Row, milliseconds, number
from busyhour.results import outcomes
from busyhour.results.record import RunRecord

_OF_THE_SAMPLE = ("sampled", "of", "intervals")
"""Members of `RunRecord.calls` that tell about the others."""


def outcome_lines(record: RunRecord) -> list[str]:
    """Shares of calls by outcome, then the problems with their places and lines; empty where no flow was run."""
    if record.outcomes is None:
        return []
    return outcomes.lines(record.outcomes, record.verdict.reasons)


def estimated(around: Sequence[float] | None, sampled: int | None, of: int | None) -> str:
    """The mark of a count that was scaled from a sample."""
    if around is None or sampled is None or of is None:
        return ""
    low, high = (f"{bound:,.0f}" for bound in around)
    return f"estimate, {low} to {high}, from {sampled:,} of {of:,} accepted calls"


def arrivals(record: RunRecord) -> list[Row]:
    """Planned arrivals by their end; what is estimated from a sample says from how many calls."""
    counted = record.arrivals

    def ended(label: str, what: str, note: str) -> Row:
        around = estimated(counted.intervals.get(what), counted.sampled, counted.of)
        return Row(label, number(getattr(counted, what)), "; ".join(filter(None, (note, around))))

    rows = [
        Row("Planned", number(counted.planned)),
        Row("Started", number(counted.started), "at their intended start, however slow the target is"),
        Row("Late", number(counted.late)),
        Row(
            "Dropped",
            number(counted.dropped),
            ", ".join(f"{k}: {v}" for k, v in counted.dropped_reasons.items()),
        ),
        Row("Lost with a worker", number(counted.lost)),
        ended("Completed", "completed", ""),
        ended("Blocked", "blocked", "rejected by the target (throttle, limit, reorder tone)"),
        ended("Cut off", "cut_off", "still in progress when the drain time was over"),
    ]
    slip = counted.slip_ms
    rows.append(
        Row("Slip p50 / p99 / max", "not measured")
        if slip is None
        else Row(
            "Slip p50 / p99 / max",
            " / ".join(map(milliseconds, (slip.p50, slip.p99, slip.max))),
            "how late the generator itself was",
        )
    )
    return rows


def call_rows(record: RunRecord) -> list[Row]:
    """Ends, queues and waits of calls, flattened for reading."""
    calls = record.calls
    told = {key: value for key, value in calls.items() if key not in _OF_THE_SAMPLE}
    return [_marked(row, calls) for row in _flatten(told)]


def _marked(row: Row, calls: Mapping[str, Any]) -> Row:
    """The row with the mark of an estimate, where the calls that are known are a sample."""
    if calls.get("sampled") is None or row.label == "service level seconds":
        return row
    name = row.label.replace(" ", "_")
    bounds = calls.get("intervals", {}).get(name)
    mark = f"estimate from {calls['sampled']:,} of {calls['of']:,} accepted calls"
    if bounds is not None:
        mark += f", {number(bounds[0])} to {number(bounds[1])}"
    return Row(row.label, row.value, "; ".join(filter(None, (row.note, mark))))


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterable[Row]:
    for key, value in values.items():
        label = f"{prefix}{key}".replace("_", " ").replace("/", " ")
        if value is None or value == {}:
            continue
        if isinstance(value, dict) and {"p50", "p95", "max"} <= value.keys():
            spread = " / ".join(milliseconds(value[q]) for q in ("p50", "p95", "max"))
            yield Row(f"{label.removesuffix(' ms')}, p50 / p95 / max", spread, f"of {number(value['count'])}")
        elif isinstance(value, dict):
            yield from _flatten(value, f"{label}: ")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield Row(label, number(float(value)))
        else:
            yield Row(label, str(value))
