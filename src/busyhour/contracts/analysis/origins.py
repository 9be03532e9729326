"""Origin of values: what the caller gives and what a function gives, also through contact attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from busyhour.contracts.analysis.dataflow import attributes_set, find
from busyhour.flows.action_types import types_of

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.contracts.flow_view import FlowView
    from busyhour.flows.references import Reference

CALLER = "the caller"
"""The caller gives the value."""

FUNCTION = "a function"
"""A Lambda function returns the value."""

_ROOTS = {"StoredCustomerInput": CALLER, "External": FUNCTION}
_FROM_CALLER = frozenset({"Slots", "SessionAttributes"})
_DEPTH = 4
"""Attributes copied into attributes are followed this far."""


def origin(flow: FlowView, reference: Reference, depth: int = 0) -> str:
    """Return who gives the value of a reference, `CALLER` or `FUNCTION`; empty where neither is shown.

    A contact attribute has the origin of what this flow, or else another flow of the project, sets it to.
    """
    root, path = reference.root, reference.path
    if root in _ROOTS:
        return _ROOTS[root]
    if root == "Lex":
        return CALLER if path and path[0] in _FROM_CALLER else ""
    if root != "Attributes" or depth >= _DEPTH:
        return ""
    key = ".".join(path)
    found = ""
    for value in _values(flow, key):
        for inner in find(value):
            found = origin(flow, inner, depth + 1)
            if found == CALLER:
                return found
    return found


def _values(flow: FlowView, key: str) -> Iterator[str]:
    flow_set = flow.project.flow_set
    for one in (flow, *(other for other in flow_set.flows if other is not flow)):
        if one is flow or id(one) in flow_set.setters.get(key, ()):
            for action in one.of_type(*types_of("attributes")):
                value = attributes_set(action).get(key)
                if isinstance(value, str) and "$" in value:
                    yield value


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
