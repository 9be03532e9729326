"""Format the comparison of two versions of flows as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from busyhour.flowdiff.diff import NOTICED, Change
from busyhour.flowdiff.lines import coverage_line, demand_line, limit_line, shortened
from busyhour.flowdiff.page import html
from busyhour.flowdiff.report import FlowComparison
from busyhour.printable import markdown as escaped
from busyhour.printable import printable
from busyhour.results.codec import encode


def text(found: FlowComparison) -> str:
    """Format for a terminal."""
    lines = [f"{found.old} -> {found.new}", ""]
    flow = None
    for change in found.changes:
        if change.flow != flow:
            flow = change.flow
            lines.append(flow)
        lines.append(f"  {change.kind:<8} {_change(change)}")
    if found.changes:
        lines.append("")
    lines += [f"Another {one.kind}: {one}" for one in found.strays]
    lines += [f"New finding: {finding}" for finding in found.new_findings]
    lines += [f"Gone finding: {finding}" for finding in found.gone_findings]
    lines += [f"Branch coverage: {coverage_line(one)}" for one in found.coverage]
    if found.scenario:
        lines += ["", f"Demand of one call ({found.scenario}):"]
        lines += [f"  {demand_line(one)}" for one in found.demand] or ["  no difference"]
        lines += [f"  {limit_line(one)}" for one in found.limits]
    lines += [f"Note: {note}" for note in found.notes]
    return "\n".join(map(printable, [*lines, found.summary])) + "\n"


def _change(change: Change) -> str:
    place = f"{change.action}: " if change.action else ""
    if change.before is None:
        return f"{place}{change.what} is new" + (f": {shortened(change.after)}" if change.after else "")
    if change.after is None:
        return f"{place}{change.what} is gone" + (f": {shortened(change.before)}" if change.before else "")
    return f"{place}{change.what}: {shortened(change.before)} -> {shortened(change.after)}"


def markdown(found: FlowComparison) -> str:
    """Format for a pull request: what callers may notice first."""
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
        lines += [f"- {_cell(limit_line(one))}" for one in found.limits]
    lines += ["", *(f"- {_cell(note)}" for note in found.notes)] if found.notes else []
    return "\n".join(lines) + "\n"


def _side(words: str | None) -> str:
    return "" if words is None else _cell(shortened(words)) or "yes"


def _cell(words: str) -> str:
    return escaped(words)


def as_json(found: FlowComparison) -> str:
    """Return the whole comparison without the flows themselves."""
    data = {"summary": found.summary, **encode(replace(found, pairs=[]))}
    del data["pairs"]
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


RENDERERS: Mapping[str, Callable[[FlowComparison], str]] = {
    "text": text,
    "markdown": markdown,
    "json": as_json,
    "html": html,
}
