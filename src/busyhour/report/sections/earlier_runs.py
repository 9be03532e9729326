"""The run compared with earlier ones: what regressed, what was repeated, what is not decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from busyhour.report.blocks import Cell, Section, Text, Tone, cell, figure, section, table, words
from busyhour.results.record import RunRecord

_COLUMNS = (
    words("Outcome"),
    words("Metric"),
    figure("Before"),
    figure("Now"),
    figure("Effect (95 % interval)"),
    figure("Tolerance"),
    words("What would decide"),
)


def earlier_runs(record: RunRecord) -> Section | None:
    """The comparison in a record; None where the run was not compared."""
    found = record.regression
    if not found:
        return None
    failed = found.get("regressed") or found.get("shown") is False
    rows = [*_failures(found), *map(_row, found.get("rows") or [])]
    baseline = ", ".join(found.get("baseline") or [])
    caption = f"What is not shown to be equivalent to {baseline}, within the project's tolerances."
    return section(
        Text(str(found.get("summary", "")), Tone.BAD if failed else Tone.NONE),
        _repeats(found.get("confirmation") or {}),
        Text(f"Different from the newest of them besides: {'; '.join(found['outside'])}.")
        if found.get("outside")
        else None,
        *(Text(str(note), Tone.SOFT) for note in found.get("notes") or []),
        table(_COLUMNS, rows, caption),
    )


def _repeats(found: Mapping[str, Any]) -> Text | None:
    if not found:
        return None
    count = len(found["repeats"])
    groups = (("confirmed", "confirmed"), ("gone", "gone"), ("not confirmed", "open"))
    results = "; ".join(f"{word} {', '.join(found[key])}" for word, key in groups if found[key])
    times = "time" if count == 1 else "times"
    return Text(f"Repeated {count} {times} because something was worse: {results}.")


def _failures(found: Mapping[str, Any]) -> Iterator[tuple[Cell, ...]]:
    """Failures that have no figures: findings, cuts of the plan, metrics that are missing."""
    for outcome, key, begin in (
        ("regressed", "new_findings", "new finding: "),
        ("regressed", "cuts", ""),
        ("missing", "missing", ""),
    ):
        for text in found.get(key) or []:
            yield cell(outcome, tone=Tone.BAD), cell(f"{begin}{text}"), *[Cell("")] * 5


def _row(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    failed = row["outcome"] in ("regressed", "changed")
    figures = (row[name] for name in ("metric", "before", "now", "effect", "tolerance"))
    return (
        cell(row["outcome"], tone=Tone.BAD if failed else Tone.SOFT),
        *map(cell, figures),
        cell(row["advice"], tone=Tone.SOFT),
    )
