"""Access to parts of a flow as JSON data, and edits of them: building blocks of the mutations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from busyhour.contracts.schema.store import SchemaStore, shipped_schemas

Data = dict[str, Any]
Edit = Callable[[], Any]


def schemas() -> SchemaStore:
    """Return the schemas that ship with busyhour."""
    return shipped_schemas()


def actions_of(flow: Data, *types: str) -> Iterator[Data]:
    """Return the actions of the given types; all without a type."""
    for action in flow["Actions"]:
        if not types or action["Type"] in types:
            yield action


def terminal(action: Data) -> bool:
    """Whether the action ends the flow."""
    return bool(schemas().action(action["Type"]).get("x-terminal"))


def errors_of(action: Data) -> list[Data]:
    """Return the error branches of an action."""
    found: list[Data] = action.get("Transitions", {}).get("Errors") or []
    return found


def conditions_of(action: Data) -> list[Data]:
    """Return the conditions of an action."""
    found: list[Data] = action.get("Transitions", {}).get("Conditions") or []
    return found


def parameters_of(action: Data) -> Data:
    """Return the parameters of an action."""
    found: Data = action.get("Parameters") or {}
    return found


def put(holder: Any, key: Any, value: Any) -> Edit:
    """Set a member."""
    return lambda: holder.__setitem__(key, value)


def drop(holder: Any, key: Any) -> Edit:
    """Remove a member."""
    return lambda: holder.pop(key)


def renamed(flow: Data, action: Data, name: str) -> Edit:
    """Give an action another identifier and update all transitions to it."""
    old = action["Identifier"]

    def edit() -> None:
        action["Identifier"] = name
        if flow["StartAction"] == old:
            flow["StartAction"] = name
        layout = flow.get("Metadata", {}).get("ActionMetadata", {})
        if old in layout:
            layout[name] = layout.pop(old)
        for other in flow["Actions"]:
            transitions = other.get("Transitions", {})
            for holder in (transitions, *errors_of(other), *conditions_of(other)):
                if holder.get("NextAction") == old:
                    holder["NextAction"] = name

    return edit


def targets(flow: Data) -> Iterator[tuple[str, Data]]:
    """Return (kind of branch, object with its NextAction) of every branch."""
    for action in flow["Actions"]:
        if "NextAction" in action.get("Transitions", {}):
            yield "next", action["Transitions"]
        for one in errors_of(action):
            yield "error", one
        for one in conditions_of(action):
            yield "condition", one


def strings(
    holder: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Any, Any]]:
    """Return (path, container, key) of every non-empty string inside."""
    items = (
        holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ()
    )
    for key, value in items:
        if isinstance(value, str) and value:
            yield (*path, key), holder, key
        else:
            yield from strings(value, (*path, key))
