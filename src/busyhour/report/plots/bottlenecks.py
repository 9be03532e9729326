"""The list of limits as a drawing: the volume at which each binds, on a logarithmic scale, with the plan as a line."""

from __future__ import annotations

from busyhour.figure_text import label
from busyhour.report.figures import number
from busyhour.report.plots.time_series import BAD, GRID, INK, PAPER, Plot, as_plot
from busyhour.report.sections import limits
from busyhour.results.record import RunRecord

_COLOURS = {
    "AWS quota": "#2563eb",
    "setting of the scenario": "#6b7280",
    "staffing": "#b45309",
    "table partition": "#7c3aed",
    "system behind the functions": "#0f766e",
}
_PLAN = BAD
_WIDTH = 46
"""Characters of a name beside its bar."""


def bottleneck_plot(record: RunRecord) -> list[Plot]:
    """Bars by volume, lowest first; none where the record has no list of limits or no volume reaches one."""
    lines = [line for line in limits.limit_lines(record) if line.volume is not None and line.volume > 0]
    if not lines:
        return []
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    plan = limits.planned_volume(record)
    figure = Figure(figsize=(9, 1.1 + 0.34 * len(lines)), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    volumes = [line.volume or 0.0 for line in lines]
    low = min([*volumes, plan] if plan else volumes)
    high = max([*volumes, plan])
    axes.barh(range(len(lines)), volumes, color=[_COLOURS.get(line.kind, INK) for line in lines], height=0.62)
    axes.set_yticks(range(len(lines)), [label(_label(line.name, line.value)) for line in lines])
    axes.invert_yaxis()
    axes.set_xscale("log")
    # Room at the right for the longest figure, which takes a sixth of the width.
    axes.set_xlim(low / 3, high * max(2.0, (3 * high / low) ** 0.2))
    axes.xaxis.set_major_formatter(lambda value, _: _tick(value))
    for place, line in enumerate(lines):
        axes.annotate(
            label(line.volume_text),
            (volumes[place], place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=INK,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.5},
        )
    if plan:
        axes.axvline(plan, color=_PLAN, linewidth=1.4, linestyle=(0, (6, 3)))
    axes.set_xlabel("calls per hour at which it rejects more than is tolerated", color=INK, fontsize=9)
    axes.tick_params(colors=INK, labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_color(GRID)
    used = dict.fromkeys(line.kind for line in lines)
    handles = [Patch(color=_COLOURS.get(kind, INK), label=label(kind)) for kind in used]
    if plan:
        handles.append(Patch(color=_PLAN, label=f"plan: {number(float(round(plan)))} calls/h"))
    axes.legend(
        handles=handles,
        fontsize=8,
        frameon=False,
        labelcolor=INK,
        ncols=4,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.2,
    )
    description = "Limits, calls per hour at which each binds: " + "; ".join(
        f"{line.name} {line.volume_text}" for line in lines
    )
    return [
        as_plot(
            "Limits in the order in which growing volume reaches them",
            figure,
            f"{description}. Plan: {number(plan)}.",
        )
    ]


def _tick(value: float) -> str:
    """A power of ten: millions in short, so that neighbours have room."""
    if value >= 1e6:
        return f"{value / 1e6:,.0f} M"
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _label(name: str, value: str) -> str:
    short = name if len(name) <= _WIDTH else name[: _WIDTH - 1].rstrip() + "…"
    return f"{short} = {value}"
