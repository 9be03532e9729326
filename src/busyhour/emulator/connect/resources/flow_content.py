"""Validation of contact flow content as by Connect on publish. Problem messages are a sentence and a path.

These are minimum requirements; a stricter checker (the flow contracts) can be passed in.
"""

from __future__ import annotations

from collections.abc import Callable

from busyhour.errors import BusyhourError
from busyhour.flows.export.document import parse
from busyhour.flows.export.reader import read
from busyhour.flows.model import Flow, FlowType

VERSION = "2019-10-30"
_FORMAT = "Invalid contact flow format."
_VALUE = "Invalid Action property value."
_SETTINGS = "JSON field is missing or null for field name: settings"
"""Refusal of a module's content without Settings (live, 2026)."""
Validator = Callable[[str, str], list[str]]
"""Returns the problems of a flow's content, as sentences; empty if it may be published as this type of flow."""


def read_content(content: str, name: str, kind: str) -> tuple[Flow | None, list[str]]:
    """Return the flow in `content`, or its problems in Connect's wording."""
    try:
        document = parse(content)
    except BusyhourError:
        return None, [_FORMAT]
    data = document.data
    if isinstance(data, dict) and data.get("Version") != VERSION:
        return None, [f"{_FORMAT} Path: Version"]
    try:
        flow = read(document, name=name, type=FlowType(kind))
    except BusyhourError:
        return None, [_FORMAT]
    problems = _problems(flow)
    if kind == FlowType.MODULE and data.get("Settings") is None:
        problems.append(_SETTINGS)
    return flow, problems


def _problems(flow: Flow) -> list[str]:
    """Check that the start action exists, identifiers are unique, and every transition has a target."""
    problems = []
    seen: set[str] = set()
    for action in flow.actions:
        if action.identifier in seen:
            problems.append(f"{_VALUE} Path: Actions[{action.index}].Identifier")
        seen.add(action.identifier)
    if flow.start not in seen:
        problems.append(f"{_FORMAT} Path: StartAction")
    problems.extend(
        f"{_VALUE} Path: Actions[{action.index}].Transitions"
        for action in flow.actions
        for target in action.targets()
        if target not in seen
    )
    return problems
