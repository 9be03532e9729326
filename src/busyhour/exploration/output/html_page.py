"""The result of an exploration as one self-contained HTML page: each flow drawn as a graph, failures described."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from busyhour.exploration.project import Explored, Subjects, branch_name, shown, target_of
from busyhour.exploration.search.explorer import Failure, FlowReport
from busyhour.exploration.world.record import Transition
from busyhour.flows.drawing import Branch, svg
from busyhour.flows.model import Action

_STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --text: #1c2127; --quiet: #5b6570; --line: #d5dae0; --box: #f4f6f8;
  --covered: #1a7f4b; --uncovered: #b25d00; --failing: #c0242d; --unreachable: #98a1ab; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181d; --text: #e4e8ec; --quiet: #9aa4ae; --line: #343c45;
  --box: #1d232a; --covered: #4fc38a; --uncovered: #f0a24b; --failing: #ff7b7f; --unreachable: #5f6975; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1500px; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 36px 0 6px; } h3 { font-size: 15px; margin: 16px 0 4px; }
.quiet { color: var(--quiet); } .failing { color: var(--failing); }
table { border-collapse: collapse; width: 100%; margin: 16px 0; }
th, td { text-align: left; padding: 5px 10px; border-bottom: 1px solid var(--line); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.bar { display: inline-block; width: 120px; height: 8px; background: var(--line); border-radius: 4px; vertical-align: middle; }
.bar span { display: block; height: 8px; border-radius: 4px; background: var(--covered); }
.scroll { overflow-x: auto; }
.drawing { overflow: auto; max-height: 80vh; border: 1px solid var(--line); border-radius: 8px; }
svg { display: block; font: 12px system-ui, sans-serif; }
svg rect { fill: var(--box); stroke-width: 1.6; } svg text { fill: var(--text); } svg .type { fill: var(--quiet); font-size: 10.5px; }
svg path { fill: none; stroke-width: 1.6; }
.s-covered { stroke: var(--covered); } .s-uncovered { stroke: var(--uncovered); stroke-dasharray: 7 4; }
.s-failing { stroke: var(--failing); stroke-width: 3; } .s-unreachable { stroke: var(--unreachable); stroke-dasharray: 2 4; }
svg path:hover { stroke-width: 4; } marker path { stroke: none; }
.m-covered { fill: var(--covered); } .m-uncovered { fill: var(--uncovered); } .m-unreachable { fill: var(--unreachable); }
.key { display: inline-block; width: 26px; border-top: 3px solid; vertical-align: middle; margin: 0 4px 0 14px; }
.key.s-uncovered, .key.s-unreachable { border-top-style: dashed; }
.key.s-covered { color: var(--covered); } .key.s-uncovered { color: var(--uncovered); }
.key.s-failing { color: var(--failing); } .key.s-unreachable { color: var(--unreachable); }
.failure { border-left: 4px solid var(--failing); background: var(--box); padding: 10px 16px; margin: 12px 0; border-radius: 0 8px 8px 0; }
.failure ol { margin: 6px 0; padding-left: 26px; } code { font: 12.5px ui-monospace, monospace; overflow-wrap: anywhere; }
details { margin: 8px 0; }
"""


def render(explored: Explored) -> str:
    """Render the whole page."""
    return "".join(_page(explored))


def _page(explored: Explored) -> Iterator[str]:
    reports = explored.reports
    share = explored.covered / explored.coverable if explored.coverable else 1.0
    failures = sum(len(one.failures) for one in reports)
    calls = sum(one.calls for one in reports)
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Exploration of {len(reports)} flows</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>Exploration of {len(reports)} {'flow' if len(reports) == 1 else 'flows'}</h1>"
        f"<p class=quiet>{explored.covered} of {explored.coverable} coverable transitions taken ({share:.1%}) "
        f"in {calls} calls, {failures} {'failure' if failures == 1 else 'failures'}</p>"
    )
    yield (
        '<div class=scroll tabindex=0 role=region aria-label="Coverage by flow">'
        "<table><thead><tr><th>Flow</th><th>Coverage</th><th class=number>taken</th><th class=number>coverable</th>"
        "<th class=number>unreachable</th><th class=number>calls</th><th class=number>failures</th></tr></thead><tbody>"
    )
    for at, report in enumerate(reports):
        covered = len(report.covered - report.unreachable.keys())
        failing = " failing" if report.failures else ""
        yield (
            f'<tr><td><a href="#flow-{at}">{escape(report.flow.name)}</a></td>'
            f'<td><span class=bar><span style="width:{report.coverage:.1%}"></span></span> {report.coverage:.1%}</td>'
            f"<td class=number>{covered}</td><td class=number>{report.coverable}</td>"
            f"<td class=number>{len(report.unreachable)}</td><td class=number>{report.calls}</td>"
            f'<td class="number{failing}">{len(report.failures)}</td></tr>'
        )
    yield (
        "</tbody></table></div><p class=quiet>Branches: <span class='key s-covered'></span>taken"
        "<span class='key s-uncovered'></span>not taken<span class='key s-unreachable'></span>unreachable; "
        "actions: <span class='key s-failing'></span>failing. Point at a branch to read what it is.</p>"
    )
    for at, report in enumerate(reports):
        yield from _flow(at, report, explored.subjects)
    yield "</main></body></html>\n"


def _flow(at: int, report: FlowReport, subjects: Subjects) -> Iterator[str]:
    flow = report.flow
    path = subjects.of(flow).path
    kind = f"{flow.type}, " if flow.type else ""
    yield (
        f'<section id="flow-{at}"><h2>{escape(flow.name)}</h2>'
        f"<p class=quiet>{kind}{len(flow.actions)} actions, <code>{escape(path)}</code></p>"
    )
    # What scrolls must be reachable by keyboard.
    yield (
        f'<div class=drawing tabindex=0 role=region aria-label="{escape(flow.name, quote=True)}, drawn">'
        f"{drawing(report, at)}</div>"
    )
    for failure in report.failures:
        yield from _failure(failure, subjects.again(flow, failure.token))
    if report.uncovered:
        yield f"<details open><summary>{len(report.uncovered)} not taken</summary><ul>"
        for one in report.uncovered:
            yield f"<li>{_branch(report, one)}, line {subjects.position(one).line}</li>"
        yield "</ul></details>"
    if report.unreachable:
        yield f"<details><summary>{len(report.unreachable)} unreachable</summary><ul>"
        for one, reason in report.unreachable.items():
            yield f"<li>{_branch(report, one)}: {escape(reason)}</li>"
        yield "</ul></details>"
    yield "</section>"


def _branch(report: FlowReport, one: Transition) -> str:
    action = report.flow.actions[one.action]
    return f"{escape(shown(report.flow, action.identifier))} {escape(branch_name(action, one))}"


def _failure(failure: Failure, again: str) -> Iterator[str]:
    yield f"<div class=failure><h3>{escape(failure.kind.invariant)}: {escape(failure.message)}</h3><ol>"
    yield from (f"<li>{escape(one)}</li>" for one in failure.story)
    yield (
        f"</ol><p>{escape(failure.why)} {escape(failure.fix)}</p>"
        f"<p class=quiet><code>{escape(again)}</code></p></div>"
    )


def drawing(report: FlowReport, number: int = 0) -> str:
    """Draw the flow as SVG. `number` keeps ids apart where several are on one page."""
    flow = report.flow
    failing = {one.kind.action for one in report.failures if one.kind.flow == flow.name}
    return svg(
        flow,
        f"{flow.name}: {report.coverage:.0%} of the coverable transitions taken",
        {
            one.identifier: "failing" if one.identifier in failing else _status(report, one)
            for one in flow.actions
        },
        [_arrow(report, one, flow.actions[one.action]) for one in report.transitions],
        number=number,
    )


def _status(report: FlowReport, action: Action) -> str:
    if action.index in report.ran:
        return "covered"
    dead = all(one in report.unreachable for one in report.transitions if one.action == action.index)
    return "unreachable" if dead else "uncovered"


def _arrow(report: FlowReport, one: Transition, action: Action) -> Branch:
    reason = report.unreachable.get(one)
    status = "unreachable" if reason is not None else "covered" if one in report.covered else "uncovered"
    title = f"{branch_name(action, one)}: {reason if reason is not None else status}"
    return Branch(action.identifier, target_of(action, one), one.number, status, title)
