"""Calls of a run: arrivals by their end, queues and waits; estimates are marked as such."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from busyhour.report.blocks import Cell, Plots, Section, Tone, cell, figure, section, table, words
from busyhour.report.figures import NOT_MEASURED, milliseconds, number
from busyhour.results.record import RunRecord

_OF_THE_SAMPLE = ("sampled", "of", "intervals")
"""Members of `RunRecord.calls` that describe the others."""
_COLUMNS = (words(""), figure("Calls"), words(""))


def traffic(record: RunRecord) -> Section | None:
    """Planned arrivals and calls by their outcome, and the run over time."""
    return section(
        table(_COLUMNS, map(_cells, arrivals(record)), title="Planned arrivals by outcome"),
        Plots("traffic") if record.series else None,
        table(_COLUMNS, map(_cells, call_rows(record)), title="Calls by outcome"),
    )


def estimated(around: Sequence[float] | None, sampled: int | None, of: int | None) -> str:
    """The mark of a count that was scaled from a sample."""
    if around is None or sampled is None or of is None:
        return ""
    low, high = (f"{bound:,.0f}" for bound in around)
    return f"estimate, {low} to {high}, from {sampled:,} of {of:,} accepted calls"


def arrivals(record: RunRecord) -> list[tuple[str, str, str]]:
    """Planned arrivals by their end (label, count, note); an estimate names the size of its sample."""
    counted = record.arrivals

    def ended(label: str, which: str, note: str) -> tuple[str, str, str]:
        around = estimated(counted.intervals.get(which), counted.sampled, counted.of)
        return label, number(getattr(counted, which)), "; ".join(filter(None, (note, around)))

    slip = counted.slip_ms
    slips = [] if slip is None else [slip.p50, slip.p99, slip.max]
    return [
        ("Planned", number(counted.planned), ""),
        ("Started", number(counted.started), "at their intended start, however slow the target is"),
        ("Late", number(counted.late), ""),
        (
            "Dropped",
            number(counted.dropped),
            ", ".join(f"{reason}: {count}" for reason, count in counted.dropped_reasons.items()),
        ),
        ("Lost with a worker", number(counted.lost), ""),
        ended("Completed", "completed", ""),
        ended("Blocked", "blocked", "rejected by the target (throttle, limit, reorder tone)"),
        ended("Cut off", "cut_off", "still in progress when the drain time was over"),
        (
            "Slip p50 / p99 / max",
            " / ".join(map(milliseconds, slips)) or NOT_MEASURED,
            "delay of the generator itself" if slips else "",
        ),
    ]


def call_rows(record: RunRecord) -> list[tuple[str, str, str]]:
    """Ends, queues and waits of calls: label, value, note."""
    calls = record.calls
    totals = {key: value for key, value in calls.items() if key not in _OF_THE_SAMPLE}
    return [_marked(row, calls) for row in _flatten(totals)]


def _cells(row: tuple[str, str, str]) -> tuple[Cell, ...]:
    label, value, note = row
    return cell(label), cell(value), cell(note, tone=Tone.SOFT)


def _marked(row: tuple[str, str, str], calls: Mapping[str, Any]) -> tuple[str, str, str]:
    """The row with its 95 % interval, and the mark of an estimate where the calls that are known are a sample."""
    label, value, note = row
    if label == "service level seconds":
        return row
    marks = []
    if calls.get("sampled") is not None:
        marks.append(f"estimate from {calls['sampled']:,} of {calls['of']:,} accepted calls")
    bounds = calls.get("intervals", {}).get(label.replace(" ", "_"))
    if bounds is not None:
        of_plan = "of the plan: " if label == "service level" else ""
        marks.append(f"{of_plan}{number(bounds[0])} to {number(bounds[1])}")
    return label, value, "; ".join(filter(None, (note, ", ".join(marks))))


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str, str]]:
    for key, value in values.items():
        label = f"{prefix}{key}".replace("_", " ").replace("/", " ")
        if value is None or value == {}:
            continue
        if isinstance(value, dict) and {"p50", "p95", "max"} <= value.keys():
            spread = " / ".join(milliseconds(value[q]) for q in ("p50", "p95", "max"))
            yield f"{label.removesuffix(' ms')}, p50 / p95 / max", spread, f"of {number(value['count'])}"
        elif isinstance(value, dict):
            yield from _flatten(value, f"{label}: ")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield label, number(float(value)), ""
        else:
            yield label, str(value), ""
