"""Names of queues, flows and recorded prompts that occur only in an export's layout (`Metadata.ActionMetadata`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from busyhour.flows.model import Action, Flow
from busyhour.flows.references import find


def entry(flow: Flow, action: Action) -> Mapping[str, Any]:
    """Return the action's entry in the layout, empty without one."""
    entries = flow.metadata.get("ActionMetadata")
    found = entries.get(action.identifier) if isinstance(entries, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def shown_name(flow: Flow, action: Action, parameter: str, *keys: str) -> str:
    """Return the designer's name for the resource in `parameter`; older exports have it under one of `keys`."""
    layout = entry(flow, action)
    parameters = layout.get("parameters")
    newer = parameters.get(parameter) if isinstance(parameters, Mapping) else None
    for value in (newer, *(layout.get(key) for key in keys)):
        if isinstance(value, Mapping):
            value = value.get("displayName") or value.get("text")
        if isinstance(value, str) and value:
            return value
    return ""


def queue_names(flows: Iterable[Flow]) -> dict[str, tuple[str, str]]:
    """Return (name, ARN) of every queue in a layout, by the id or ARN that the flow uses."""
    names: dict[str, tuple[str, str]] = {}
    for flow in flows:
        for action in flow.actions:
            queue = action.parameters.get("QueueId")
            if isinstance(queue, str) and queue and not find(queue):
                name = shown_name(flow, action, "QueueId", "queue")
                if name:
                    names.setdefault(queue, (name, queue if queue.startswith("arn:") else ""))
    return names
