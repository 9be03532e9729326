"""Comparison of recorded and simulated days as text, JSON and a plot."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from busyhour.capacity.reproduction.compare import Compared, ComparedDay


def text(days: Sequence[ComparedDay], left_out: int) -> str:
    """Return the comparison as lines for a terminal of 80 columns; empty without days."""
    if not days:
        return ""
    lines = ["Simulated with what was learnt, against what was recorded:"]
    for day in days:
        lines.append(f"  {day.date}")
        lines += [f"    {_line(one)}" for one in day.quantities]
    differing = [(day, one) for day in days for one in day.quantities if one.differs]
    if left_out:
        lines.append(f"  {left_out} days with fewer calls were not simulated.")
    if differing:
        names = dict.fromkeys(one.name for _, one in differing)
        lines.append(
            f"Warning: the scenario does not reproduce {', '.join(names)} on {len({day.date for day, _ in differing})} of "
            f"{len(days)} days."
        )
        lines.append(
            "  Agents of the scenario are there all day; a day with shifts has other waits: see [queues]."
        )
    else:
        lines.append("  The scenario reproduces these days.")
    return "\n".join(lines) + "\n"


def _line(one: Compared) -> str:
    def shown(value: float) -> str:
        return f"{value:.1%}" if one.unit == "share" else f"{value:,.1f}"

    unit = "" if one.unit in ("share", "calls") else f" {one.unit}"
    mark = "  DIFFERS" if one.differs else ""
    low, high = limits(one)
    return f"{one.name}: {shown(one.recorded)}{unit}, simulated {shown(one.simulated)} ({shown(low)} to {shown(high)}){mark}"


def limits(one: Compared) -> tuple[float, float]:
    """Return the interval without values that cannot be: below zero, shares above one."""
    return max(0.0, one.low), min(1.0, one.high) if one.unit == "share" else one.high


def as_json(days: Sequence[ComparedDay], left_out: int) -> dict[str, Any]:
    """Return the comparison as JSON values."""
    return {
        "days_not_simulated": left_out,
        "days": [
            {
                "date": day.date.isoformat(),
                "quantities": [
                    {
                        "name": one.name,
                        "unit": one.unit,
                        "recorded": one.recorded,
                        "simulated": one.simulated,
                        "low": limits(one)[0],
                        "high": limits(one)[1],
                        "differs": one.differs,
                    }
                    for one in day.quantities
                ],
                "in_progress": {"recorded": list(day.recorded), "simulated": list(day.simulated)},
            }
            for day in days
        ],
    }


def picture(days: Sequence[ComparedDay], form: str) -> bytes:
    """Draw the calls in progress by time of day, recorded and simulated, a panel a day."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 2.2 * len(days) + 0.6), layout="constrained")
    panels = figure.subplots(len(days), 1, squeeze=False, sharex=True)
    for axes, day in zip(panels[:, 0], days, strict=True):
        edges = [place * day.seconds / 3600.0 for place in range(len(day.recorded) + 1)]
        axes.stairs(day.recorded, edges, fill=True, color="#93c5fd", label="recorded")
        axes.stairs(day.simulated, edges, color="#1e3a8a", linewidth=1.5, label="simulated")
        axes.set_title(day.date.isoformat(), fontsize=9, loc="left")
        axes.set_ylabel("calls in progress")
        axes.set_ylim(0)
    busy = [
        place * day.seconds / 3600.0
        for day in days
        for place, levels in enumerate(zip(day.recorded, day.simulated, strict=True))
        if max(levels) > 0
    ]
    if busy:
        panels[-1, 0].set_xlim(max(0.0, min(busy) - 0.5), min(24.0, max(busy) + 1.0))
    panels[0, 0].legend(loc="upper right", frameon=False)
    panels[-1, 0].set_xlabel("time of day (h)")
    out = io.BytesIO()
    figure.savefig(out, format=form, metadata={"Date": None} if form == "svg" else None)
    return out.getvalue()
