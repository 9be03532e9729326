"""What differs between two versions of a flow, in terms of what callers notice; layout and identifiers do not count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from busyhour.flowdiff.matching import branches, match
from busyhour.flows.layout import shown_name
from busyhour.flows.model import Action, Flow


class Kind(StrEnum):
    """What a change is about; in the order in which changes are listed."""

    FLOW = "flow"
    PROMPT = "prompt"
    MENU = "menu"
    QUEUE = "queue"
    LAMBDA = "lambda"
    TIMEOUT = "timeout"
    ROUTE = "route"
    """Where a branch leads."""
    ACTION = "action"
    """An action that is new or gone and is none of the above."""
    SETTING = "setting"


NOTICED = frozenset(Kind) - {Kind.SETTING}
"""Kinds that callers may notice."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `before` and `after` are texts, None where there was or is nothing."""

    flow: str
    kind: Kind
    action: str
    what: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        place = f"{self.flow}: {self.action}: " if self.action else f"{self.flow}: "
        if self.before is None:
            return f"{place}{self.what} new: {self.after}" if self.after else f"{place}{self.what} new"
        if self.after is None:
            return f"{place}{self.what} gone: {self.before}" if self.before else f"{place}{self.what} gone"
        return f"{place}{self.what}: {self.before} -> {self.after}"


_MADE_UP = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""An identifier that the designer made up."""
_PROMPTS = ("Text", "SSML", "PromptId", "Media", "Messages", "SourceType")
_QUEUES = ("QueueId", "AgentId")
_NAMES = {
    "QueueId": ("queue",),
    "ContactFlowId": ("ContactFlow", "contactFlow"),
    "PromptId": ("promptName", "audio"),
}
"""Where older layouts keep the name of what a parameter refers to."""


def diff(old: Mapping[str, Flow], new: Mapping[str, Flow]) -> list[Change]:
    """All changes between two sets of flows, by flow and kind; a flow is known by its key."""
    found = [Change(name, Kind.FLOW, "", "flow", "", None) for name in old.keys() - new.keys()]
    found += [Change(name, Kind.FLOW, "", "flow", None, "") for name in new.keys() - old.keys()]
    for name in old.keys() & new.keys():
        found += diff_flow(name, old[name], new[name])
    order = list(Kind)
    return sorted(found, key=lambda change: (change.flow, order.index(change.kind)))


def diff_flow(name: str, old: Flow, new: Flow) -> list[Change]:
    """Changes between two versions of one flow."""
    partners = match(old, new)
    before, after = old.by_identifier(), new.by_identifier()
    found: list[Change] = []
    if old.type is not None and new.type is not None and old.type != new.type:
        found.append(Change(name, Kind.FLOW, "", "type", old.type.value, new.type.value))
    if old.start and new.start and partners.get(old.start) != new.start:
        found.append(
            Change(name, Kind.ROUTE, "", "starts at", _label(old, old.start), _label(new, new.start))
        )
    for one, other in partners.items():
        found += _parameters(name, old, before[one], new, after[other])
        found += _branches(name, old, before[one], new, after[other], partners)
    taken = set(partners.values())
    for identifier, action in before.items():
        if identifier not in partners:
            kind = _kind_of(action)
            found.append(Change(name, kind, _shown(action), action.type, _essence(old, action), None))
    for identifier, action in after.items():
        if identifier not in taken:
            kind = _kind_of(action)
            found.append(Change(name, kind, _shown(action), action.type, None, _essence(new, action)))
    return found


def _shown(action: Action) -> str:
    name = action.display_name or action.identifier
    return f"{action.type} {name[:8]}" if _MADE_UP.fullmatch(name) else name


def shown(one: Action, other: Action) -> str:
    """The name of an action that both versions have: the newer one's, unless only the older one has one that reads."""
    return _shown(one) if _MADE_UP.fullmatch(other.display_name or other.identifier) else _shown(other)


def _label(flow: Flow, identifier: str) -> str:
    action = flow.by_identifier().get(identifier)
    return f"{_shown(action)!r}" if action is not None else f"{identifier!r} (not there)"


def _kind_of(action: Action) -> Kind:
    """What an action as a whole is about."""
    if action.type == "InvokeLambdaFunction":
        return Kind.LAMBDA
    if action.type == "GetParticipantInput":
        return Kind.MENU
    if any(key in action.parameters for key in _PROMPTS):
        return Kind.PROMPT
    if action.type in (
        "UpdateContactTargetQueue",
        "TransferContactToQueue",
        "DequeueContactAndTransferToQueue",
    ):
        return Kind.QUEUE
    return Kind.ACTION


def _essence(flow: Flow, action: Action) -> str:
    """The parameters that say most, as one text."""
    leaves = dict(_leaves(flow, action, action.parameters))
    wanted = [value for path, value in leaves.items() if _kind(action, path) is not Kind.SETTING]
    return ", ".join(wanted or list(leaves.values()))[:200]


def _parameters(name: str, old: Flow, one: Action, new: Flow, other: Action) -> Iterator[Change]:
    before = dict(_leaves(old, one, one.parameters))
    after = dict(_leaves(new, other, other.parameters))
    for path in dict.fromkeys((*before, *after)):
        if before.get(path) != after.get(path):
            kind = _kind(other, path)
            yield Change(name, kind, shown(one, other), path, before.get(path), after.get(path))


def _kind(action: Action, path: str) -> Kind:
    """What a parameter is about."""
    first = path.partition(".")[0].partition("[")[0]
    last = path.rpartition(".")[2]
    if (
        "TimeLimit" in last
        or "Timeout" in last
        or last in ("InvocationTimeLimitSeconds", "InterruptFrequencySeconds")
    ):
        return Kind.TIMEOUT
    if first in _PROMPTS:
        return Kind.PROMPT
    if first in _QUEUES and action.type != "CheckMetricData":
        return Kind.QUEUE
    if action.type == "InvokeLambdaFunction":
        return Kind.LAMBDA
    if first == "ContactFlowId":
        return Kind.ROUTE
    return Kind.SETTING


def _leaves(flow: Flow, action: Action, value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value below `value` with its path; what refers to a resource is its name, where the layout has it."""
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from _leaves(flow, action, value[key], f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for i, each in enumerate(value):
            yield from _leaves(flow, action, each, f"{path}[{i}]")
    else:
        text = "null" if value is None else str(value)
        if path in _NAMES and isinstance(value, str) and not value.startswith("$"):
            text = shown_name(flow, action, path, *_NAMES[path]) or text
        yield path, text


def _branches(
    name: str, old: Flow, one: Action, new: Flow, other: Action, partners: Mapping[str, str]
) -> Iterator[Change]:
    before, after = branches(one), branches(other)
    menu = other.type in ("GetParticipantInput", "ConnectParticipantWithLexBot", "ShowView")
    there = old.by_identifier()
    moved: dict[tuple[str | None, str | None], list[str]] = {}
    for label in dict.fromkeys((*before, *after)):
        source, target = before.get(label), after.get(label)
        partner = partners.get(source) if source in there else source
        if source is not None and target is not None and partner == target:
            continue
        ends = (
            None if source is None else _label(old, source),
            None if target is None else _label(new, target),
        )
        if menu and label.startswith("Equals "):
            yield Change(name, Kind.MENU, shown(one, other), f"choice {label.removeprefix('Equals ')}", *ends)
        else:
            moved.setdefault(ends, []).append(label)
    for ends, labels in moved.items():
        words = "branch" if len(labels) == 1 else "branches"
        yield Change(name, Kind.ROUTE, shown(one, other), f"{words} {', '.join(labels)}", *ends)


def noticed(changes: Sequence[Change]) -> list[Change]:
    """Those that callers may notice."""
    return [change for change in changes if change.kind in NOTICED]
