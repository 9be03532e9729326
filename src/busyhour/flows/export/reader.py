"""Convert a document to a Flow, for both export formats, tolerating everything that real exports contain.

The contract rules judge the flow; only a document that cannot be a flow at all is rejected here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from busyhour.errors import did_you_mean
from busyhour.flows.export.document import INSIDE_HINT, Document, load
from busyhour.flows.export.legacy import FlowError, convert, is_legacy
from busyhour.flows.export.other_kinds import kind_of_object
from busyhour.flows.model import METADATA_TYPES, Action, Condition, ErrorBranch, Flow, FlowFormat, FlowType

__all__ = ["FlowError", "read", "read_file"]

_SHAPE_HINT = 'A flow has "StartAction" and "Actions" (2019-10-30), or "start" and "modules" (older exports).'


def read_file(path: Path, *, name: str | None = None, type: FlowType | None = None) -> Flow:
    """Read the exported flow at `path`.

    Raises:
        DocumentError: the file is not a JSON document.
        FlowError: the document is not a flow.
    """
    return read(load(path), name=name, type=type)


def read(document: Document, *, name: str | None = None, type: FlowType | None = None) -> Flow:
    """Make the flow in `document`; `name` and `type` override the export's.

    Raises:
        FlowError: the document is not a flow; the message has file, line and column.
    """
    data = document.data
    if is_legacy(data):
        converted = convert(document)
        return _flow(document, converted.data, FlowFormat.LEGACY, name, type)
    if not isinstance(data, dict):
        raise FlowError(
            f"is not a contact flow: it is {_kind(data)}, not an object", document, (), _SHAPE_HINT
        )
    if "Actions" not in data:
        kind = kind_of_object(data)
        near = next(
            (did_you_mean(key, ["Actions", "modules"]) for key in data if key.lower() == "actions"), ""
        )
        why = f'is not a contact flow: it has no "Actions".{near}'
        raise FlowError(
            f"is {kind}, not a contact flow" if kind else why.removesuffix("."),
            document,
            (),
            INSIDE_HINT if "StartAction" in document.text and "StartAction" not in data else _SHAPE_HINT,
        )
    return _flow(document, data, FlowFormat.MODERN, name, type)


def _flow(
    document: Document, data: Mapping[str, Any], form: FlowFormat, name: str | None, type: FlowType | None
) -> Flow:
    metadata = data.get("Metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    envelope = document.envelope
    raw_actions = data["Actions"]
    if not isinstance(raw_actions, list):
        raise FlowError(f'"Actions" is {_kind(raw_actions)}, not a list', document, ("Actions",), _SHAPE_HINT)
    layout = metadata.get("ActionMetadata")
    actions = tuple(
        _action(document, raw, index, layout if isinstance(layout, dict) else {})
        for index, raw in enumerate(raw_actions)
    )
    start = data.get("StartAction")
    settings = data.get("Settings")
    arn = envelope.get("Arn")
    return Flow(
        name=name
        or _first_text(envelope.get("Name"), metadata.get("name"), metadata.get("Name"), document.name),
        type=type or _type(document, data, metadata, actions),
        start=start if isinstance(start, str) else "",
        actions=actions,
        format=form,
        path=document.path,
        metadata=metadata,
        settings=settings if isinstance(settings, dict) else None,
        arn=arn if isinstance(arn, str) else None,
    )


def _type(
    document: Document, data: Mapping[str, Any], metadata: Mapping[str, Any], actions: tuple[Action, ...]
) -> FlowType | None:
    declared = document.envelope.get("Type")
    if isinstance(declared, str) and declared in FlowType.__members__:
        return FlowType(declared)
    if document.prefix[:1] == ("ContactFlowModule",):
        return FlowType.MODULE
    exported_type = metadata.get("type")
    if isinstance(exported_type, str):
        if exported_type in METADATA_TYPES:
            return METADATA_TYPES[exported_type]
        if exported_type in FlowType.__members__:
            return FlowType(exported_type)
    if "Settings" in data or any(action.behaviour == "end-module" for action in actions):
        return FlowType.MODULE
    return None


def _action(document: Document, raw: Any, index: int, layout: Mapping[str, Any]) -> Action:
    here = ("Actions", index) if not is_legacy(document.data) else ("modules", index)
    if not isinstance(raw, dict):
        raise FlowError(f"action {index} is {_kind(raw)}, not an object", document, here)
    identifier = raw.get("Identifier")
    if not isinstance(identifier, str):
        problem = "has no" if identifier is None else f"has {_kind(identifier)} for"
        raise FlowError(f'action {index} {problem} "Identifier"', document, (*here, "Identifier"))
    kind = raw.get("Type")
    if not isinstance(kind, str):
        problem = "has no" if kind is None else f"has {_kind(kind)} for"
        raise FlowError(f'action {identifier!r} {problem} "Type"', document, (*here, "Type"))
    for key in ("Parameters", "Transitions"):
        if not isinstance(raw.get(key) or {}, dict):
            found = _kind(raw[key])
            raise FlowError(
                f'"{key}" of action {identifier!r} is {found}, not an object', document, (*here, key)
            )
    transitions = raw.get("Transitions") or {}
    next_action = transitions.get("NextAction")
    return Action(
        identifier=identifier,
        type=kind,
        parameters=raw.get("Parameters") or {},
        next_action=next_action if isinstance(next_action, str) else None,
        conditions=tuple(_condition(one) for one in _objects(transitions.get("Conditions"))),
        errors=tuple(
            ErrorBranch(_first_text(one.get("ErrorType")), _first_text(one.get("NextAction")))
            for one in _objects(transitions.get("Errors"))
        ),
        index=index,
        display_name=_display_name(identifier, layout.get(identifier)),
    )


def _condition(raw: Mapping[str, Any]) -> Condition:
    inner = raw.get("Condition")
    inner = inner if isinstance(inner, dict) else {}
    operands = inner.get("Operands")
    return Condition(
        operator=_first_text(inner.get("Operator")),
        operands=tuple(_scalar(one) for one in operands) if isinstance(operands, list) else (),
        target=_first_text(raw.get("NextAction")),
    )


def _display_name(identifier: str, layout: Any) -> str:
    """Return the name in the designer: a readable identifier itself, else a name in the layout."""
    if isinstance(layout, dict) and not layout.get("isFriendlyName"):
        for key in ("name", "displayName"):
            if isinstance(layout.get(key), str) and layout[key]:
                return str(layout[key])
    return identifier


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _first_text(*values: Any) -> str:
    return next((value for value in values if isinstance(value, str) and value), "")


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    return value if isinstance(value, str) else str(value)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"
