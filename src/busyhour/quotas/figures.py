"""Format figures for readers."""

from __future__ import annotations

import math


def number(value: float) -> str:
    """Format a quota's value: thousands separated, no needless decimals."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"


def volume(calls_per_hour: float | None, half_width: float | None = 0.0) -> str:
    """Format a volume: "never" for None or infinity, with the half-width of its 95 % interval if sampled.

    Args:
        calls_per_hour: the volume.
        half_width: of its interval; 0 if exact, None or infinite if it could not be estimated.
    """
    if calls_per_hour is None or math.isinf(calls_per_hour):
        return "never"
    text = f"{calls_per_hour:,.0f}" if calls_per_hour >= 10 else f"{calls_per_hour:.4g}"
    if half_width is None or not math.isfinite(half_width):
        return f"about {text}"
    if half_width < 0.5 and calls_per_hour >= 10:
        return text
    return (
        f"{text} ± {half_width:,.0f}"
        if half_width >= 10
        else f"{text} ± {half_width:.2g}"
        if half_width
        else text
    )


def tolerance(share: float) -> str:
    """Format a share that may be rejected: per cent, below 0.1 % as one of N first attempts; "none" for 0."""
    if share <= 0:
        return "none"
    return f"{share * 100:.3g} %" if share >= 0.001 else f"1 of {1.0 / share:,.0f}"
