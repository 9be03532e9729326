"""Comparison of two versions of flows as one HTML page.

The changes, and the two graphs of each changed flow.
"""

from __future__ import annotations

from html import escape

from busyhour.flowdiff.diff import NOTICED, Change, shown
from busyhour.flowdiff.graph import COLOURS, svg
from busyhour.flowdiff.lines import coverage_line, demand_line, rung_line, shortened
from busyhour.flowdiff.report import FlowComparison, FlowPair

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 sans-serif; margin: 2rem auto; max-width: 92rem; padding: 0 1rem; color: #1a202c; background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
td:nth-child(5), td:nth-child(6) { max-width: 24rem; min-width: 10rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #dde1e7; overflow-wrap: break-word; }
th { background: #f4f5f7; } td.kind { white-space: nowrap; }
.sides { display: flex; flex-wrap: wrap; gap: 1rem; } .sides figure { flex: 1 1 30rem; min-width: 0; margin: 0; }
.graph { overflow: auto; border: 1px solid #dde1e7; border-radius: 6px; }
.key span { display: inline-block; padding: 0 .5rem; margin-right: .5rem; border: 1px solid; border-radius: 4px; }
"""


def html(found: FlowComparison) -> str:
    """Return the page; it needs no other file."""
    key = "".join(
        f'<span style="background:{fill};border-color:{line}">{name}</span>'
        for name, (fill, line) in COLOURS.items()
    )
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
        lines = [*(demand_line(one) for one in found.demand), *(rung_line(one) for one in found.rungs)]
        parts += _list(f"Demand of one call ({found.scenario})", lines or ["no difference"])
    touched = {change.flow for change in found.changes}
    pairs = [pair for pair in found.pairs if pair.name in touched]
    if pairs:
        parts.append(f'<p class="key">{key}</p>')
    for pair in pairs:
        parts += _graphs(found, pair)
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


def _graphs(found: FlowComparison, pair: FlowPair) -> list[str]:
    """Draw the two versions side by side, each action marked by its change."""
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
            picture = f'<div class="graph">{svg(flow, whole, names[side])}</div>'
        out.append(f"<figure><figcaption>{escape(title)}</figcaption>{picture}</figure>")
    return [*out, "</div>"]
