"""Format figures of the simulated queues with their 95 % intervals, for forecast and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

COLUMNS = ("queue", "agents", "offered", "service level", "abandoned", "mean wait", "largest", "occupancy")


def caption(runs: int) -> str:
    """Return the heading of the table."""
    return f"Queues, simulated in {runs} run{'s' if runs != 1 else ''}, with 95 % intervals; largest: of all runs"


def cells(queue: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return value and interval of each column; the interval is empty if the figure cannot have one.

    Args:
        queue: a member of `forecast.queues`, or a `QueueForecast` as a dict.
    """
    around: Mapping[str, Any] = queue.get("intervals") or {}

    def sampled(name: str, printed: Callable[[float], str], unit: str = "") -> tuple[str, str]:
        value, bounds = queue.get(name), around.get(name)
        if value is None:
            return "", ""
        if bounds is None:
            return f"{printed(value)}{unit}", "(no interval)"
        return f"{printed(value)}{unit}", f"({printed(bounds['low'])} to {printed(bounds['high'])})"

    agents = queue.get("agents")
    return [
        (str(queue["name"]), ""),
        ("as needed" if agents is None else str(agents), ""),
        sampled("offered", figure),
        sampled("service_level", _percent),
        sampled("abandoned_share", _percent),
        sampled("mean_wait", "{:.1f}".format, " s"),
        (str(queue["largest_size"]), ""),
        sampled("occupancy", _percent),
    ]


def figure(value: float) -> str:
    """Format with three significant digits, whole numbers in full."""
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _percent(value: float) -> str:
    return f"{value:.1%}"
