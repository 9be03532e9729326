"""The trends section: metrics over the nights of the history, where they changed, and what else changed that night."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from busyhour.report.plots.time_series import BAD, INK, PALETTE, PAPER, Plot, as_plot, frame
from busyhour.report.sections.run import milliseconds, number, share
from busyhour.results.record import RunRecord

ALWAYS = ("latency p95: ", "time in flow mean", "Lambda invocations per call", "throttle rate")
"""Metrics that are drawn whether they changed or not, the first of each; those that changed come before."""
MOST_PLOTS = 8
_TICKS = 8


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change point as a reader sees it."""

    night: str
    run_id: str
    metric: str
    before: str
    after: str
    size: str
    beside: tuple[str, ...]
    by: str = ""
    """How it is known, where it is not a change point."""


@dataclass(frozen=True, slots=True)
class Trends:
    """The section."""

    nights: int
    first: str
    last: str
    changes: tuple[ChangeLine, ...]
    plots: tuple[Plot, ...]
    early: int = 0
    """How many of the newest nights are too recent for change points."""


def trends(record: RunRecord) -> Trends | None:
    """The section of a record; None where it has no nights to show."""
    data = record.trends
    nights = data.get("nights") or []
    if len(nights) < 2:
        return None
    changes = data.get("changes") or []
    return Trends(
        nights=len(nights),
        first=_day(nights[0]),
        last=_day(nights[-1]),
        changes=tuple(_line(one) for one in reversed(changes)),
        plots=tuple(
            _plot(metric, nights, [one for one in changes if one["metric"] == metric["name"]])
            for metric in _shown(data.get("metrics") or [], changes, nights[-1].get("failed") or [])
        ),
        early=int(data.get("early") or 0),
    )


def _shown(
    metrics: Sequence[Mapping[str, Any]], changes: Sequence[Mapping[str, Any]], failed: Sequence[str]
) -> list[Any]:
    """Those that failed in the last night or changed, the newest change first, one quantile of a latency; then others."""
    by_name = {metric["name"]: metric for metric in metrics}
    names = [one for one in failed if one in by_name]
    names += [one["metric"] for one in reversed(changes) if one["metric"] in by_name]
    chosen: dict[str, str] = {}
    for name in names:
        what = _what(name)
        if what not in chosen or name.startswith(ALWAYS[0]):
            chosen[what] = name
    for start in ALWAYS:
        for name in [name for name in by_name if name.startswith(start)][:1]:
            chosen.setdefault(_what(name), name)
    return [by_name[name] for name in list(chosen.values())[:MOST_PLOTS]]


def _what(name: str) -> str:
    """What a metric is about: all quantiles of a latency are about the same."""
    return name.partition(": ")[2] if name.startswith("latency p") else name


def _line(one: Mapping[str, Any]) -> ChangeLine:
    unit, relative = one["unit"], one["relative"]
    step = one["after"] - one["before"]
    size = f"{relative:+.0%}" if relative is not None else f"{step * 100:+.1f} pp" if unit == "share" else ""
    return ChangeLine(
        night=str(one["started"])[:10],
        run_id=one["run_id"],
        metric=one["metric"],
        before=_value(one["before"], unit),
        after=_value(one["after"], unit),
        size=size,
        beside=tuple(one["beside"]),
        by={"compare": "found when it was compared"}.get(str(one.get("by")), ""),
    )


def _value(value: float, unit: str) -> str:
    if unit == "share":
        return share(value)
    return milliseconds(value) if unit == "ms" else number(float(f"{value:.4g}"), unit)


def _day(night: Mapping[str, Any]) -> str:
    return str(night["started"])[:10]


def _plot(
    metric: Mapping[str, Any], nights: Sequence[Mapping[str, Any]], changes: Sequence[Mapping[str, Any]]
) -> Plot:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    line, unit = [math.nan if value is None else value for value in metric["values"]], metric["unit"]
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
            label = "level" if start == 0 else "_"  # matplotlib leaves what begins so out of the legend
            axes.hlines(
                level, start - 0.4, end - 0.6, color=PALETTE[1], linewidth=2.2, linestyle="--", label=label
            )
    for one in changes:
        axes.axvline(one["index"] - 0.5, color=BAD, linewidth=1.0, linestyle=":")
        axes.annotate(
            f"{_line(one).size or 'changed'} from {_line(one).night}",
            (one["index"] - 0.5, 1),
            xycoords=("data", "axes fraction"),
            xytext=(4, -10),
            textcoords="offset points",
            fontsize=8,
            color=INK,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.5},
        )
    known = [value for value in line if not math.isnan(value)]
    low, high = min(known), max(known)
    room = (high - low) * 0.18 or abs(high) * 0.1 or 1.0
    axes.set_ylim(max(0.0, low - room) if low >= 0 else low - room, high + room * 1.8)
    step = max(1, -(-len(line) // _TICKS))
    ticks = list(places)[::step]
    axes.set_xticks(ticks, [_day(nights[at])[5:] for at in ticks])
    axes.set_xlim(-0.6, len(line) - 0.4)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.2%}" if unit == "share" else f"{value:,.4g}")
    axes.set_ylabel({"share": "", "": ""}.get(unit, unit), color=INK, fontsize=9)
    axes.set_xlabel("night (month-day)", color=INK, fontsize=9)
    axes.tick_params(colors=INK, labelsize=8)
    frame(axes, columns=3)
    return as_plot(f"Trend of {metric['name']}", figure, _told(metric, nights, changes))


def _fails(night: Mapping[str, Any], metric: str) -> bool:
    """Whether the comparison of a night found this metric to fail; of any metric, where the record does not name them."""
    failed = night.get("failed")
    return bool(night["regressed"]) if failed is None else metric in failed


def _told(
    metric: Mapping[str, Any], nights: Sequence[Mapping[str, Any]], changes: Sequence[Mapping[str, Any]]
) -> str:
    """The drawing in words."""
    line, unit = [value for value in metric["values"] if value is not None], metric["unit"]
    said = [
        f"{metric['name']} over {len(nights)} nights, {_day(nights[0])} to {_day(nights[-1])}: "
        f"between {_value(min(line), unit)} and {_value(max(line), unit)}, last {_value(line[-1], unit)}"
    ]
    said += [f"from {one.night} on {one.after} instead of {one.before}" for one in map(_line, changes)]
    return "; ".join(said if changes else [*said, "no change found"]) + "."
