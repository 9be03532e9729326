"""Origin of values: what the caller gives and what a function gives, also through contact attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from busyhour.contracts.analysis.dataflow import find
from busyhour.flows.action_types import types_of

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.contracts.flow_view import FlowView
    from busyhour.flows.references import Reference

CALLER = "the caller"
"""The caller gives the value."""

FUNCTION = "a function"
"""A Lambda function returns the value."""

_ROOTS = {
    "StoredCustomerInput": CALLER,
    "AgenticCX": CALLER,
    "External": FUNCTION,
    "LambdaInvocation": FUNCTION,
    "ExternalTool": FUNCTION,
}
_MEMBERS = {
    "Lex": (frozenset({"Slots", "SessionAttributes"}), CALLER),
    "Media": (frozenset({"Headers"}), CALLER),
}
"""Roots of which the members below one of these names come from outside."""

_DEPTH = 4
"""Values copied into attributes are followed this far."""


class Source(NamedTuple):
    """One origin of a value: `who` gives it, and each reading on the way, the first one first.

    A reading is the flow, the index of the action and the reference.
    """

    who: str
    readings: tuple[tuple[FlowView, int, Reference], ...]


def sources(flow: FlowView, at: int, reference: Reference) -> Iterator[Source]:
    """Return the origins outside the flows of a value that the action with index `at` reads.

    Contact attributes, flow attributes, inputs and results of modules are followed to where they are set.
    """
    yield from _sources(((flow, at, reference),))


def _sources(readings: tuple[tuple[FlowView, int, Reference], ...]) -> Iterator[Source]:
    flow, _, reference = readings[-1]
    root, path = reference.root, reference.path
    names, giver = _MEMBERS.get(root, (frozenset(), ""))
    who = giver if names.intersection(path) else _ROOTS.get(root, "")
    if who:
        yield Source(who, readings)
    elif path and len(readings) <= _DEPTH:
        for other, at, value in _set(flow, root, path):
            for inner in find(value) if isinstance(value, str) and "$" in value else ():
                yield from _sources((*readings, (other, at, inner)))


def _set(flow: FlowView, root: str, path: tuple[str, ...]) -> Iterator[tuple[FlowView, int, Any]]:
    """Return where a value is set: the flow, the index of the action, and what it is set to."""
    flow_set, key = flow.project.flow_set, ".".join(path)
    if root == "Attributes":
        for one, action, value in flow_set.attribute_values.get(key, ()):
            yield one, action.index, value
    elif root == "FlowAttributes":
        for action in flow.of_type(*types_of("flow-attributes")):
            yield flow, action.index, _inside(action.parameters, "FlowAttributes", path[0], "Value")
    elif root == "Modules" and path[0] == "Input":
        for reference, module in flow_set.resolved:
            if module is flow:
                given = _inside(reference.action.parameters, "Input", *path[1:])
                yield reference.source, reference.action.index, given
    elif root == "Modules" and path[0] == "ResultData":
        for _, module in flow_set.resolved_of(flow):
            for action in module.of_type(*types_of("end-module")):
                yield module, action.index, _inside(action.parameters, "ResultData", *path[1:])


def _inside(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def entered_unchecked(flow: FlowView, at: int) -> bool:
    """Whether the stored input that the action reads may be any digits.

    It is not where every store block that leads there asks for a number of one country.
    """
    before = flow.graph.predecessors
    seen, waiting, asked = {at}, [at], False
    while waiting:
        for index in before[waiting.pop()]:
            action = flow.actions[index]
            if action.behaviour == "input" and str(action.parameters.get("StoreInput")).lower() == "true":
                asked = True
                validation = _inside(action.parameters, "InputValidation", "PhoneNumberValidation")
                if _inside(validation, "NumberFormat") != "Local":
                    return True
            elif index not in seen:
                seen.add(index)
                waiting.append(index)
    return not asked


SECRET = re.compile(
    r"\b(?:(?:credit|debit|payment)[ _-]?card(?:[ _-]?number)?|card[ _-]?(?:number|no)|cvv2?|cvc|security[ _-]?code"
    r"|pin(?:[ _-]?(?:code|number))?|social[ _-]?security(?:[ _-]?number)?|ssn|pass[ _-]?code|password"
    r"|passport[ _-]?(?:number|no)|national[ _-]?insurance[ _-]?number|driver'?s?[ _-]?licen[cs]e[ _-]?(?:number|no))\b",
    re.IGNORECASE,
)
"""Names of card and identity numbers, as prompts and attributes have them."""

_PART = re.compile(r"\blast[ _-]?(?:4|four|two|2|three|3|five|5|six|6)\b", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def confidential(text: str) -> bool:
    """Whether a prompt or a name is about a whole card or identity number, not its last digits."""
    text = _CAMEL.sub(" ", text).replace("_", " ")
    return SECRET.search(text) is not None and _PART.search(text) is None


_ASKS = re.compile(
    r"\b(?:enter|type|key in|input|say|provide|give|tell|dial|what is|what's)\b", re.IGNORECASE
)


def asks_for_secret(action: ActionView) -> bool:
    """Whether a store block asks for a card or identity number and keeps it unencrypted."""
    parameters = action.parameters
    if str(parameters.get("StoreInput")).lower() != "true" or "InputEncryption" in parameters:
        return False
    texts = [parameters.get(key) for key in ("Text", "SSML")]
    return any(isinstance(one, str) and confidential(one) and _ASKS.search(one) for one in texts)


def carries_secret(flow: FlowView) -> Mapping[int, frozenset[int]]:
    """Return for each store block that asks for a secret the actions that can run while the value is still stored.

    The value is stored until another input block, which replaces it. Keys and members are indices.
    """
    found: dict[int, frozenset[int]] = {}
    for action in flow.by_type.get("GetParticipantInput", ()):
        if not asks_for_secret(action) or not flow.graph.reachable[action.index]:
            continue
        seen: set[int] = set()
        waiting = [edge.target for edge in flow.followed[action.index] if edge.kind != "error"]
        while waiting:
            at = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            if flow.actions[at].type != "GetParticipantInput":
                waiting += [edge.target for edge in flow.followed[at]]
        found[action.index] = frozenset(seen)
    return found
