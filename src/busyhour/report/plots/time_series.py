"""Time series of a run as SVG, drawn by matplotlib, in the page's own colours (light and dark).

matplotlib writes fixed colours; the two that stand for text and grid are replaced by CSS variables afterwards, so
that one drawing serves both colour schemes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from busyhour.figure_text import any_script, label
from busyhour.printable import printable
from busyhour.results.entries import Series
from busyhour.results.record import RunRecord

INK, GRID, PAPER = "#010203", "#040506", "#070809"
"""Stand-ins for the page's colours of text, grid and ground while matplotlib draws."""
BAD = "#dc2626"
_VARIABLES = {INK: "var(--ink)", GRID: "var(--grid)", PAPER: "var(--paper)", BAD: "var(--bad)"}
PALETTE = ("#2563eb", "#d97706", "#059669", "#c026d3", "#dc2626", "#0891b2", "#7c3aed", "#65a30d")
"""Distinguishable on white and on near-black, and by people who see no red or green when read with the line styles."""
_LEGEND_CHARACTERS = 120
"""About as many fit beside each other above the drawing, lines and gaps included."""
_STYLES = ("-", "--", "-.", ":")


@dataclass(frozen=True, slots=True)
class Limit:
    """A horizontal line with its name: a quota, an objective."""

    value: float
    name: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing with its title and a sentence for those who cannot see it."""

    title: str
    svg: str
    description: str


def line_plot(
    title: str,
    series: Sequence[Series],
    *,
    unit: str,
    limits: Sequence[Limit] = (),
    marks: Mapping[str, float] | None = None,
    labels: Mapping[str, str] | None = None,
    log: bool = False,
) -> Plot | None:
    """Draw `series` over the time of the run; None when none of them has a value.

    Args:
        title: heading, also of the drawing's text alternative.
        series: values over seconds from the start.
        unit: of the vertical axis.
        limits: horizontal lines, drawn when they are within sight of the data.
        marks: vertical lines by name, at seconds from the start.
        labels: legend text by series name.
        log: logarithmic vertical axis, for latencies.
    """
    shown = [s for s in series if any(v is not None for v in s.v)]
    if not shown:
        return None
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    top = max(v for s in shown for v in s.v if v is not None)
    for index, one in enumerate(shown):
        axes.plot(
            one.t,
            [float("nan") if v is None else v for v in one.v],
            _STYLES[index // len(PALETTE) % len(_STYLES)]
            if len(shown) > len(PALETTE)
            else _STYLES[index % 2],
            color=PALETTE[index % len(PALETTE)],
            linewidth=1.4,
            label=label((labels or {}).get(one.name, one.name)),
        )
    drawn = [limit for limit in limits if limit.value <= max(top, 1e-9) * 4]
    for limit in drawn:
        axes.axhline(
            limit.value,
            color=BAD,
            linewidth=1.1,
            linestyle=(0, (6, 3)),
            label=label(f"{limit.name}: {limit.value:g}"),
        )
    for place, (name, at) in enumerate((marks or {}).items()):
        axes.axvline(at, color=BAD, linewidth=1.0, linestyle=":")
        axes.annotate(
            label(name),
            (at, 0),
            xycoords=("data", "axes fraction"),
            xytext=(4, 4 + 11 * place),
            textcoords="offset points",
            fontsize=8,
            color=BAD,
        )
    if log and top > 0:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:.0e}"[0] in "25" else "")
    else:
        axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds from the start", color=INK, fontsize=9)
    axes.set_ylabel(label(unit), color=INK, fontsize=9)
    axes.grid(color=GRID, linewidth=0.6)
    axes.tick_params(colors=INK, labelsize=8)
    for spine in axes.spines.values():
        spine.set_color(GRID)
    longest = max(len(str(text)) for text in axes.get_legend_handles_labels()[1])
    axes.legend(
        fontsize=8,
        frameon=False,
        labelcolor=INK,
        ncols=max(1, min(4, _LEGEND_CHARACTERS // (longest + 6))),
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.2,
    )
    peak = max(shown, key=lambda s: max((v for v in s.v if v is not None), default=0.0))
    description = (
        f"{title}: highest value {top:,.4g} {unit} ({(labels or {}).get(peak.name, peak.name)})"
        + "".join(f"; {limit.name} is {limit.value:g}" for limit in limits)
    )
    return as_plot(title, figure, description)


def frame(axes: Any, columns: int) -> None:
    """Grid, frame and a legend of `columns` columns above the drawing, in the page's colours."""
    axes.grid(color=GRID, linewidth=0.6)
    for spine in axes.spines.values():
        spine.set_color(GRID)
    axes.legend(
        fontsize=8,
        frameon=False,
        labelcolor=INK,
        ncols=columns,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.2,
    )


def as_plot(title: str, figure: Any, description: str) -> Plot:
    """A matplotlib figure as a drawing of the page: its colours, a text alternative, the same bytes every time."""
    import matplotlib as mpl

    page, title, description = io.StringIO(), printable(title), printable(description)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": title}), any_script():
        figure.savefig(page, format="svg", transparent=True, metadata={"Date": None})
    return Plot(title, _own_colours(page.getvalue(), title, description), description)


def _own_colours(svg: str, title: str, description: str) -> str:
    """Drop the XML prologue, give the drawing a text alternative and put CSS variables for ink and grid.

    Identifiers get the drawing's own prefix: several drawings stand in one page, where each must be there once.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r"^<svg ([^>]*)>",
        lambda m: f'<svg role="img" aria-label="{_escaped(description)}" {m[1]}>',
        svg,
        count=1,
    )
    svg = re.sub(r'(<svg [^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", svg, count=1)
    own = re.sub(r"\W+", "-", title.lower()).strip("-")
    svg = re.sub(r'\bid="', f'id="{own}-', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{own}-", svg)
    for fixed, variable in _VARIABLES.items():
        svg = svg.replace(fixed, variable)
    return svg


def on_paper(plot: Plot) -> str:
    """The drawing with fixed colours, for a white page."""
    fixed = {
        "var(--bad)": "#b91c1c",
        "var(--ink)": "#1b2430",
        "var(--grid)": "#d5dae1",
        "var(--paper)": "#ffffff",
    }
    return re.sub(r"var\(--\w+\)", lambda m: fixed[m[0]], plot.svg)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def concurrent_calls(record: RunRecord) -> list[Plot]:
    """Calls in progress over the run, with the quota where it is within sight."""
    quotas = [q for q in record.quotas if q.key == "connect.concurrent-active-calls-per-instance"]
    plot = line_plot(
        "Concurrent calls",
        _named(record, "calls in progress", "ConcurrentCalls"),
        unit="calls",
        limits=[Limit(q.value, f"quota, {q.origin}") for q in quotas],
        marks=_marks(record),
    )
    return [] if plot is None else [plot]


def traffic(record: RunRecord) -> list[Plot]:
    """The run over time: arrivals, latency, rejections and failures, queues, executions, table throughput."""

    def pick(*names: str) -> list[Series]:
        return [s for s in record.series if s.name.startswith(names)]

    failed = ("throttles", "limit errors", "errors", "ThrottledCalls", "CallsBreachingConcurrencyQuota")
    waiting = ("QueueSize", "LongestQueueWaitTime", "calls waiting")
    plots = [
        line_plot(
            "Arrivals, planned and started", pick("arrivals planned", "arrivals started"), unit="calls/s"
        ),
        line_plot("Latency from the intended start", pick("latency p"), unit="ms", log=True),
        line_plot("Rejected and failed", _named(record, *failed), unit="requests/s", marks=_marks(record)),
        line_plot("Waiting in queue", pick(*waiting), unit="contacts, s"),
        line_plot(
            "Concurrent Lambda executions", pick("ConcurrentExecutions", "concurrency:"), unit="executions"
        ),
        line_plot("Table throughput", pick("Consumed"), unit="units/s"),
    ]
    return [plot for plot in plots if plot is not None]


def _named(record: RunRecord, *names: str) -> list[Series]:
    return [series for series in record.series if series.name in names]


def _marks(record: RunRecord) -> dict[str, float]:
    """When each quota began to reject, in seconds from the start."""
    return {
        f"{quota.name.split(' per ')[0]} bound": quota.first_rejected_at
        for quota in record.quotas
        if quota.first_rejected_at is not None
    }
