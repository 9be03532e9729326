"""Figures as people read them."""

from __future__ import annotations


def number(value: float) -> str:
    """A quota's value: thousands apart, no needless decimals."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"
