"""Live-variable analysis: drop contact state no flow can still read, so that equivalent states merge.

A value that no flow reads from here on cannot change the future of the call. Without this, a thousand callers
who entered a thousand ticket numbers would be a thousand states until they hang up; with it they are one
again as soon as the number was looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from busyhour.flows.call import Call
from busyhour.flows.library import FlowLibrary
from busyhour.flows.model import Action, Flow, FlowType
from busyhour.flows.references import find, walk

_EXTERNAL, _STORED = "External", "StoredCustomerInput"
_FOLLOWED = (_EXTERNAL, _STORED)
"""Stores that are followed action by action; any other store is live if some flow reads it at all."""
_IN_EVENTS = frozenset(
    {"LanguageCode", "CustomerId", "Description", "MediaStreams", "Name", "References", "Tags"}
)
"""Stores that are part of a Lambda function's event."""

Place = tuple[str, str]
"""Name of a flow, identifier of an action in it."""


class StateReducer:
    """Drops the state that no flow of a library reads any more.

    Args:
        library: the flows. attributes: contact attributes that functions read; None: keep all.
    """

    def __init__(self, library: FlowLibrary, attributes: frozenset[str] | None = frozenset()) -> None:
        self._attributes = attributes
        read = {(root, path) for flow in library for action in flow.actions for root, path in _read(action)}
        self._roots = {root for root, _ in read} | _IN_EVENTS
        self._read_attributes = _names(read, "Attributes")
        self._read_flow_attributes = _names(read, "FlowAttributes")
        self._live: dict[Place, frozenset[str]] = {}
        starts: set[str] = set()
        for flow in library:
            live = _live(flow)
            for identifier, roots in live.items():
                place = (flow.name, identifier)
                self._live[place] = self._live.get(place, frozenset()) | roots
            if flow.type is not FlowType.MODULE:
                starts |= live.get(flow.start, frozenset())
        self._anywhere = frozenset(starts)
        """Stores that some flow reads before it fills them: they are live across every transfer."""

    def forget(self, call: Call) -> None:
        """Remove all dead state from the call. The call must be a copy of its own (see `flows.fork`)."""
        live = self._at(call.flow_name, call.current_action)
        if _EXTERNAL not in live:
            call.external = None
        if _STORED not in live:
            call.stored_input = None
        for frame in call.frames or ():
            after = self._at(frame.node.flow.name, frame.node.identifier)
            if _EXTERNAL not in after:
                frame.external = None
            if _STORED not in after:
                frame.stored_input = None
            if "Lex" not in self._roots:
                frame.lex = None
        if self._attributes is not None and self._read_attributes is not None:
            kept = self._read_attributes | self._attributes
            call.attributes = {key: value for key, value in call.attributes.items() if key in kept}
        if call.flow_attributes and self._read_flow_attributes is not None:
            kept = self._read_flow_attributes
            call.flow_attributes = {k: v for k, v in call.flow_attributes.items() if k in kept}
        if call.extras:
            call.extras = {key: value for key, value in call.extras.items() if key in self._roots} or None

    def _at(self, flow: str, action: str) -> frozenset[str]:
        return self._live.get((flow, action), frozenset()) | self._anywhere


def _read(action: Action) -> Iterator[tuple[str, tuple[str, ...]]]:
    for _, reference in walk(dict(action.parameters)):
        yield reference.root, reference.path
    for condition in action.conditions:
        for _, reference in walk(list(condition.operands)):
            yield reference.root, reference.path


def _names(read: Iterable[tuple[str, tuple[str, ...]]], root: str) -> frozenset[str] | None:
    """Return the names under a root that are read; None if the root is read as a whole."""
    paths = [path for one, path in read if one == root]
    return None if () in paths else frozenset(".".join(path) for path in paths)


def _live(flow: Flow) -> dict[str, frozenset[str]]:
    """Compute the stores that are read at each action or after it, before they are filled again."""
    live: dict[str, set[str]] = {
        action.identifier: {root for root, _ in _read(action) if root in _FOLLOWED} for action in flow.actions
    }
    changed = True
    while changed:
        changed = False
        for action in reversed(flow.actions):
            here = live[action.identifier]
            before = len(here)
            filled = _filled(action)
            for target in action.targets():
                here |= live.get(target, set()) - (filled if target == _success(action) else set())
            changed |= len(here) > before
    return {identifier: frozenset(roots) for identifier, roots in live.items()}


def _filled(action: Action) -> set[str]:
    """Return the stores that the action fills when it succeeds."""
    if action.behaviour == "invoke-function":
        asynchronous = str(action.parameters.get("InvocationType")).upper() == "ASYNCHRONOUS"
        return set() if asynchronous else {_EXTERNAL}
    if action.behaviour == "input" and str(action.parameters.get("StoreInput")) == "True":
        return {_STORED}
    return set()


def _success(action: Action) -> str | None:
    """Return the target that only success leads to; None if errors lead there too."""
    following = action.next_action
    elsewhere = [one.target for one in action.conditions] + [one.target for one in action.errors]
    return None if following in elsewhere else following


def are_opaque(library: FlowLibrary, length: int) -> bool:
    """Whether no condition of any flow distinguishes inputs of `length` random digits."""
    roots = {"StoredCustomerInput", "Attributes", "FlowAttributes", "Modules"}
    for flow in library:
        for action in flow.actions:
            if not any(reference.root in roots for _, reference in walk(dict(action.parameters))):
                continue
            for one in action.conditions:
                met = any(find(text) or (text.isdecimal() and len(text) == length) for text in one.operands)
                if one.operator != "Equals" or met:
                    return False
    return True
