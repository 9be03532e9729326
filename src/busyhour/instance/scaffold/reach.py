"""What a call can meet from its entry: flows, actions, and the references of each, read statically."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from busyhour.calls.behaviour import any_digits
from busyhour.calls.policy import CallPolicy
from busyhour.flows.action_types import declared
from busyhour.flows.actions.functions import ARN_KEYS, function_name
from busyhour.flows.export.layout import shown_name
from busyhour.flows.library import FlowLibrary
from busyhour.flows.matching import number
from busyhour.flows.model import Action, Flow
from busyhour.flows.prompts import recordings
from busyhour.flows.references import find, text_of, walk

_CHOOSING = ("input", "lex", "participating", "branching")


@dataclass(slots=True)
class Reach:
    """What a call from one entry can meet.

    `computed` are the kinds whose targets are known in a call alone: any of them may be met.
    """

    flows: list[Flow] = field(default_factory=list)
    actions: list[tuple[Flow, Action]] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)
    """References to flows that are not in the library, with the name that the designer shows, empty without."""
    aliases: dict[str, str] = field(default_factory=dict)
    """References to flows that the library has by the name that the designer shows, with that name."""
    queues: dict[str, str] = field(default_factory=dict)
    """References to queues, with the name that the designer shows."""
    functions: dict[str, dict[str, str]] = field(default_factory=dict)
    """Names of functions, with what flows read of their responses, each with a value that a flow compares it with."""
    menus: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Key in [callers.menus] of each choice, with the choices that have a branch."""
    inputs: dict[str, str] = field(default_factory=dict)
    """Key in [callers.inputs] of each stored input, with a pattern of digits that it accepts."""
    recordings: dict[str, None] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)
    spellings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Every key that a scenario may have for each of `menus` and `inputs`."""
    texts: dict[str, str] = field(default_factory=dict)
    """What callers hear at each menu and input."""


def reach(library: FlowLibrary, entry: Flow) -> Reach:
    """Follow every branch, transfer, module and hook from `entry`."""
    found = Reach()
    waiting, seen = [entry], {id(entry)}
    while waiting:
        flow = waiting.pop(0)
        found.flows.append(flow)
        for action in _reachable(flow):
            found.actions.append((flow, action))
            for reference, shown in _flow_references(flow, action):
                if find(reference):
                    found.computed.add("flows")
                    continue
                target = library.resolve(reference)
                if target is None and shown and (target := library.resolve(shown)) is not None:
                    found.aliases[reference] = shown
                if target is None:
                    found.lost.setdefault(reference, shown)
                elif id(target) not in seen:
                    seen.add(id(target))
                    waiting.append(target)
    _collect(found)
    return found


def _reachable(flow: Flow) -> list[Action]:
    by_identifier = {action.identifier: action for action in flow.actions}
    waiting, seen = [flow.start], {flow.start}
    found: list[Action] = []
    while waiting:
        action = by_identifier.get(waiting.pop(0))
        if action is None:
            continue
        found.append(action)
        for target in action.targets():
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return found


def _flow_references(flow: Flow, action: Action) -> Iterator[tuple[str, str]]:
    parameters: Mapping[str, Any] = action.parameters
    for key in declared(action.type).flow_parameters:
        value = parameters.get(key)
        if isinstance(value, str) and value:
            yield value, shown_name(flow, action, key, "ContactFlow", "contactFlow")
    hooks = parameters.get("EventHooks")
    if action.behaviour == "event-hooks" and isinstance(hooks, Mapping):
        for value in hooks.values():
            if isinstance(value, str) and value:
                yield value, shown_name(flow, action, "EventHooks", "ContactFlow", "contactFlow")


def _collect(found: Reach) -> None:
    shown = [
        action.display_name or action.identifier
        for _, action in found.actions
        if action.behaviour in _CHOOSING
    ]
    for flow, action in found.actions:
        _resources(found, flow, action)
        if action.behaviour not in _CHOOSING:
            continue
        name = action.display_name or action.identifier
        if shown.count(name) > 1 or "/" in name:
            name = f"{flow.name}/{action.identifier}"
        choices = tuple(dict.fromkeys(one for condition in action.conditions for one in condition.operands))
        if action.behaviour == "input" and text_of(action.parameters.get("StoreInput")).lower() == "true":
            found.inputs[name] = _digits(action.parameters)
        elif choices and not any(find(one) for one in choices):
            found.menus[name] = choices
        else:
            continue
        display = action.display_name or action.identifier
        found.spellings[name] = (
            f"{flow.name}/{display}",
            f"{flow.name}/{action.identifier}",
            display,
            action.identifier,
        )
        text = action.parameters.get("Text") or action.parameters.get("SSML") or ""
        found.texts[name] = " ".join(text.split()) if isinstance(text, str) else ""


def _digits(parameters: Mapping[str, Any]) -> str:
    validation = parameters.get("InputValidation")
    custom = validation.get("CustomValidation") if isinstance(validation, Mapping) else None
    longest = number(custom.get("MaximumLength")) if isinstance(custom, Mapping) else None
    usual = CallPolicy().default_digits
    return any_digits(max(1, min(int(longest or usual), usual)))


def _resources(found: Reach, flow: Flow, action: Action) -> None:
    queue = action.parameters.get("QueueId")
    if isinstance(queue, str) and queue and action.behaviour in ("target-queue", "dequeue"):
        if find(queue):
            found.computed.add("queues")
        else:
            found.queues.setdefault(queue, shown_name(flow, action, "QueueId", "queue"))
    for value in (one for one in recordings(action.parameters) if one and not find(one)):
        found.recordings[value] = None
    if action.behaviour == "invoke-function":
        reference = next(
            (action.parameters[key] for key in ARN_KEYS if isinstance(action.parameters.get(key), str)), ""
        )
        if find(reference):
            found.computed.add("functions")
        elif reference:
            read = found.functions.setdefault(function_name(reference), {})
            for name, value in _read_after(flow, action).items():
                if not read.get(name):
                    read[name] = value


def _read_after(flow: Flow, invocation: Action) -> dict[str, str]:
    """Return what the flow reads of a function's response before it invokes the next one, with a compared value."""
    by_identifier = {action.identifier: action for action in flow.actions}
    waiting, seen = list(invocation.targets()), {invocation.identifier}
    read: dict[str, str] = {}
    while waiting:
        identifier = waiting.pop(0)
        action = by_identifier.get(identifier)
        if action is None or identifier in seen:
            continue
        seen.add(identifier)
        for _, reference in walk(action.parameters):
            if reference.root == "External" and len(reference.path) == 1:
                compared = next(
                    (one for each in action.conditions for one in each.operands if one and not find(one)), ""
                )
                name = reference.path[0]
                read[name] = read.get(name) or (compared if action.behaviour == "compare" else "")
        if action.behaviour != "invoke-function":
            waiting.extend(action.targets())
    return read
