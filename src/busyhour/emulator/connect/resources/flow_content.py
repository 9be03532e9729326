"""Is this text a contact flow that Connect would publish? Its problem messages are a sentence and a path.

The least that every flow must satisfy; a stricter checker (the flow contracts) is handed in where there is one.
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
Validator = Callable[[str], list[str]]
"""Problems of a flow's content, as sentences; empty where it may be published."""


def read_content(content: str, name: str, kind: str) -> tuple[Flow | None, list[str]]:
    """The flow in `content`, or the problems that make it none, in Connect's words."""
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
    return flow, _problems(flow)


def _problems(flow: Flow) -> list[str]:
    """The start action exists, identifiers are unique, every transition leads somewhere."""
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
