"""Is this text a contact flow that Connect would publish?

The least that every flow must satisfy; a stricter checker (the flow contracts) is handed in where there is one.
"""

from __future__ import annotations

from collections.abc import Callable

from busyhour.errors import BusyhourError
from busyhour.flows.document import parse
from busyhour.flows.model import Flow, FlowType
from busyhour.flows.reader import read

VERSION = "2019-10-30"
Validator = Callable[[str], list[str]]
"""Problems of a flow's content, as sentences; empty where it may be published."""


def read_content(content: str, name: str, kind: str) -> tuple[Flow | None, list[str]]:
    """The flow in `content`, or the problems that make it none."""
    try:
        document = parse(content)
    except BusyhourError as error:
        return None, [f"Invalid JSON: {_after_place(error.message)}."]
    data = document.data
    if isinstance(data, dict) and data.get("Version") != VERSION:
        return None, [f"Invalid value for Version: {data.get('Version')!r}. Expected {VERSION}."]
    try:
        flow = read(document, name=name, type=FlowType(kind))
    except BusyhourError as error:
        return None, [f"Invalid contact flow: {_after_place(error.message)}."]
    return flow, _problems(flow)


def _problems(flow: Flow) -> list[str]:
    """The start action exists, identifiers are unique, every transition leads somewhere."""
    problems = []
    seen: set[str] = set()
    for action in flow.actions:
        if action.identifier in seen:
            problems.append(
                f"Duplicate action identifier {action.identifier!r}. Path: Actions[{action.index}].Identifier"
            )
        seen.add(action.identifier)
    if flow.start not in seen:
        problems.append(f"StartAction {flow.start!r} is not an action of the flow. Path: StartAction")
    problems.extend(
        f"Transition to {target!r}, which is not an action of the flow. Path: Actions[{action.index}].Transitions"
        for action in flow.actions
        for target in action.targets()
        if target not in seen
    )
    return problems


def _after_place(message: str) -> str:
    """The message without the file and position in front, which mean nothing to an API client."""
    return message.partition("<text>:")[2].partition(": ")[2].rstrip(".") or message.rstrip(".")
