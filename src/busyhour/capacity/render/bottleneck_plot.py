"""Plot of a forecast: the schedule, and the volume at which each limit binds with the plan as a line."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from busyhour.capacity.render import schedule_plot
from busyhour.figure_text import any_script, label

if TYPE_CHECKING:
    from busyhour.capacity.forecast.limits import LimitForecast
    from busyhour.capacity.forecast.model import Forecast
    from busyhour.scenarios.traffic_plan.arrivals import Schedule

_COLOURS = {
    "quota": "#2b6cb0",
    "setting": "#6b7280",
    "staffing": "#b7791f",
    "partition": "#7c3aed",
    "external": "#0f766e",
}


FORMS = ("svg", "png")


def picture(found: Forecast, schedule: Schedule, form: str = "svg") -> bytes:
    """Draw the schedule, and below it the limits of its forecast.

    Args:
        found: the forecast.
        schedule: of the same scenario.
        form: one of FORMS.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    rows = [row for row in found.limits if 0 < row.calls_per_hour < math.inf]
    heights = (2.6, 1.2 + 0.42 * max(len(rows), 1))
    figure = Figure(figsize=(9, sum(heights)), layout="constrained")
    (FigureCanvasSVG if form == "svg" else FigureCanvasAgg)(figure)
    upper, lower = figure.subplots(2, height_ratios=heights)
    schedule_plot.draw(upper, schedule)
    _limits(lower, found, rows)
    for axes in (upper, lower):
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    out = io.BytesIO()
    # No date in the file: the same forecast gives the same bytes.
    with any_script():
        figure.savefig(out, format=form, metadata={"Date": None} if form == "svg" else None)
    return out.getvalue()


def _limits(axes: Any, found: Forecast, rows: Sequence[LimitForecast]) -> None:
    """Draw the volume at which each limit binds, on a logarithmic scale."""
    from matplotlib.patches import Patch

    names = [label(f"{row.name} = {row.value:g}") for row in rows]
    volumes = [row.calls_per_hour for row in rows]
    axes.barh(range(len(rows)), volumes, color=[_COLOURS[row.kind] for row in rows])
    axes.set_yticks(range(len(rows)), names)
    axes.invert_yaxis()
    if rows:
        axes.set_xscale("log")
        # Space for the figures at the ends of the bars.
        low, high = min(*volumes, found.calls_per_hour or volumes[0]), max(*volumes, found.calls_per_hour)
        axes.set_xlim(low / 3, high * (high / low) ** 0.2 * 2)
    for place, volume in enumerate(volumes):
        axes.annotate(
            f"{volume:,.0f}",
            (volume, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
    if found.calls_per_hour > 0:
        axes.axvline(found.calls_per_hour, color="#c53030", linewidth=1.5, zorder=1.5)
    axes.set_xlabel("calls per hour at which it binds (1 % rejected)")
    axes.set_title(
        f"{label(found.scenario)}: plan {found.calls_per_hour:,.0f} calls/h (red line)", loc="left"
    )
    used = {row.kind for row in rows}
    if used:
        axes.legend(
            handles=[Patch(color=c, label=k) for k, c in _COLOURS.items() if k in used], loc="upper right"
        )
