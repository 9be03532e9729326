"""Format differences as single lines of plain text, for every format."""

from __future__ import annotations

import math

from busyhour.flowdiff.report import CoverageChange, DemandChange, LimitChange
from busyhour.results.entries import FlowCoverage

_SHORT = 160


def shortened(words: str | None) -> str:
    """Shorten one side of a change to fit a table."""
    words = words or ""
    return words if len(words) <= _SHORT else words[: _SHORT - 3] + "..."


def coverage_line(one: CoverageChange) -> str:
    """Format the branches of a flow that a search takes, before and after."""

    def side(found: FlowCoverage | None) -> str:
        if found is None:
            return "no such flow"
        beyond = found.branches - found.coverable
        more = f", {beyond} that no call can take" if beyond else ""
        return f"{found.taken} of {found.coverable} branches taken{more}"

    return f"{one.flow}: {side(one.before)} -> {side(one.after)}"


def demand_line(one: DemandChange) -> str:
    """Format a quantity of one call, before and after."""
    share = f", {one.relative:+.0%}" if one.relative is not None else ""
    return f"{one.name}: {one.before:.3g} -> {one.after:.3g} ({one.after - one.before:+.2g}{share})"


def limit_line(one: LimitChange) -> str:
    """Format the volume at which a quota binds, before and after."""
    if not (math.isfinite(one.before) and math.isfinite(one.after) and one.before):
        return f"{one.name} binds at {_volume(one.after)}, before at {_volume(one.before)}"
    change = one.after / one.before - 1.0
    words = "less" if change < 0 else "more"
    return f"{one.name} binds at {_volume(one.after)}, before at {_volume(one.before)}: {abs(change):.0%} {words} headroom"


def _volume(calls_per_hour: float) -> str:
    return f"{calls_per_hour:,.0f} calls/h" if math.isfinite(calls_per_hour) else "no volume"
