"""Convert the console's old export format (`modules`, version "1") to a 2019-10-30 flow.

Only the console's importer reads the old format. This module does the same conversion, so that an old export
can be checked, run and deployed like any other. The conversion of each module type is in `legacy_modules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.flows.export.document import Document
from busyhour.flows.export.legacy_modules import CONVERSIONS, Conversion, keep
from busyhour.flows.export.legacy_names import leftovers
from busyhour.flows.export.legacy_values import Module
from busyhour.flows.model import Pointer, Position

_OPERATORS = {
    "Equals": "Equals",
    "GreaterThan": "NumberGreaterThan",
    "GreaterThanOrEqualTo": "NumberGreaterOrEqualTo",
    "GreaterOrEqualTo": "NumberGreaterOrEqualTo",
    "LessThan": "NumberLessThan",
    "LessThanOrEqualTo": "NumberLessOrEqualTo",
    "LessOrEqualTo": "NumberLessOrEqualTo",
    "Contains": "TextContains",
    "StartsWith": "TextStartsWith",
    "EndsWith": "TextEndsWith",
}
"""Operator of an Evaluate branch -> operator of a condition."""

_KEPT_METADATA = ("name", "description", "type", "status", "hash", "entryPointPosition", "snapToGrid")


class FlowError(BusyhourError):
    """A document that cannot be read as a flow.

    Args:
        problem: what is wrong, without the place.
        document: the document.
        pointer: the value at fault in the document.
        hint: how to fix it.
    """

    def __init__(
        self, problem: str, document: Document, pointer: Pointer = (), hint: str | None = None
    ) -> None:
        position = document.position(pointer)
        super().__init__(f"{document.path or '<text>'}:{position.line}:{position.column}: {problem}", hint)
        self.problem = problem
        self.pointer = pointer
        self.position = position


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted export.

    `data` is the 2019-10-30 document; `sources` maps pointers into it to pointers into the old one; `leftovers` are the
    parameters and branches without a meaning: index of the action, pointer in the module, what is wrong.
    """

    data: dict[str, Any]
    sources: Mapping[Pointer, Pointer]
    document: Document
    leftovers: tuple[tuple[int, Pointer, str], ...] = ()

    def source(self, pointer: Pointer) -> Pointer:
        """Return the pointer into the old export for the value at `pointer`, or for its nearest parent that is there."""
        pointer = tuple(pointer)
        while pointer and pointer not in self.sources:
            pointer = pointer[:-1]
        found = self.sources.get(pointer, ())
        value: Any = self.document.data
        for length, part in enumerate(found):
            inside = part in value if isinstance(value, dict) else isinstance(value, list)
            if not inside:
                return found[:length]
            value = value[part]
        return found

    def position(self, pointer: Pointer, key: bool = False) -> Position:
        """Return the position in the old export's file from which the value at `pointer` was made."""
        return self.document.position(self.source(pointer), key)


@dataclass(slots=True)
class _Transitions:
    next_action: str | None = None
    next_source: Pointer = ()
    conditions: list[tuple[str, str, str, Pointer]] = field(default_factory=list)
    errors: list[tuple[str, str, Pointer]] = field(default_factory=list)


def is_legacy(data: Any) -> bool:
    """Whether the document has the shape of the old export format."""
    return isinstance(data, dict) and "modules" in data and "Actions" not in data


def convert(document: Document) -> Converted:
    """Convert the old export in `document`.

    Raises:
        FlowError: the document is not an old export, or a module has no id or type.
    """
    data = document.data
    if not is_legacy(data) or not isinstance(data["modules"], list):
        raise FlowError("is not a legacy export: it has no list of modules", document)
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    sources: dict[Pointer, Pointer] = {(): (), ("StartAction",): ("start",), ("Metadata",): ("metadata",)}
    kept: dict[str, Any] = {key: metadata[key] for key in _KEPT_METADATA if key in metadata}
    if "type" in data:
        kept["type"] = data["type"]
    layout: dict[str, Any] = {}
    actions: list[dict[str, Any]] = []
    left: list[tuple[int, Pointer, str]] = []
    for index, raw in enumerate(data["modules"]):
        pointer: Pointer = ("modules", index)
        module = _module(document, raw, pointer)
        conversion = CONVERSIONS.get((module.type, module.target)) or CONVERSIONS.get((module.type, ""))
        for part, problem in leftovers(module, terminal=conversion.terminal) if conversion else ():
            left.append((index, part, problem))
            sources["Actions", index, *part] = (*pointer, *part)
        actions.append(_action(module, conversion or keep(module), ("Actions", index), pointer, sources))
        layout[module.id] = _layout(raw.get("metadata"))
    kept["ActionMetadata"] = layout
    start = data.get("start")
    return Converted(
        {
            "Version": "2019-10-30",
            "StartAction": start if isinstance(start, str) else "",
            "Metadata": kept,
            "Actions": actions,
        },
        sources,
        document,
        tuple(left),
    )


def _module(document: Document, raw: Any, pointer: Pointer) -> Module:
    if not isinstance(raw, dict):
        raise FlowError(f"module {pointer[-1]} is not an object", document, pointer)
    for key in ("id", "type"):
        if not isinstance(raw.get(key), str):
            raise FlowError(f"module {pointer[-1]} has no {key!r}", document, (*pointer, key))
    for key in ("parameters", "branches"):
        members = raw.get(key) or []
        if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
            raise FlowError(
                f"{key!r} of module {raw['id']!r} is not a list of objects", document, (*pointer, key)
            )
    target = raw.get("target")
    return Module(
        id=raw["id"],
        type=raw["type"],
        target=target if isinstance(target, str) else "",
        parameters=raw.get("parameters") or [],
        branches=raw.get("branches") or [],
    )


def _action(
    module: Module, conversion: Conversion, here: Pointer, there: Pointer, sources: dict[Pointer, Pointer]
) -> dict[str, Any]:
    parameters = conversion.parameters(module)
    sources[here] = there
    sources[*here, "Identifier"] = (*there, "id")
    sources[*here, "Type"] = (*there, "type")
    sources[*here, "Parameters"] = (*there, "parameters")
    sources[*here, "Transitions"] = (*there, "branches")
    for path, number in parameters.sources.items():
        sources[*here, "Parameters", *path] = (*there, "parameters", number, "value")
    action: dict[str, Any] = {
        "Identifier": module.id,
        "Type": conversion.type,
        "Parameters": parameters.values,
        "Transitions": {},
    }
    if conversion.terminal:
        return action
    found = _transitions(module, conversion.branches, there)
    _next_action(found)
    for error in conversion.always:
        if found.next_action is not None and all(error != name for name, *_ in found.errors):
            found.errors.append((error, found.next_action, found.next_source))
    transitions: dict[str, Any] = {}
    if found.next_action is not None:
        transitions["NextAction"] = found.next_action
        sources[*here, "Transitions", "NextAction"] = (*found.next_source, "transition")
    if found.conditions:
        transitions["Conditions"] = [
            {"NextAction": target, "Condition": {"Operator": operator, "Operands": [operand]}}
            for operator, operand, target, _ in found.conditions
        ]
    if found.errors:
        transitions["Errors"] = [
            {"NextAction": target, "ErrorType": error} for error, target, _ in found.errors
        ]
    for kind, places in (
        ("Conditions", [place for *_, place in found.conditions]),
        ("Errors", [place for *_, place in found.errors]),
    ):
        for number, place in enumerate(places):
            sources[*here, "Transitions", kind, number] = place
            sources[*here, "Transitions", kind, number, "NextAction"] = (*place, "transition")
    action["Transitions"] = transitions
    return action


def _transitions(module: Module, names: Mapping[str, str], there: Pointer) -> _Transitions:
    """Sort the branches by their target form: `names` has `next`, `=operand`, `>operand` or an error type."""
    found = _Transitions()
    share = 0.0
    for number, branch in enumerate(module.branches):
        place = (*there, "branches", number)
        target = branch.get("transition")
        target = target if isinstance(target, str) else ""
        condition = str(branch.get("condition", ""))
        name = names.get(condition, condition)
        if name == "next":
            found.next_action, found.next_source = target, place
        elif name == "share":
            share += _number(branch.get("conditionValue"))
            # The number drawn is 1 to 100, and the bound is exclusive: 3 % are the numbers below 4.
            found.conditions.append(("NumberLessThan", f"{share + 1:g}", target, place))
        elif name == "condition":
            operator = str(branch.get("conditionType", "Equals"))
            value = _text(branch.get("conditionValue"))
            found.conditions.append((_OPERATORS.get(operator, operator), value, target, place))
        elif name[:1] == "=":
            found.conditions.append(("Equals", name[1:], target, place))
        elif name[:1] == ">":
            found.conditions.append(("NumberGreaterThan", name[1:], target, place))
        else:
            found.errors.append((name, target, place))
    return found


def _next_action(found: _Transitions) -> None:
    """Return NextAction; without a plain branch it repeats the target that the console would repeat."""
    if found.next_action is not None:
        return
    by_error = {error: (target, place) for error, target, place in found.errors}
    by_operand = {operand: (target, place) for _, operand, target, place in found.conditions}
    for choice in (
        by_error.get("NoMatchingCondition"),
        by_operand.get("DoneLooping"),
        by_operand.get("False"),
        by_operand.get("WaitCompleted"),
        by_error.get("NoMatchingError"),
    ):
        if choice is not None:
            found.next_action, found.next_source = choice
            return


def _layout(metadata: Any) -> dict[str, Any]:
    return dict(metadata) if isinstance(metadata, dict) else {}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0
