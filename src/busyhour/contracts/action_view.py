"""A view of one action for the rules: a value of the wrong kind reads as absent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from busyhour.flows.action_types import declared
from busyhour.flows.model import Pointer


class ConditionView(NamedTuple):
    """Entry number `at` of `Conditions`; parts of the wrong kind are None or empty."""

    at: int
    operator: str | None
    operands: list[Any]
    target: str | None


class ErrorView(NamedTuple):
    """Entry number `at` of `Errors`; parts of the wrong kind are None or empty."""

    at: int
    error_type: str
    target: str | None


_NOTHING: dict[str, Any] = {}

_new: Any = tuple.__new__
"""Makes a named tuple in half the time of its own constructor; every flow has dozens."""


class ActionView:
    """One entry of `Actions`, of any kind."""

    __slots__ = (
        "behaviour",
        "conditions",
        "errors",
        "identifier",
        "index",
        "next",
        "parameters",
        "raw",
        "stray",
        "targets",
        "transitions",
        "type",
    )

    def __init__(self, index: int, raw: Any) -> None:
        self.index = index
        self.stray = raw.__class__ is not dict
        """Whether the entry is not an object; then all its parts are empty."""
        if self.stray:
            raw = _NOTHING
        self.raw: dict[str, Any] = raw
        identifier = raw.get("Identifier")
        self.identifier: str = identifier if identifier.__class__ is str else ""
        kind = raw.get("Type")
        self.type: str = kind if kind.__class__ is str else ""
        self.behaviour = declared(self.type).behaviour
        """Its behaviour in the flow machine (`action_types`); empty for a type without a schema."""
        parameters = raw.get("Parameters")
        self.parameters: dict[str, Any] = parameters if parameters.__class__ is dict else _NOTHING
        transitions = raw.get("Transitions")
        if transitions.__class__ is not dict:
            transitions = _NOTHING
        self.transitions: dict[str, Any] = transitions
        self.conditions: list[ConditionView] = []
        self.errors: list[ErrorView] = []
        self.targets: list[str] = []
        """Every target that is a string, in the order conditions, errors, next."""
        self.next: str | None = None
        if transitions:
            self._read(transitions)

    def _read(self, transitions: dict[str, Any]) -> None:
        conditions = transitions.get("Conditions")
        if conditions and conditions.__class__ is list:
            for at, one in enumerate(conditions):
                if one.__class__ is not dict:
                    continue
                inner = one.get("Condition")
                if inner.__class__ is not dict:
                    inner = _NOTHING
                operator = inner.get("Operator")
                operands = inner.get("Operands")
                if operator.__class__ is not str:
                    operator = None
                if operands.__class__ is not list:
                    operands = []
                self.conditions.append(_new(ConditionView, (at, operator, operands, self._target(one))))
        errors = transitions.get("Errors")
        if errors and errors.__class__ is list:
            for at, one in enumerate(errors):
                if one.__class__ is not dict:
                    continue
                name = one.get("ErrorType")
                if name.__class__ is not str:
                    name = ""
                self.errors.append(_new(ErrorView, (at, name, self._target(one))))
        self.next = self._target(transitions)

    def _target(self, branch: dict[str, Any]) -> str | None:
        """Return `NextAction` of a branch, and list it; None if it is not a string."""
        target = branch.get("NextAction")
        if target.__class__ is not str:
            return None
        self.targets.append(target)
        return target

    @property
    def pointer(self) -> Pointer:
        """Pointer of the action."""
        return ("Actions", self.index)

    def error_target(self, error_type: str) -> str | None:
        """Return the target of the branch for `error_type`, None without such a branch."""
        return next((one.target for one in self.errors if one.error_type == error_type), None)


DRAFT_TARGETS = frozenset({"", "$end"})
"""Targets that the designer writes for an unconnected branch."""


def transitions(action: ActionView) -> Iterator[tuple[Pointer, str]]:
    """Return every transition of the action: pointer of its target within the action, and the target."""
    for condition in action.conditions:
        if condition.target is not None:
            yield ("Transitions", "Conditions", condition.at, "NextAction"), condition.target
    for error in action.errors:
        if error.target is not None:
            yield ("Transitions", "Errors", error.at, "NextAction"), error.target
    if action.next is not None:
        yield ("Transitions", "NextAction"), action.next
