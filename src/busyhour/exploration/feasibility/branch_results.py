"""Checks of branches that several types of actions have. A check returns why the branch is never taken, empty if it can be."""

from __future__ import annotations

from collections.abc import Iterable

from busyhour.exploration.feasibility.constants import Possible
from busyhour.exploration.world.context import Context
from busyhour.exploration.world.values import Test, first, shadowed, tests_of, witnesses
from busyhour.flows.model import Action
from busyhour.flows.references import find, text_of

_NEVER_RAISED = "nothing in this action raises that error"
_MATCHED = "NoMatchingCondition has a branch, and that one is taken"


def outcomes(action: Action, kind: str, index: int, results: Iterable[str]) -> str:
    """Check a branch of an action with one of a few results."""
    tests = tests_of(action.conditions)
    if len(tests) != len(action.conditions):
        return ""
    met = {first(tests, one) for one in results}
    if kind == "condition":
        return "" if index in met else shadowed(tests, index) or f"the result is never {tests[index][1]!r}"
    if kind == "error" and action.errors[index].error_type != "NoMatchingCondition":
        return _NEVER_RAISED
    if None not in met:
        return "every result has a condition of its own"
    return next_unmatched(action) if kind == "next" else ""


def next_unmatched(action: Action) -> str:
    """Check NextAction of an action that takes it if no condition matches."""
    return _MATCHED if action.error_target("NoMatchingCondition") is not None else ""


def error_only(action: Action, kind: str, index: int, only: str) -> str:
    """Check a branch of an action whose every failure is the error `only`."""
    if kind == "error" and action.errors[index].error_type != only:
        return f"every failure of {action.type} takes the branch of {only}"
    return next_unmatched(action) if kind == "next" and only == "NoMatchingCondition" else ""


def never_raised(action: Action, kind: str, index: int, never: set[str]) -> str:
    """Check an error branch against the errors that the action never raises."""
    return _NEVER_RAISED if kind == "error" and action.errors[index].error_type in never else ""


def always_met(tests: tuple[Test, ...], raw: str, held: Possible) -> str:
    """Return the values of a reference if some condition matches each of them, empty if not."""
    if held is not None and all(one is not None and first(tests, one) is not None for one in held):
        return f"a condition always holds: {shown_values(raw, held)}"
    return ""


def tries(tests: tuple[Test, ...]) -> list[str]:
    """Return values that decide between the conditions: their operands, and one for each that can match."""
    return [*witnesses(tests), *(operand for _, operand in tests)]


def shown_values(raw: str, held: frozenset[str | None]) -> str:
    """Return the possible values of a reference in words."""
    shown = " or ".join(sorted("nothing" if one is None else repr(one) for one in held)[:4])
    return f"{raw} is {shown} on every path to here"


def module_results(context: Context, action: Action) -> set[str | None] | None:
    """Return the results of the module that the action runs, None if unknown."""
    module = context.library.known(text_of(action.parameters.get("FlowModuleId")))
    if module is None:
        return None
    found: set[str | None] = set()
    for one in module.actions:
        if one.behaviour == "end-module":
            result = text_of(one.parameters.get("Result"))
            if find(result):
                return None
            found.add(result or None)
    return found
