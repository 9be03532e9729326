"""What was learnt, as text for a terminal and as JSON; one list of rows for both and for the scenario's comments."""

from __future__ import annotations

import math
from typing import Any

from busyhour.learning.fits import Fitted, Interval
from busyhour.learning.learnt import Learnt, LearntValue
from busyhour.learning.mapping import ColumnMap
from busyhour.project.csv_rows import listed
from busyhour.scenarios.model import Distribution

REJECTED = 0.01
"""Probability of a test of fit below which the fitted form does not fit."""


def as_json(learnt: Learnt, columns: ColumnMap) -> dict[str, Any]:
    """Return all of it as JSON values."""
    return {
        "source": learnt.source,
        "from": learnt.start.isoformat(),
        "to": learnt.end.isoformat(),
        "columns": {column.meaning: column.header for column in columns.columns.values()},
        "unused_columns": list(columns.unused),
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


def text(learnt: Learnt, columns: ColumnMap) -> str:
    """Return it as lines for a terminal of 80 columns."""
    arrivals, busiest = learnt.arrivals, learnt.arrivals.busiest_day
    total = sum(day.total for day in arrivals.days)
    lines = [
        f"{learnt.source}",
        f"  {total:,.0f} calls on {len(arrivals.days)} days, {learnt.start:%Y-%m-%d} to {learnt.end:%Y-%m-%d}, "
        f"by {arrivals.seconds / 60:g} min",
        f"  busiest {arrivals.seconds / 60:g} min: {arrivals.busiest_rate:,.0f} calls/h on {busiest.date} "
        f"({busiest.total:,.0f} calls that day)",
        "",
    ]
    for one in learnt.values:
        lines.append(f"{one.name}: {figure(one.around, one.unit)}, of {one.count:,}")
        if one.fitted is not None and one.fitted.p is not None:
            lines.append(f"  {form(one.fitted)}")
        if one.assumed:
            lines.append(f"  assumed: {one.assumed}")
    used = listed(f"{column.header} ({column.meaning})" for column in columns.columns.values())
    lines += ["", f"Columns used: {used}"]
    if columns.unused:
        lines.append(f"Columns not used: {listed(columns.unused)}")
    if len(learnt.by_queue) > 1:
        shares = sorted(
            ((name or "none", count) for name, count in learnt.by_queue.items()), key=lambda item: -item[1]
        )
        lines.append(f"Calls by queue: {listed(f'{name} {count:,.0f}' for name, count in shares)}")
    lines += [f"Note: {note}" for note in learnt.notes]
    return "\n".join(lines) + "\n"


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
