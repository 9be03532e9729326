"""The smallest set of calls that takes every coverable transition, as test cases: inputs, stubs, actions."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from busyhour.exploration.long_calls import LongCalls
from busyhour.exploration.project import Explored, Subjects, branch_name, target_of
from busyhour.exploration.search.complete_search import events, start
from busyhour.exploration.search.coverage_search import replayed
from busyhour.exploration.search.explorer import Explorer
from busyhour.exploration.search.shrink import essential
from busyhour.exploration.world.choices import token
from busyhour.exploration.world.record import Moment, Played, Transition
from busyhour.flows import protocol as p
from busyhour.flows.actions.functions import function_name
from busyhour.flows.model import Flow


@dataclass(frozen=True, slots=True)
class Case:
    """One call of the set, and the transitions counted for it: those that no case before it takes."""

    entry: Flow
    played: Played
    covers: tuple[Transition, ...]

    @property
    def token(self) -> str:
        """The token with which `busyhour explore --replay` replays it."""
        return token(essential(self.played))


def smallest_set(explorer: Explorer, wanted: Set[Transition]) -> list[Case]:
    """Return calls that take all `wanted` transitions that any collected call takes (greedy, no redundant calls).

    Run the exploration first, with an explorer that collects.
    """
    candidates = {taken & wanted: call for taken, call in explorer.candidates.items() if taken & wanted}
    order = sorted(candidates, key=lambda taken: (-len(taken), len(candidates[taken][1]), sorted(taken)))
    missing: set[Transition] = set().union(*order)
    chosen: list[frozenset[Transition]] = []
    long_calls = LongCalls(explorer, wanted)
    while missing:
        for entry, choices, taken in long_calls.calls(missing):
            if taken not in candidates:
                candidates[taken] = (entry, choices)
                order.append(taken)
        best = max(order, key=lambda taken: (len(taken & missing), -len(candidates[taken][1])))
        chosen.append(best)
        missing -= best
    # Calls chosen early may be covered by later ones together.
    for one in sorted(chosen, key=len):
        others = [other for other in chosen if other is not one]
        if one <= frozenset().union(*others):
            chosen = others
    cases: list[Case] = []
    seen: set[Transition] = set()
    for one in chosen:
        entry, choices = candidates[one]
        played = replayed(explorer.context, entry, choices)
        cases.append(Case(entry, played, tuple(sorted(one - seen))))
        seen |= one
    return cases


def document(explored: Explored, explorer: Explorer) -> dict[str, Any]:
    """Return the output of `busyhour paths`: the calls, the transitions that none takes, and the reasons."""
    subjects = explored.subjects
    wanted = {
        one for report in explored.reports for one in report.transitions if one not in report.unreachable
    }
    cases = smallest_set(explorer, wanted)
    covered = {one for case in cases for one in case.covers}
    return {
        "calls": [data(one, subjects) for one in cases],
        "uncovered": [_transition(one, subjects) for one in sorted(wanted - covered)],
        "unreachable": [
            {**_transition(one, subjects), "reason": reason}
            for report in explored.reports
            for one, reason in report.unreachable.items()
        ],
        "summary": {"calls": len(cases), "covered": len(covered), "coverable": len(wanted)},
    }


def data(case: Case, subjects: Subjects) -> dict[str, Any]:
    """Return a case as plain values; `paths.schema.json` describes them."""
    played = case.played
    ended = played.ended
    answered = events(played)
    return {
        "entry": case.entry.name,
        "path": subjects.of(case.entry).path,
        "contact": start(played),
        "inputs": [text for one in answered if (text := _input(one)) is not None],
        "stubs": _stubs(played, answered),
        "steps": [_step(one, event) for one, event in zip(played.moments, answered, strict=True)],
        "expected": [{"flow": run.flow.name, "action": run.action.identifier} for run in played.actions],
        "ends": str(ended.reason) if ended is not None else None,
        "covers": [_transition(one, subjects) for one in case.covers],
        "replay": case.token,
    }


def _transition(one: Transition, subjects: Subjects) -> dict[str, str]:
    flow = subjects.context.flows[one.flow]
    action = flow.actions[one.action]
    return {
        "flow": flow.name,
        "action": action.identifier,
        "branch": branch_name(action, one),
        "target": target_of(action, one),
    }


def _input(event: p.Event) -> str | None:
    """Return the caller's inputs, as `busyhour trace --input` takes them."""
    match event:
        case p.Digits(digits):
            return digits
        case p.LexResult(intent):
            return intent
        case p.Silence():
            return "silence"
        case p.HungUp():
            return "hang-up"
        case _:
            return None


def _stubs(played: Played, answered: list[p.Event]) -> dict[str, Any]:
    """Return the functions' responses, one for each invocation: JSON, or the kind of failure."""
    functions: dict[str, list[Any]] = {}
    for moment, event in zip(played.moments, answered, strict=True):
        if isinstance(moment.effect, p.Invoke):
            answers = functions.setdefault(function_name(moment.effect.function_arn), [])
            if isinstance(event, p.LambdaResult):
                answers.append(event.payload)
            elif isinstance(event, p.LambdaFailed):
                answers.append(event.kind)
    return {"functions": functions}


def _step(moment: Moment, event: p.Event) -> dict[str, Any]:
    effect = moment.effect
    found: dict[str, Any] = {
        "action": "" if isinstance(effect, p.Ended) else effect.action,
        "asked": type(effect).__name__,
        "answer": type(event).__name__,
    }
    if isinstance(effect, p.Invoke):
        found["function"] = function_name(effect.function_arn)
    if isinstance(effect, p.Service):
        found["service"] = effect.type
    given = {name: value for name in _TOLD if (value := getattr(event, name, None)) not in (None, "", {})}
    if isinstance(event, p.LambdaResult):
        given["payload"] = event.payload
    if given:
        found["given"] = given
    return found


_TOLD = (
    "digits",
    "intent",
    "slots",
    "session_attributes",
    "extra",
    "kind",
    "open",
    "values",
    "branch",
    "error_type",
    "by",
)
"""Members of events that contain a response."""
