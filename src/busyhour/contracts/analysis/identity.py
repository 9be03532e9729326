"""Names and type of a flow as its export gives them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from busyhour.flows.action_types import types_of
from busyhour.flows.model import METADATA_TYPES, FlowType

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.contracts.flow_view import FlowView


def name_of(flow: FlowView) -> str:
    """Return the flow's name in the export, else the file's stem."""
    envelope = flow.document.envelope if flow.document is not None else {}
    for declared in (envelope.get("Name"), flow.metadata.get("name"), flow.metadata.get("Name")):
        if isinstance(declared, str) and declared:
            return declared
    return Path(flow.path).stem or flow.path


def type_of(flow: FlowView) -> FlowType | None:
    """Return the type that the export gives, None without one."""
    if flow.document is not None:
        declared = flow.document.envelope.get("Type")
        if isinstance(declared, str) and declared in FlowType.__members__:
            return FlowType(declared)
        if flow.document.prefix[:1] == ("ContactFlowModule",):
            return FlowType.MODULE
    exported_type = flow.metadata.get("type")
    if isinstance(exported_type, str):
        if exported_type in METADATA_TYPES:
            return METADATA_TYPES[exported_type]
        if exported_type in FlowType.__members__:
            return FlowType(exported_type)
    if flow.data.__class__ is dict and "Settings" in flow.data:
        return FlowType.MODULE
    if not flow.types.isdisjoint(types_of("end-module")):
        return FlowType.MODULE
    return _FOLDERS.get(_plain(Path(flow.path).parent.name))


def _plain(name: str) -> str:
    """Return the letters of a name in lower case, without a plural's s."""
    return re.sub(r"[^a-z]", "", name.lower()).removesuffix("s")


_FOLDERS = {
    key: type
    for type in FlowType
    if type not in (FlowType.CONTACT_FLOW, FlowType.MODULE)
    for key in (_plain(type.value), _plain(type.value) + "flow")
} | dict.fromkeys(("flowmodule", "contactflowmodule"), FlowType.MODULE)
"""Types of flows by the folder that they are in; a folder of contact flows can have any."""


def display_name(flow: FlowView, action: ActionView) -> str:
    """Return the name in the designer: a readable identifier, a name in the layout, else the type."""
    layout = flow.action_metadata.get(action.identifier)
    if layout.__class__ is dict and layout.get("isFriendlyName"):
        return action.identifier
    if layout.__class__ is dict:
        for key in ("name", "displayName"):
            if isinstance(layout.get(key), str) and layout[key]:
                return str(layout[key])
    return action.identifier
