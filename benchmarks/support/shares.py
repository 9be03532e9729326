"""A share that was counted, with its interval."""

from __future__ import annotations

from scipy.stats import beta


def interval(seen: int, count: int) -> tuple[float, float]:
    """95 % interval of a share (Clopper and Pearson 1934)."""
    low = float(beta.ppf(0.025, seen, count - seen + 1)) if seen else 0.0
    high = float(beta.ppf(0.975, seen + 1, count - seen)) if seen < count else 1.0
    return low, high


def in_words(seen: int, count: int) -> str:
    """The share and its interval in per cent."""
    low, high = interval(seen, count)
    return f"{seen / count:.0%} ({low:.0%} to {high:.0%})"
