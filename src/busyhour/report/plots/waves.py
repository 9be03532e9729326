"""Demand over the dates of a migration, as a share of each present value: where a line crosses 100 %, it is too low."""

from __future__ import annotations

from datetime import date
from typing import Any

from busyhour.figure_text import label
from busyhour.quotas import shares
from busyhour.report.figures import share
from busyhour.report.plots.time_series import BAD, INK, PALETTE, Plot, as_plot, frame
from busyhour.results.record import RunRecord

_COLOURS = tuple(colour for colour in PALETTE if colour != BAD)
_SHOWN = 5
_STYLES = ("-", "--", "-.", ":", (0, (3, 1, 1, 1, 1, 1)))


def wave_plot(record: RunRecord) -> list[Plot]:
    """Steps by date of the quotas that get tightest; none without waves."""
    waves = (record.forecast.get("waves") or {}).get("waves") or []
    lines = _lines(waves)
    if not lines:
        return []
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    dates = [str(wave["date"]) for wave in waves]
    days = [date.fromisoformat(text).toordinal() for text in dates]
    end = days[-1] + max(7, (days[-1] - days[0]) // 4)
    figure = Figure(figsize=(9, 3), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    for index, (name, used) in enumerate(lines):
        axes.step(
            [*days, end],
            [*used, used[-1]],
            where="post",
            color=_COLOURS[index],
            linestyle=_STYLES[index],
            linewidth=1.6,
            label=label(name if len(name) <= 40 else name[:39].rstrip() + "…"),
        )
    axes.axhline(1.0, color=BAD, linewidth=1.1, linestyle=(0, (6, 3)), label="present value")
    if max(max(used) for _, used in lines) > 3:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}" if value >= 0.01 else f"{value:.2%}")
    axes.set_xticks(
        days, [f"{text}\n{label(wave['name'][:18])}" for text, wave in zip(dates, waves, strict=True)]
    )
    axes.set_ylabel(shares.NEEDED, color=INK, fontsize=9)
    axes.tick_params(colors=INK, labelsize=8)
    axes.tick_params(axis="y", which="minor", labelleft=False)
    frame(axes, columns=2)
    words = "; ".join(f"{name} {share(used[0])} at first, {share(used[-1])} at last" for name, used in lines)
    return [
        as_plot(
            "Demand of the waves against present values",
            figure,
            f"Needed by each wave as a share of the present value, from {dates[0]} to {dates[-1]}: {words}.",
        )
    ]


def _lines(waves: list[dict[str, Any]]) -> list[tuple[str, list[float]]]:
    """The quotas with the highest share at the last wave; those with a value of 0 have no share."""
    if not waves:
        return []
    used = {
        need["key"]: (need["name"], [_used(wave, need["key"]) for wave in waves])
        for need in waves[-1]["needs"]
        if need["used"]
    }
    found = [(name, values) for name, values in used.values() if all(value > 0 for value in values)]
    return sorted(found, key=lambda line: -line[1][-1])[:_SHOWN]


def _used(wave: dict[str, Any], key: str) -> float:
    return next((float(need["used"] or 0.0) for need in wave["needs"] if need["key"] == key), 0.0)
