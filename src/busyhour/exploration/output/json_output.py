"""The result of an exploration as JSON; `exploration.schema.json` describes it."""

from __future__ import annotations

from typing import Any

from busyhour.exploration.project import Explored, Subjects, branch_name, target_of
from busyhour.exploration.search.explorer import Failure, FlowReport
from busyhour.exploration.world.record import Transition


def data(explored: Explored) -> dict[str, Any]:
    """Return the result as plain values; the caller fills in `handlers`."""
    return {
        "flows": [_flow(one, explored.subjects) for one in explored.reports],
        "left_out": dict(explored.subjects.left_out),
        "handlers": [],
        "summary": {
            "flows": len(explored.reports),
            "coverable": explored.coverable,
            "covered": explored.covered,
            "coverage": explored.covered / explored.coverable if explored.coverable else 1.0,
            "unreachable": sum(len(one.unreachable) for one in explored.reports),
            "calls": sum(one.calls for one in explored.reports),
            "failures": sum(len(one.failures) for one in explored.reports),
            "seconds": round(sum(one.seconds for one in explored.reports), 3),
        },
    }


def _flow(report: FlowReport, subjects: Subjects) -> dict[str, Any]:
    return {
        "name": report.flow.name,
        "path": subjects.of(report.flow).path,
        "type": str(report.flow.type) if report.flow.type else None,
        "coverage": report.coverage,
        "calls": report.calls,
        "seconds": round(report.seconds, 3),
        "transitions": [_transition(report, one, subjects) for one in report.transitions],
        "failures": [_failure(one) for one in report.failures],
    }


def _transition(report: FlowReport, one: Transition, subjects: Subjects) -> dict[str, Any]:
    action = report.flow.actions[one.action]
    if one in report.unreachable:
        status = "unreachable"
    else:
        status = "covered" if one in report.covered else "uncovered"
    place = subjects.position(one)
    found = {
        "action": action.identifier,
        "type": action.type,
        "branch": branch_name(action, one),
        "target": target_of(action, one),
        "status": status,
        "line": place.line,
        "column": place.column,
    }
    return found if status != "unreachable" else {**found, "reason": report.unreachable[one]}


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "invariant": failure.kind.invariant,
        "flow": failure.kind.flow,
        "action": failure.kind.action,
        "message": failure.message,
        "why": failure.why,
        "fix": failure.fix,
        "story": failure.story,
        "choices": [list(one) for one in failure.choices],
        "replay": failure.token,
    }
