"""Resources that a flow refers to, looked up in the instance that publishes it.

A queue, prompt, flow, module, user or hours of operation must be one of the instance, by id or ARN; an ARN of another
instance, Region or account is not. Functions, bots and views are not looked up: CreateContactFlow accepted the ARN of any
function (live, September 2026). References such as `$.Attributes.queue` are resolved in a call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import FlowResource, Instance
from busyhour.emulator.connect.resources.kinds import Kind

_KINDS: Mapping[str, Kind] = {
    "QueueId": kinds.QUEUE,
    "PromptId": kinds.PROMPT,
    "ContactFlowId": kinds.FLOW,
    "ContactFlowArn": kinds.FLOW,
    "FlowModuleId": kinds.MODULE,
    "HoursOfOperationId": kinds.HOURS,
    "AgentId": kinds.USER,
}
"""Kind of resource by the name of the parameter, wherever in Parameters it is."""
_HOOKS = "EventHooks"
"""UpdateContactEventHooks: each value of this map is a flow."""
_ELSEWHERE: Mapping[str, re.Pattern[str]] = {
    "LambdaFunctionARN": re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:\S+"),
    "AliasArn": re.compile(r"arn:aws[\w-]*:lex:[\w-]+:\d{12}:bot-alias/\S+/\S+"),
}
"""ARNs of other services: only their form is checked, so that a placeholder is refused."""
_LATEST = ("$LATEST", "$SAVED")


def unknown_references(instance: Instance, data: Any) -> list[str]:
    """Return a problem in Connect's wording for each reference of a flow's content that is not in the instance."""
    actions = data.get("Actions") if isinstance(data, dict) else None
    problems = []
    for index, action in enumerate(actions if isinstance(actions, list) else ()):
        parameters = action.get("Parameters") if isinstance(action, dict) else None
        for path, name, value in _texts(parameters, "Parameters", ""):
            if not _known(instance, name, value):
                problems.append(f"Invalid Action property value. Path: Actions[{index}].{path}")
    return problems


def _texts(value: Any, path: str, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield path, name and text of every text inside a parameter; a value of EventHooks has the name of a flow's."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}", "ContactFlowId" if name == _HOOKS else key)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{number}]", name)
    elif isinstance(value, str):
        yield path, name, value


def _known(instance: Instance, name: str, value: str) -> bool:
    if value.startswith("$."):
        return True
    pattern = _ELSEWHERE.get(name)
    if pattern is not None:
        return "$." in value or pattern.fullmatch(value) is not None
    kind = _KINDS.get(name)
    return kind is None or _found(instance, kind, value)


def _found(instance: Instance, kind: Kind, value: str) -> bool:
    prefix = f"{instance.arn}/{kind.segment}/"
    if value.startswith("arn:") and not value.startswith(prefix):
        return False
    identity, _, version = value.removeprefix(prefix).partition(":")
    found = instance.get(kind, identity)
    if found is None or not version or version in _LATEST:
        return found is not None
    return isinstance(found, FlowResource) and found.at_version(version) is not None
