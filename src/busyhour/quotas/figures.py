"""Figures as people read them."""

from __future__ import annotations


def number(value: float) -> str:
    """A quota's value: thousands apart, no needless decimals."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"


def tolerance(share: float) -> str:
    """A share that may be rejected: per cent, below 0.1 % as one of so many first attempts; "none" for 0."""
    if share <= 0:
        return "none"
    return f"{share * 100:.3g} %" if share >= 0.001 else f"1 of {1.0 / share:,.0f}"
