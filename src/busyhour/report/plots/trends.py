"""Metrics over the nights of the history, with the levels before and after each change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from busyhour.figure_text import label
from busyhour.report.plots.time_series import BAD, INK, PALETTE, PAPER, Plot, as_plot, frame
from busyhour.report.sections.trends import change_size, day, drawn, value
from busyhour.results.record import RunRecord

_TICKS = 8


def trend_plots(record: RunRecord) -> list[Plot]:
    """A drawing for each metric of `drawn`; none where the record has no nights."""
    nights, changes = record.trends.get("nights") or [], record.trends.get("changes") or []
    return [
        _plot(metric, nights, [one for one in changes if one["metric"] == metric["name"]])
        for metric in drawn(record)
    ]


def _plot(
    metric: Mapping[str, Any], nights: Sequence[Mapping[str, Any]], changes: Sequence[Mapping[str, Any]]
) -> Plot:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    line, unit = [math.nan if one is None else one for one in metric["values"]], metric["unit"]
    figure = Figure(figsize=(9, 2.6), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    places = range(len(line))
    axes.plot(places, line, "-o", color=PALETTE[0], linewidth=1.2, markersize=3.5, label="each night")
    worse = [at for at, night in enumerate(nights) if _fails(night, metric["name"])]
    if worse:
        axes.plot(
            worse,
            [line[at] for at in worse],
            "x",
            color=BAD,
            markersize=8,
            markeredgewidth=1.8,
            label="regressed",
        )
    edges = [0, *(one["index"] for one in changes), len(line)]
    if changes:
        levels = [changes[0]["before"], *(one["after"] for one in changes)]
        for level, start, end in zip(levels, edges, edges[1:], strict=False):
            shown = "level" if start == 0 else "_"  # matplotlib leaves what begins so out of the legend
            axes.hlines(
                level, start - 0.4, end - 0.6, color=PALETTE[1], linewidth=2.2, linestyle="--", label=shown
            )
    for one in changes:
        axes.axvline(one["index"] - 0.5, color=BAD, linewidth=1.0, linestyle=":")
        axes.annotate(
            f"{change_size(one) or 'changed'} from {day(one)}",
            (one["index"] - 0.5, 1),
            xycoords=("data", "axes fraction"),
            xytext=(4, -10),
            textcoords="offset points",
            fontsize=8,
            color=INK,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.5},
        )
    known = [one for one in line if not math.isnan(one)]
    low, high = min(known), max(known)
    room = (high - low) * 0.18 or abs(high) * 0.1 or 1.0
    axes.set_ylim(max(0.0, low - room) if low >= 0 else low - room, high + room * 1.8)
    step = max(1, -(-len(line) // _TICKS))
    ticks = list(places)[::step]
    axes.set_xticks(ticks, [day(nights[at])[5:] for at in ticks])
    axes.set_xlim(-0.6, len(line) - 0.4)
    axes.yaxis.set_major_formatter(lambda one, _: f"{one:.2%}" if unit == "share" else f"{one:,.4g}")
    axes.set_ylabel(label("" if unit == "share" else unit), color=INK, fontsize=9)
    axes.set_xlabel("night (month-day)", color=INK, fontsize=9)
    axes.tick_params(colors=INK, labelsize=8)
    frame(axes, columns=3)
    return as_plot(f"Trend of {metric['name']}", figure, _in_words(metric, nights, changes))


def _fails(night: Mapping[str, Any], metric: str) -> bool:
    """Whether the comparison of a night found this metric to fail; of any metric, where the record does not name them."""
    failed = night.get("failed")
    return bool(night["regressed"]) if failed is None else metric in failed


def _in_words(
    metric: Mapping[str, Any], nights: Sequence[Mapping[str, Any]], changes: Sequence[Mapping[str, Any]]
) -> str:
    """The drawing in words."""
    line, unit = [one for one in metric["values"] if one is not None], metric["unit"]
    sentences = [
        f"{metric['name']} over {len(nights)} nights, {day(nights[0])} to {day(nights[-1])}: "
        f"between {value(min(line), unit)} and {value(max(line), unit)}, last {value(line[-1], unit)}"
    ]
    sentences += [
        f"from {day(one)} on {value(one['after'], unit)} instead of {value(one['before'], unit)}"
        for one in changes
    ]
    return "; ".join(sentences if changes else [*sentences, "no change found"]) + "."
