"""Plot of the arrival schedule before a run: the plan, and the starts drawn with this seed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from busyhour.scenarios.traffic_plan.arrivals import Schedule

BARS = 300
"""Largest number of bins of a plot."""

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_HOUR = 3600.0
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400)
"""Widths of bins, seconds."""


def step_for(duration: float, bins: int) -> float:
    """Return a round width with at most `bins` bins over the duration."""
    return float(next((step for step in _STEPS if duration / step <= bins), math.ceil(duration / bins)))


def lines(schedule: Schedule, width: int = 80, height: int = 8) -> list[str]:
    """Draw the planned rate (calls/h) as bars of text.

    `width` and `height` in characters, without the labels.
    """
    step = step_for(schedule.duration, width)
    rates = [rate * _HOUR for rate in schedule.planned_series(step)[1]]
    most = max(rates, default=0.0)
    columns = [round(rate / most * 8 * height) if most else 0 for rate in rates]
    label = max(len(f"{most:,.0f}"), 1)
    drawn = []
    for row in range(height, 0, -1):
        bars = "".join(_EIGHTHS[min(8, max(0, full - 8 * (row - 1)))] for full in columns)
        name = f"{most:,.0f}" if row == height else ("0" if row == 1 else "")
        drawn.append(f"{name:>{label}} |{bars}")
    end = clock(schedule.duration)
    drawn.append(f"{'':>{label}} +{'0:00':<{max(len(columns) - len(end), 5)}}{end}")
    intended = len(schedule)
    process = schedule.traffic.arrivals.value
    drawn.append(
        f"{'':>{label}}  planned calls/h by {clock(step)}; {schedule.expected:,.0f} calls expected, seed {schedule.seed} "
        f"gives {intended:,} ({process} arrivals)"
    )
    return drawn


def draw(axes: Any, schedule: Schedule) -> None:
    """Draw the plan as a line and the intended starts of this seed as bars, on matplotlib axes."""
    step = step_for(schedule.duration, BARS)
    starts, planned = schedule.planned_series(step)
    _, intended = schedule.intended_series(step)
    unit, seconds = ("h", _HOUR) if schedule.duration >= 2 * _HOUR else ("min", 60.0)
    if schedule.duration < 300:
        unit, seconds = "s", 1.0
    edges = [start / seconds for start in [*starts, schedule.duration]]
    axes.stairs(
        [rate * _HOUR for rate in intended],
        edges,
        fill=True,
        color="#93c5fd",
        label=f"intended starts, seed {schedule.seed}",
    )
    axes.stairs([rate * _HOUR for rate in planned], edges, color="#1e3a8a", linewidth=1.5, label="plan")
    axes.set_xlim(0, edges[-1])
    axes.set_ylim(0)
    axes.set_xlabel(f"time ({unit})")
    axes.set_ylabel(f"calls per hour, by {clock(step)}")
    axes.set_title(
        f"Schedule: {schedule.expected:,.0f} calls expected, {len(schedule):,} intended", loc="left"
    )
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False)


def clock(seconds: float) -> str:
    """Format seconds as minutes and seconds, or with hours: `1:30`, `2:00:00`."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
