"""What was learnt, as text for a terminal and as JSON; one list of rows for both and for the scenario's comments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from busyhour.learning.exports.mapping import ColumnMap
from busyhour.learning.findings import Findings
from busyhour.learning.fits import Fitted, Interval
from busyhour.learning.learnt import Learnt, LearntValue
from busyhour.learning.recorded.behaviour import values_of_functions, values_of_log
from busyhour.printable import printable
from busyhour.project.csv_rows import listed
from busyhour.scenarios.model import Distribution

_MOST_LINES = 200
"""Lines of values of a log in the text form."""
REJECTED = 0.01
"""Probability of a test of fit below which the fitted form does not fit."""


def as_json(found: Findings, columns: ColumnMap | None) -> dict[str, Any]:
    """Return all of it as JSON values; `columns` are those of the export that calls were read from."""
    document: dict[str, Any] = {}
    if found.calls is not None:
        document = _calls(found.calls)
        if columns is not None:
            document["columns"] = {column.meaning: column.header for column in columns.columns.values()}
            document["unused_columns"] = list(columns.unused)
    if found.choices is not None:
        counts = found.choices
        document["flow_logs"] = {
            "source": counts.source,
            "from": counts.first,
            "to": counts.last,
            "contacts": counts.contacts,
            "entries": counts.entries,
            "values": [_value(one) for one in values_of_log(counts)],
            "failures": {name: dict(one.failures) for name, one in counts.functions.items() if one.failures},
            "notes": list(counts.notes),
        }
    if found.functions:
        document["functions"] = [_value(one) for one in values_of_functions(found.functions)]
    return document


def _calls(learnt: Learnt) -> dict[str, Any]:
    return {
        "source": learnt.source,
        "from": learnt.start.isoformat(),
        "to": learnt.end.isoformat(),
        "arrivals": {
            "interval_seconds": learnt.arrivals.seconds,
            "days": [
                {"date": day.date.isoformat(), "calls": list(day.calls)} for day in learnt.arrivals.days
            ],
            "busiest_day": learnt.arrivals.busiest_day.date.isoformat(),
            "busiest_calls_per_hour": learnt.arrivals.busiest_rate,
            "intervals_without_row": learnt.arrivals.missing,
        },
        "values": [_value(one) for one in learnt.values],
        "calls_by_queue": dict(learnt.by_queue),
        "notes": list(learnt.notes),
    }


def _value(one: LearntValue) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": one.name,
        "key": one.key or None,
        "unit": one.unit,
        "value": one.around.value,
        "low": _known(one.around.low),
        "high": _known(one.around.high),
        "count": one.count,
        "assumed": one.assumed or None,
    }
    if one.fitted is not None:
        found |= {"distribution": table_of(one.fitted.distribution), "p_of_fit": one.fitted.p}
    return found


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def table_of(distribution: Distribution) -> dict[str, Any]:
    """Return a distribution as a scenario states it, with four significant digits."""
    found: dict[str, Any] = {"distribution": distribution.kind, "mean": f"{distribution.mean:.4g}s"}
    if distribution.kind in ("lognormal", "gamma"):
        found["cv"] = float(f"{distribution.cv:.3g}")
    return found


def text(found: Findings, columns: ColumnMap | None) -> str:
    """Return it as lines for a terminal of 80 columns."""
    parts: list[list[str]] = []
    if found.calls is not None:
        parts.append(_calls_text(found.calls, columns))
    if found.choices is not None:
        counts = found.choices
        head = f"  {counts.contacts:,} contacts, {counts.entries:,} entries, {counts.first[:10]} to {counts.last[:10]}"
        values = _cut([line for one in values_of_log(counts) for line in _lines(one)])
        failures = [
            f"  {name}: {number:,} times {failure!r}"
            for name, one in sorted(counts.functions.items())
            for failure, number in one.failures.items()
        ]
        parts.append([counts.source, head, "", *values, *_cut(failures), *_notes(counts.notes)])
    if found.functions:
        parts.append([line for one in values_of_functions(found.functions) for line in _lines(one)])
    return "\n\n".join("\n".join(map(printable, part)) for part in parts) + "\n"


def _cut(lines: list[str]) -> list[str]:
    """Return the first lines and the number of the others: a log of another kind may have a value for each entry."""
    more = [f"… and {len(lines) - _MOST_LINES:,} more lines (--format json has all)"]
    return lines if len(lines) <= _MOST_LINES else lines[:_MOST_LINES] + more


def _calls_text(learnt: Learnt, columns: ColumnMap | None) -> list[str]:
    arrivals, busiest = learnt.arrivals, learnt.arrivals.busiest_day
    total = sum(day.total for day in arrivals.days)
    lines = [
        f"{learnt.source}",
        f"  {total:,.0f} calls on {len(arrivals.days)} {'day' if len(arrivals.days) == 1 else 'days'}, {learnt.start:%Y-%m-%d} to {learnt.end:%Y-%m-%d}, "
        f"by {arrivals.seconds / 60:g} min",
        f"  busiest {arrivals.seconds / 60:g} min: {arrivals.busiest_rate:,.0f} calls/h on {busiest.date} "
        f"({busiest.total:,.0f} calls that day)",
        "",
        *(line for one in learnt.values for line in _lines(one)),
    ]
    if columns is not None:
        used = listed(f"{column.header} ({column.meaning})" for column in columns.columns.values())
        lines += ["", f"Columns used: {used}"]
        if columns.unused:
            lines.append(f"Columns not used: {listed(columns.unused)}")
    if len(learnt.by_queue) > 1:
        shares = sorted(
            ((name or "none", count) for name, count in learnt.by_queue.items()), key=lambda item: -item[1]
        )
        lines.append(f"Calls by queue: {listed(f'{name} {count:,.0f}' for name, count in shares)}")
    return [*lines, *_notes(learnt.notes)]


def _lines(one: LearntValue) -> list[str]:
    lines = [f"{one.name}: {figure(one.around, one.unit)}, of {one.count:,}"]
    if one.fitted is not None and one.fitted.p is not None:
        lines.append(f"  {form(one.fitted)}")
    if one.assumed:
        lines.append(f"  assumed: {one.assumed}")
    return lines


def _notes(notes: Sequence[str]) -> list[str]:
    return [f"Note: {note}" for note in notes]


def figure(around: Interval, unit: str) -> str:
    """Format a value with its interval: `173 s (171 to 175)`."""
    if unit == "share":
        shown = f"{around.value:.2%}"
        return shown if math.isnan(around.low) else f"{shown} ({around.low:.2%} to {around.high:.2%})"
    shown = f"{around.value:.4g} {unit}"
    return (
        f"{shown} (interval not known)"
        if math.isnan(around.low)
        else f"{shown} ({around.low:.4g} to {around.high:.4g})"
    )


def form(fitted: Fitted) -> str:
    """Return the fitted form with the result of its test."""
    shown = fitted.distribution.kind
    if shown in ("lognormal", "gamma"):
        shown += f", cv {fitted.distribution.cv:.3g}"
    if fitted.p is None:
        return shown
    fits = "does not fit" if fitted.p < REJECTED else "fits"
    return f"{shown}; {fits} (Kolmogorov-Smirnov, p {fitted.p:.2g})"
