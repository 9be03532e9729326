"""Names in exported flows: just enough to check that a scenario's names exist.

Flows are parsed by `flows.export.reader`. A file that is not a flow passes here, and is rejected there with
its own message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from busyhour.input_files import parse_json, read_text


@dataclass(frozen=True, slots=True)
class FlowNames:
    """Names in one export: the flow, the file's stem, and the actions (None if unknown)."""

    name: str
    stem: str
    actions: frozenset[str] | None


def look(path: Path) -> FlowNames:
    """Read the names in the export at `path`; only the file's stem if it cannot be read."""
    unknown = FlowNames(path.stem, path.stem, None)
    try:
        data = parse_json(read_text(path, encoding="utf-8-sig"))
    except (OSError, ValueError):
        return unknown
    given_name = None
    for wrapper in ("ContactFlow", "ContactFlowModule"):
        if isinstance(data, dict) and isinstance(data.get(wrapper), dict) and "Content" in data[wrapper]:
            envelope = data[wrapper]
            given_name, data = envelope.get("Name"), envelope["Content"]
            if isinstance(data, str):
                try:
                    data = parse_json(data)
                except ValueError:
                    data = None
            break
    if not isinstance(data, dict):
        return FlowNames(_text(given_name) or path.stem, path.stem, None)
    metadata = data.get("Metadata", data.get("metadata"))
    metadata = metadata if isinstance(metadata, dict) else {}
    name = _text(given_name) or _text(metadata.get("name")) or _text(metadata.get("Name")) or path.stem
    return FlowNames(name, path.stem, _actions(data, metadata))


def resolve(name: str, flows: Sequence[FlowNames]) -> str | None:
    """Return the name of the flow that `name` refers to, by name or file name with or without .json.

    None if unknown.

    If two flows have one name, the first has it, and the other is called by its file's stem.
    """
    if any(flow.name == name for flow in flows):
        return name
    stem = name.removesuffix(".json")
    found = next((flow for flow in flows if flow.stem == stem), None)
    if found is None:
        return None
    return found.name if next(flow for flow in flows if flow.name == found.name) is found else stem


def _actions(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> frozenset[str] | None:
    """Return identifiers and display names.

    None for the older format, whose actions get their names when converted.
    """
    actions = data.get("Actions")
    if not isinstance(actions, list):
        return None
    layout = metadata.get("ActionMetadata")
    layout = layout if isinstance(layout, dict) else {}
    names = set()
    for action in actions:
        identifier = action.get("Identifier") if isinstance(action, dict) else None
        if not isinstance(identifier, str):
            continue
        names.add(identifier)
        shown = layout.get(identifier)
        if isinstance(shown, dict):
            names.update(text for key in ("name", "displayName") if (text := _text(shown.get(key))))
    return frozenset(names)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
