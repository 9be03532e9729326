"""Unsatisfiable and shadowed conditions.

Which values reach a comparison follows from the actions that last wrote them on any path (reaching
definitions). If one of them is unknown, nothing is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from busyhour.contracts.analysis.dataflow import attributes_set
from busyhour.contracts.analysis.paths import is_true
from busyhour.contracts.reading.placeholders import PLACEHOLDER
from busyhour.contracts.schema.wording import listed
from busyhour.flows.references import Reference, whole

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView, ConditionView
    from busyhour.contracts.flow_view import FlowView

CHANNELS = ("VOICE", "CHAT", "TASK", "EMAIL")
NUMERIC: dict[str, Callable[[float, float], bool]] = {
    "NumberGreaterThan": lambda value, limit: value > limit,
    "NumberGreaterOrEqualTo": lambda value, limit: value >= limit,
    "NumberLessThan": lambda value, limit: value < limit,
    "NumberLessOrEqualTo": lambda value, limit: value <= limit,
}
"""Operators on numbers."""

_TEXT: dict[str, Callable[[str, str], bool]] = {
    "Equals": lambda value, operand: value == operand,
    "TextStartsWith": lambda value, operand: value.startswith(operand),
    "TextEndsWith": lambda value, operand: value.endswith(operand),
    "TextContains": lambda value, operand: operand in value,
}
_DIGITS = frozenset("0123456789*#")
_ANYTHING = frozenset({"invoke-function", "invoke-module", "lex"})
"""Behaviours that may change any contact attribute: modules, functions (also those of bots, through the API)."""


def number(text: str) -> float | None:
    """Parse a text as a number; None for any other."""
    try:
        return float(text)
    except ValueError:
        return None


WhyNot = Callable[[str, str], "str | None"]
"""(operator, operand) -> why no value there matches it; None if one may."""


def impossible(flow: FlowView, action: ActionView) -> WhyNot | None:
    """Return the function that finds operands which can never match; None if any operand may."""
    why_not = _by_value(flow, action)
    if not any(condition.operator in NUMERIC for condition in action.conditions):
        return why_not

    def why(operator: str, operand: str) -> str | None:
        if operator in NUMERIC:
            numeric = number(operand) is not None or PLACEHOLDER.search(operand)
            return None if numeric else f"{operand!r} is not a number"
        return why_not(operator, operand) if why_not else None

    return why


def _by_value(flow: FlowView, action: ActionView) -> WhyNot | None:
    value = action.parameters.get("ComparisonValue")
    reference = whole(value) if action.behaviour == "compare" and isinstance(value, str) else None
    if reference is None:
        return None
    if reference.root == "Channel" and not reference.path:
        return _not_among(CHANNELS, f"a channel is {listed(CHANNELS, 'or')}, in capitals")
    if reference.root == "StoredCustomerInput":
        return _entered(flow, action)
    if reference.root == "Attributes" and reference.path:
        return _set(flow, action, reference)
    return None


def _not_among(values: Collection[str], reason: str) -> WhyNot:
    def why(operator: str, operand: str) -> str | None:
        test = _TEXT.get(operator)
        return reason if test is not None and not any(test(value, operand) for value in values) else None

    return why


def _entered(flow: FlowView, action: ActionView) -> WhyNot | None:
    """Return the operands that no caller can enter, if every input before the comparison limits the input."""
    inputs = last_written(flow, action, lambda one: one.behaviour == "input" and _stores(one))
    lengths = [_longest(one) for one in inputs or ()]
    longest = max(lengths, default=0)
    if not lengths or 0 in lengths:
        return None

    def why(operator: str, operand: str) -> str | None:
        if operator != "Equals" or operand == "Timeout":
            return None
        if not set(operand) <= _DIGITS:
            return "callers can enter digits, * and # only"
        return f"at most {longest} characters can be entered there" if len(operand) > longest else None

    return why


def _longest(action: ActionView) -> int:
    """Return how many characters can be entered, 0 if unknown."""
    validation = action.parameters.get("InputValidation")
    custom = validation.get("CustomValidation") if isinstance(validation, dict) else None
    length = custom.get("MaximumLength") if isinstance(custom, dict) else None
    return int(length) if isinstance(length, str) and length.isdecimal() else 0


def _stores(action: ActionView) -> bool:
    return is_true(action.parameters.get("StoreInput"))


def _set(flow: FlowView, action: ActionView, reference: Reference) -> WhyNot | None:
    """Return the values that the attribute cannot have, if this flow sets it to fixed texts on every path."""
    key = ".".join(reference.path)

    def writes(one: ActionView) -> bool:
        return one.behaviour in _ANYTHING or key in attributes_set(one)

    values: set[str] = set()
    for one in last_written(flow, action, writes, fails=False) or ():
        value = attributes_set(one).get(key)
        if not isinstance(value, str) or "$" in value or PLACEHOLDER.search(value):
            return None
        values.add(value)
    if not values:
        return None
    shown = listed([repr(one) for one in sorted(values)], "or")
    return _not_among(values, f"{reference.text} is always {shown} there")


def last_written(
    flow: FlowView, action: ActionView, writes: Callable[[ActionView], bool], *, fails: bool = True
) -> list[ActionView] | None:
    """Return the actions that may have written a value last when `action` is reached.

    None if some path from the start of the flow reaches it without any: then the value came from elsewhere. An
    action that failed may or may not have written, unless it never `fails`: attributes can be set up to 32 KB.
    """
    graph = flow.graph
    if graph.start is None:
        return None
    found: list[ActionView] = []
    seen: set[int] = set()
    stack = [action.index]
    while stack:
        node = stack.pop()
        if node == graph.start:
            return None
        for before in graph.predecessors[node]:
            if before in seen or not graph.reachable[before]:
                continue
            ways = [edge for edge in flow.followed[before] if edge.target == node]
            if not ways:
                continue
            seen.add(before)
            written = writes(flow.actions[before])
            if written:
                found.append(flow.actions[before])
            if not written or (fails and any(edge.kind == "error" for edge in ways)):
                stack.append(before)
    return found


# --------------------------------------------------------------------------------------------- earlier conditions


def shadowed(action: ActionView, condition: ConditionView) -> ConditionView | None:
    """Return an earlier condition of the action that matches whenever this one does, exact repetitions aside."""
    return next((one for one in _earlier(action, condition) if _covers(one, condition)), None)


def _earlier(action: ActionView, condition: ConditionView) -> Iterator[ConditionView]:
    for one in action.conditions:
        if one.at >= condition.at:
            return
        if len(one.operands) == 1 and isinstance(one.operands[0], str) and "$." not in one.operands[0]:
            yield one


def _covers(wide: ConditionView, narrow: ConditionView) -> bool:
    """Whether `wide` matches every value that `narrow` matches."""
    limit, value = wide.operands[0], narrow.operands[0]
    if wide.operator == narrow.operator and limit == value:
        return False  # reported by branch-never-taken
    if wide.operator in NUMERIC:
        return _covers_numbers(wide.operator, limit, narrow.operator, value)
    if narrow.operator == "Equals":
        return wide.operator in _TEXT and _TEXT[wide.operator](value, limit)
    if wide.operator == narrow.operator and wide.operator in (
        "TextStartsWith",
        "TextEndsWith",
        "TextContains",
    ):
        return _TEXT[wide.operator](value, limit)
    if wide.operator == "TextContains" and narrow.operator in ("TextStartsWith", "TextEndsWith"):
        return limit in value
    return False


def _covers_numbers(wide: str, limit: str, narrow: str | None, value: str) -> bool:
    wide_limit, narrow_limit = number(limit), number(value)
    if wide_limit is None or narrow_limit is None:
        return False
    if narrow == "Equals":
        return NUMERIC[wide](narrow_limit, wide_limit)
    up, down = ("NumberGreaterThan", "NumberGreaterOrEqualTo"), ("NumberLessThan", "NumberLessOrEqualTo")
    for same, sign in ((up, 1), (down, -1)):
        if wide in same and narrow in same:
            within = "Equal" in wide or "Equal" not in narrow
            distance = sign * (narrow_limit - wide_limit)
            return distance > 0 or (distance == 0 and within)
    return False
