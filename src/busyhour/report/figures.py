"""Figures of a report in words, and the names of the columns that several tables share."""

from __future__ import annotations

from datetime import datetime

NOT_MEASURED = "not measured"
PRESENT, NEEDED, PEAK = "Present value", "Needed", "Measured peak"
"""Column headings of the amounts that `quotas.shares` divides: one name each, in every table of every format."""


def to_second(time: str) -> str:
    """An ISO 8601 time for people; what cannot be read is returned as it is."""
    try:
        return datetime.fromisoformat(time).strftime("%Y-%m-%d %H:%M:%S %Z").strip()
    except ValueError:
        return time


def number(value: float | None, unit: str = "") -> str:
    """A value as people write it: thousands separated, at most four significant digits, then the unit."""
    if value is None:
        return NOT_MEASURED
    if value == int(value) and abs(value) < 1e15:
        text = f"{int(value):,}"
    elif abs(value) >= 1000:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.4g}"
    return f"{text} {unit}" if unit and unit != "count" else text


def share(value: float | None) -> str:
    """A share (0 to 1) as per cent."""
    if value is None:
        return NOT_MEASURED
    return f"{value:.0%}" if value == 0 or abs(value) >= 0.1 else f"{value:.2%}"


def milliseconds(value: float | None) -> str:
    """A latency in ms: below 10 s in milliseconds, above in seconds."""
    if value is None:
        return NOT_MEASURED
    if value == 0:
        return "0 ms"
    if value >= 10_000:
        return f"{value / 1000:,.1f} s"
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.2g} ms"


def multiple(factor: float) -> str:
    """A multiple of something: two significant digits."""
    return f"{factor:,.0f}" if factor >= 100 else f"{factor:.2g}"


def clock(seconds: float | None) -> str:
    """Seconds from the start of the run as m:ss; empty for None."""
    if seconds is None:
        return ""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
