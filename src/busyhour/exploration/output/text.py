"""The result of an exploration as text."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.exploration.project import Explored, Subjects, branch_name, shown
from busyhour.exploration.search.explorer import Failure, FlowReport
from busyhour.flows.model import Flow
from busyhour.printable import printable


def render(explored: Explored, *, verbose: bool = False) -> str:
    """Render coverage by flow, failures with their stories, and the total.

    `verbose`: also unreachable transitions with reasons.
    """
    return "\n".join(map(printable, _lines(explored, verbose))) + "\n"


def _lines(explored: Explored, verbose: bool) -> Iterator[str]:
    reports, subjects = explored.reports, explored.subjects
    width = max(len(one.flow.name) for one in reports)
    for report in reports:
        yield from _flow(report, width)
        yield from _transitions(report, subjects, verbose)
    failures = [(report, failure) for report in reports for failure in report.failures]
    for report, failure in failures:
        yield ""
        yield from failure_lines(failure, report.flow, subjects)
    yield ""
    share = explored.covered / explored.coverable if explored.coverable else 1.0
    unreachable = sum(len(one.unreachable) for one in reports)
    calls, seconds = sum(one.calls for one in reports), sum(one.seconds for one in reports)
    yield (
        f"{len(reports)} {_plural('flow', len(reports))}: {explored.covered} of {explored.coverable} coverable "
        f"transitions taken ({share:.1%}), {unreachable} unreachable, {calls} calls in {seconds:.1f} s, "
        f"{len(failures)} {_plural('failure', len(failures))}"
    )


def _flow(report: FlowReport, width: int) -> Iterator[str]:
    covered = len(report.covered - report.unreachable.keys())
    failed = f"  {len(report.failures)} {_plural('failure', len(report.failures))}" if report.failures else ""
    unreachable = f"  {len(report.unreachable)} unreachable" if report.unreachable else ""
    yield (
        f"{report.flow.name:<{width}}  {report.coverage:>6.1%}  {covered:>4} of {report.coverable:<4}"
        f"{report.calls:>6} calls{unreachable}{failed}"
    )


def _transitions(report: FlowReport, subjects: Subjects, verbose: bool) -> Iterator[str]:
    path = subjects.of(report.flow).path
    for one in report.uncovered:
        action = report.flow.actions[one.action]
        place = subjects.position(one)
        yield (
            f"    not taken: {shown(report.flow, action.identifier)} {branch_name(action, one)}"
            f"  {path}:{place.line}:{place.column}"
        )
    if verbose:
        for one, reason in report.unreachable.items():
            action = report.flow.actions[one.action]
            yield f"    unreachable: {shown(report.flow, action.identifier)} {branch_name(action, one)}: {reason}"


def failure_lines(failure: Failure, entry: Flow, subjects: Subjects) -> Iterator[str]:
    """Render a failure: what, where, the story, the command to replay it."""
    kind = failure.kind
    flow = next((one for one in subjects.context.flows if one.name == kind.flow), None)
    place = ""
    if flow is not None and kind.action:
        action = next((one for one in flow.actions if one.identifier == kind.action), None)
        if action is not None:
            at = subjects.action_position(flow, action)
            place = f"  at {shown(flow, kind.action)}  {subjects.of(flow).path}:{at.line}:{at.column}"
    yield f"{kind.invariant}: {failure.message}"
    if place:
        yield place
    for number, sentence in enumerate(failure.story, start=1):
        yield f"  {number:>3}. {sentence}"
    yield f"  why: {failure.why}"
    yield f"  fix: {failure.fix}"
    yield f"  again: {subjects.again(entry, failure.token)}"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
