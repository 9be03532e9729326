"""The comparison of two versions of flows as text, Markdown, JSON and HTML."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from busyhour.flowdiff.diff import NOTICED, Change
from busyhour.flowdiff.report import CoverageChange, DemandChange, FlowComparison, RungChange
from busyhour.results.codec import encode
from busyhour.results.record import FlowCoverage

_SHORT = 160


def text(found: FlowComparison) -> str:
    """For a terminal."""
    lines = [f"{found.old} -> {found.new}", ""]
    flow = None
    for change in found.changes:
        if change.flow != flow:
            flow = change.flow
            lines.append(flow)
        lines.append(f"  {change.kind:<8} {_change(change)}")
    if found.changes:
        lines.append("")
    lines += [f"New finding: {finding}" for finding in found.new_findings]
    lines += [f"Gone finding: {finding}" for finding in found.gone_findings]
    lines += [f"Branch coverage: {coverage_line(one)}" for one in found.coverage]
    if found.scenario:
        lines += ["", f"Demand of one call ({found.scenario}):"]
        lines += [f"  {demand_line(one)}" for one in found.demand] or ["  no difference"]
        lines += [f"  {rung_line(one)}" for one in found.rungs]
    lines += [f"Note: {note}" for note in found.notes]
    return "\n".join([*lines, found.summary]) + "\n"


def _change(change: Change) -> str:
    place = f"{change.action}: " if change.action else ""
    if change.before is None:
        return f"{place}{change.what} is new" + (f": {shortened(change.after)}" if change.after else "")
    if change.after is None:
        return f"{place}{change.what} is gone" + (f": {shortened(change.before)}" if change.before else "")
    return f"{place}{change.what}: {shortened(change.before)} -> {shortened(change.after)}"


def shortened(words: str | None) -> str:
    """One side of a change, not longer than a table can take."""
    words = words or ""
    return words if len(words) <= _SHORT else words[: _SHORT - 3] + "..."


def coverage_line(one: CoverageChange) -> str:
    """Branches of a flow that a search takes, before and after."""

    def side(found: FlowCoverage | None) -> str:
        if found is None:
            return "no such flow"
        beyond = found.branches - found.coverable
        more = f", {beyond} that no call can take" if beyond else ""
        return f"{found.taken} of {found.coverable} branches taken{more}"

    return f"{one.flow}: {side(one.before)} -> {side(one.after)}"


def demand_line(one: DemandChange) -> str:
    """A quantity of one call, before and after."""
    share = f", {one.relative:+.0%}" if one.relative is not None else ""
    return f"{one.name}: {one.before:.3g} -> {one.after:.3g} ({one.after - one.before:+.2g}{share})"


def rung_line(one: RungChange) -> str:
    """At what volume a quota binds, before and after."""
    if not (math.isfinite(one.before) and math.isfinite(one.after) and one.before):
        return f"{one.name} binds at {_volume(one.after)}, before at {_volume(one.before)}"
    change = one.after / one.before - 1.0
    words = "less" if change < 0 else "more"
    return f"{one.name} binds at {_volume(one.after)}, before at {_volume(one.before)}: {abs(change):.0%} {words} headroom"


def _volume(calls_per_hour: float) -> str:
    return f"{calls_per_hour:,.0f} calls/h" if math.isfinite(calls_per_hour) else "no volume"


def markdown(found: FlowComparison) -> str:
    """For a pull request: what callers may notice first."""
    lines = [f"### Flows: {_cell(found.summary)}", ""]
    for title, wanted in (("Callers may notice", True), ("Settings", False)):
        rows = [change for change in found.changes if (change.kind in NOTICED) is wanted]
        if rows:
            lines += [
                f"**{title}**",
                "",
                "| flow | | action | what | before | after |",
                "|---|---|---|---|---|---|",
            ]
            lines += [
                f"| {_cell(c.flow)} | {c.kind} | {_cell(c.action)} | {_cell(c.what)} | {_side(c.before)} | {_side(c.after)} |"
                for c in rows
            ]
            lines.append("")
    lines += [f"- New finding: {_cell(finding)}" for finding in found.new_findings]
    lines += [f"- Gone finding: {_cell(finding)}" for finding in found.gone_findings]
    lines += [f"- Branch coverage: {_cell(coverage_line(one))}" for one in found.coverage]
    if found.scenario:
        lines += ["", f"**Demand of one call** ({_cell(found.scenario)})", ""]
        lines += [f"- {_cell(demand_line(one))}" for one in found.demand] or ["- no difference"]
        lines += [f"- {_cell(rung_line(one))}" for one in found.rungs]
    lines += ["", *(f"- {_cell(note)}" for note in found.notes)] if found.notes else []
    return "\n".join(lines) + "\n"


def _side(words: str | None) -> str:
    return "" if words is None else _cell(shortened(words)) or "yes"


def _cell(words: str) -> str:
    return words.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def as_json(found: FlowComparison) -> str:
    """All of it but the flows themselves."""
    data = {"summary": found.summary, **encode(replace(found, pairs=[]))}
    del data["pairs"]
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _page(found: FlowComparison) -> str:
    from busyhour.flowdiff.page import html

    return html(found)


RENDERERS: Mapping[str, Callable[[FlowComparison], str]] = {
    "text": text,
    "markdown": markdown,
    "json": as_json,
    "html": _page,
}
