"""Comparison of two versions of flows as one HTML page.

The changes, and the two graphs of each changed flow.
"""

from __future__ import annotations

from html import escape

from busyhour.flowdiff.diff import NOTICED, Change, shown
from busyhour.flowdiff.lines import coverage_line, demand_line, limit_line, shortened
from busyhour.flowdiff.matching import branches
from busyhour.flowdiff.report import FlowComparison, FlowPair
from busyhour.flows.drawing import Branch, svg
from busyhour.flows.model import Flow

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 sans-serif; margin: 2rem auto; max-width: 92rem; padding: 0 1rem; color: #1a202c; background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
td:nth-child(5), td:nth-child(6) { max-width: 24rem; min-width: 10rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #dde1e7; overflow-wrap: break-word; }
th { background: #f4f5f7; } td.kind { white-space: nowrap; }
.sides figure { margin: 0 0 1rem; }
.graph { overflow: auto; max-height: 60vh; border: 1px solid #dde1e7; border-radius: 6px; }
.key span { display: inline-block; padding: 0 .5rem; margin-right: .5rem; border: 1px solid; border-radius: 4px; }
svg { display: block; font: 12px sans-serif; } svg path { fill: none; } svg .type { fill: #566070; font-size: 10.5px; }
.s-branch { stroke: #9aa3af; } .s-error { stroke: #d69e9e; } marker path { stroke: none; }
svg .m-branch { fill: #9aa3af; } svg .m-error { fill: #d69e9e; }
"""
_COLOURS = {
    "same": ("#f4f5f7", "#9aa3af"),
    "changed": ("#fff3cd", "#b7791f"),
    "new": ("#d9f2e1", "#2f855a"),
    "gone": ("#fbdcdc", "#c53030"),
}
"""Fill and line of an action by its outcome. The words stand in its tooltip too."""
_STYLE += "".join(
    f".s-{name}, .key .s-{name} {{ fill: {fill}; background: {fill}; stroke: {line}; border-color: {line}; }}\n"
    for name, (fill, line) in _COLOURS.items()
)


def html(found: FlowComparison) -> str:
    """Return the page; it needs no other file."""
    key = "".join(f'<span class="s-{name}">{name}</span>' for name in _COLOURS)
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>Flows: {escape(found.old)} to {escape(found.new)}</title>',
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>',
        f"<h1>Flows: {escape(found.old)} to {escape(found.new)}</h1>",
        f"<p>{escape(found.summary)}</p>",
        *_table("Callers may notice", [change for change in found.changes if change.kind in NOTICED]),
        *_table("Settings", [change for change in found.changes if change.kind not in NOTICED]),
        *_list("New findings", found.new_findings),
        *_list("Gone findings", found.gone_findings),
        *_list("Branch coverage", [coverage_line(one) for one in found.coverage]),
    ]
    if found.scenario:
        lines = [*(demand_line(one) for one in found.demand), *(limit_line(one) for one in found.limits)]
        parts += _list(f"Demand of one call ({found.scenario})", lines or ["no difference"])
    touched = {change.flow for change in found.changes}
    pairs = [pair for pair in found.pairs if pair.name in touched]
    if pairs:
        parts.append(f'<p class="key">{key}</p>')
    for at, pair in enumerate(pairs):
        parts += _graphs(found, pair, 2 * at)
    return "\n".join([*parts, *_list("Notes", found.notes), "</body></html>"]) + "\n"


def _table(title: str, changes: list[Change]) -> list[str]:
    if not changes:
        return []
    rows = [
        "<tr>"
        + "".join(
            f"<td{' class=kind' if i == 1 else ''}>{escape(cell)}</td>"
            for i, cell in enumerate(
                (
                    change.flow,
                    change.kind.value,
                    change.action,
                    change.what,
                    shortened(change.before),
                    shortened(change.after),
                )
            )
        )
        + "</tr>"
        for change in changes
    ]
    head = "<tr><th>flow</th><th>about</th><th>action</th><th>what</th><th>before</th><th>after</th></tr>"
    return [f"<h2>{escape(title)}</h2>", "<table>", head, *rows, "</table>"]


def _list(title: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    return [f"<h2>{escape(title)}</h2>", "<ul>", *(f"<li>{escape(line)}</li>" for line in lines), "</ul>"]


def _graphs(found: FlowComparison, pair: FlowPair, number: int) -> list[str]:
    """Draw the two versions one below the other, each action marked by its change; `number` keeps their ids apart."""
    changed = {change.action for change in found.changes if change.flow == pair.name}
    marks: tuple[dict[str, str], dict[str, str]] = ({}, {})
    names: tuple[dict[str, str], dict[str, str]] = ({}, {})
    if pair.old is not None and pair.new is not None:
        old, new = pair.old.by_identifier(), pair.new.by_identifier()
        for one, other in pair.partners.items():
            name = shown(old[one], new[other])
            names[0][one] = names[1][other] = name
            marks[0][one] = marks[1][other] = "changed" if name in changed else "same"
    out = [f"<h2>{escape(pair.name)}</h2>", '<div class="sides">']
    for side, title, flow, alone in ((0, found.old, pair.old, "gone"), (1, found.new, pair.new, "new")):
        if flow is None:
            picture = "<p>not there</p>"
        else:
            whole = dict.fromkeys(flow.by_identifier(), alone) | marks[side]
            drawn = svg(flow, flow.name, whole, _arrows(flow), names[side], number + side)
            picture = f'<div class="graph" tabindex="0">{drawn}</div>'
        out.append(f"<figure><figcaption>{escape(title)}</figcaption>{picture}</figure>")
    return [*out, "</div>"]


def _arrows(flow: Flow) -> list[Branch]:
    return [
        Branch(action.identifier, target, at, "branch" if label == "next" or " " in label else "error", label)
        for action in flow.actions
        for at, (label, target) in enumerate(branches(action).items())
    ]
