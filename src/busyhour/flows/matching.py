"""Conditions of an action: which one matches a result."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from busyhour.flows.model import Action, Condition
from busyhour.flows.references import compile_text, text_of

if TYPE_CHECKING:
    from busyhour.flows.call import Call
    from busyhour.flows.compiled import Node

_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*")


def branches(action: Action) -> tuple[str, ...]:
    """Return the results for which an action has branches."""
    return tuple(condition.operands[0] for condition in action.conditions if condition.operands)


def holds(operator: str, value: str, operand: str) -> bool:
    """Whether a condition matches. Numeric operators are false if either side is not a number."""
    match operator:
        case "Equals":
            return value == operand
        case "TextStartsWith":
            return value.startswith(operand)
        case "TextEndsWith":
            return value.endswith(operand)
        case "TextContains":
            return operand in value
        case "KeyExists":
            return True
    left, right = number(value), number(operand)
    if left is None or right is None:
        return False
    match operator:
        case "NumberGreaterThan":
            return left > right
        case "NumberGreaterOrEqualTo":
            return left >= right
        case "NumberLessThan":
            return left < right
        case "NumberLessOrEqualTo":
            return left <= right
        case _:
            return False


def number(value: Any) -> float | None:
    """Parse a text (or a number) as a finite number; None if it is not one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def no_match(call: Call, result: str) -> Node | None:
    """Return no target: the action has no conditions."""
    return None


def matcher(conditions: tuple[Condition, ...], targets: list[Node]) -> Callable[[Call, str], Node | None]:
    """Return the function that gives the target of the first condition that matches a result, None without one."""
    if not conditions:
        return no_match
    single = [(one, target) for one, target in zip(conditions, targets, strict=True) if one.operands]
    compiled = [(one.operator, compile_text(one.operands[0]), target) for one, target in single]
    if all(operator == "Equals" and not callable(operand) for operator, operand, _ in compiled):
        table: dict[str, Node] = {}
        for _, operand, target in compiled:
            table.setdefault(text_of(operand), target)
        get = table.get
        return lambda call, result: get(result)

    def match(call: Call, result: str) -> Node | None:
        for operator, operand, target in compiled:
            if holds(operator, result, operand(call) if callable(operand) else operand):
                return target
        return None

    return match
