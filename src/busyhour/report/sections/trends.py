"""Metrics over the nights of the history: where they changed, and what else changed that night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from busyhour.report.blocks import Cell, Plots, Section, Text, Tone, cell, figure, section, table, words
from busyhour.report.figures import milliseconds, number, share
from busyhour.results.record import RunRecord

ALWAYS = ("latency p95: ", "time in flow mean", "Lambda invocations per call", "throttle_share")
"""Metrics that are drawn whether they changed or not, the first of each; those that changed come before."""
MOST_PLOTS = 8
_COLUMNS = (
    words("From"),
    words("Metric"),
    figure("Before"),
    figure("After"),
    figure("Change"),
    words("What else changed that night"),
)


def trends(record: RunRecord) -> Section | None:
    """Change points of the metrics, newest first; None where the record has fewer than two nights."""
    data = record.trends
    nights = data.get("nights") or []
    if len(nights) < 2:
        return None
    first, last, early = day(nights[0]), day(nights[-1]), int(data.get("early") or 0)
    changes = table(
        _COLUMNS,
        [_line(one) for one in reversed(data.get("changes") or [])],
        f"Nights from which on a metric was different, newest first: {len(nights)} nights from {first} to {last}.",
    )
    too_early = (
        f"The newest {early} nights are too recent for change points: a change that began then shows later, or above "
        "where the comparison found it."
    )
    return section(
        changes or Text(f"No metric changed from {first} to {last} ({len(nights)} nights)."),
        Text(too_early, Tone.SOFT) if early else None,
        Plots("trends"),
    )


def drawn(record: RunRecord) -> list[Mapping[str, Any]]:
    """The metrics to draw, at most `MOST_PLOTS`.

    First those that failed in the last night or changed, the newest change first, one quantile of a latency; then `ALWAYS`.
    """
    data = record.trends
    nights, changes = data.get("nights") or [], data.get("changes") or []
    if len(nights) < 2:
        return []
    by_name = {metric["name"]: metric for metric in data.get("metrics") or []}
    failed: Sequence[str] = nights[-1].get("failed") or []
    names = [one for one in failed if one in by_name]
    names += [one["metric"] for one in reversed(changes) if one["metric"] in by_name]
    chosen: dict[str, str] = {}
    for name in names:
        subject = _subject(name)
        if subject not in chosen or name.startswith(ALWAYS[0]):
            chosen[subject] = name
    for start in ALWAYS:
        for name in [name for name in by_name if name.startswith(start)][:1]:
            chosen.setdefault(_subject(name), name)
    return [by_name[name] for name in list(chosen.values())[:MOST_PLOTS]]


def change_size(one: Mapping[str, Any]) -> str:
    """The change in per cent, of a share in percentage points; empty where it has no relative size."""
    if one["relative"] is not None:
        return f"{one['relative']:+.0%}"
    return f"{(one['after'] - one['before']) * 100:+.1f} pp" if one["unit"] == "share" else ""


def value(amount: float, unit: str) -> str:
    """A value of a metric in its unit."""
    if unit == "share":
        return share(amount)
    return milliseconds(amount) if unit == "ms" else number(float(f"{amount:.4g}"), unit)


def day(night: Mapping[str, Any]) -> str:
    """The date (UTC) on which a night's run, or a change, began."""
    return str(night["started"])[:10]


def _subject(name: str) -> str:
    """What a metric measures: all quantiles of a latency are one subject."""
    return name.partition(": ")[2] if name.startswith("latency p") else name


def _line(one: Mapping[str, Any]) -> tuple[Cell, ...]:
    by = {"compare": "found when it was compared"}.get(str(one.get("by")), "")
    beside = "; ".join(one["beside"])
    return (
        cell(day(one), str(one["run_id"]), by),
        cell(one["metric"]),
        cell(value(one["before"], one["unit"])),
        cell(value(one["after"], one["unit"])),
        cell(change_size(one)),
        cell(beside or "nothing that the history records", tone=Tone.NONE if beside else Tone.SOFT),
    )
