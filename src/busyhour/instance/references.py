"""References between resources: ids and ARNs in a resource, with the name of what they lead to.

The ids of a flow are those of its action's parameters; a reference such as `$.Attributes.queue` is resolved in a call and
is none. A reference to a resource that the instance does not have is dangling; where the kind was not read, it is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from busyhour.flows.library import identity
from busyhour.instance import kinds
from busyhour.instance.kind import Kind

_EXPECTED: Mapping[str, Kind] = {
    "QueueId": kinds.QUEUE,
    "DefaultOutboundQueueId": kinds.QUEUE,
    "PromptId": kinds.PROMPT,
    "ContactFlowId": kinds.FLOW,
    "ContactFlowArn": kinds.FLOW,
    "OutboundFlowId": kinds.FLOW,
    "FlowId": kinds.FLOW,
    "FlowModuleId": kinds.MODULE,
    "HoursOfOperationId": kinds.HOURS,
    "RoutingProfileId": kinds.ROUTING_PROFILE,
    "HierarchyGroupId": kinds.HIERARCHY_GROUP,
    "OutboundCallerIdNumberId": kinds.NUMBER,
    "LambdaFunctionARN": kinds.FUNCTION,
    "ViewResourceArn": kinds.VIEW,
}
"""Kind of resource by the name of the member that refers to it, wherever it is."""
_HOOKS = "EventHooks"
"""UpdateContactEventHooks: each value of this map is a flow."""
_GENERATED = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Dangling:
    """A reference to a resource that the instance does not have, or whose kind was not read (`open`)."""

    file: str
    member: str
    value: str
    noun: str
    open: bool = False

    def __str__(self) -> str:
        why = f"the {self.noun}s were not read" if self.open else f"the instance has no such {self.noun}"
        return f"{self.file}: {self.member} {self.value}: {why}"


class Names:
    """Names of the resources of an instance by id.

    Args:
        listed: entries of the listings by the kind's folder, as `reading.Reader` has them.
        shown: name of a phone number by its id; its own may not be kept.
    """

    def __init__(self, listed: Mapping[str, list[dict[str, Any]]], shown: Mapping[str, str]) -> None:
        self._listed = frozenset(listed)
        self._known: dict[str, tuple[Kind, str]] = {}
        for kind in kinds.KINDS:
            if kind in (kinds.USER, kinds.QUOTA, kinds.ALARM, kinds.ASSOCIATION, kinds.INSTANCE):
                continue
            for entry in listed.get(kind.folder, ()):
                name = str(entry.get(kind.label) or entry.get(kind.id) or "")
                known = str(entry.get(kind.id) or "")
                key = name if kind is kinds.FUNCTION else known
                self._known.setdefault(key, (kind, shown.get(known, name)))

    def name(self, reference: str) -> str | None:
        """Return `noun name` of what an id or ARN leads to; None where it is not of the instance."""
        found = self._known.get(_id(reference))
        return f"{found[0].noun} {found[1]}" if found is not None else None

    def plain(self, reference: str | None) -> str:
        """Return the name alone; the reference itself where it is not of the instance."""
        found = self._known.get(_id(reference or ""))
        return found[1] if found is not None else reference or ""

    def of(self, file: str, members: Any, own: str = "") -> tuple[dict[str, str], list[Dangling]]:
        """Return the references of a resource with their names, and those that lead to nothing.

        Args:
            file: name of the resource's file.
            members: of the resource.
            own: the resource's own id, which is no reference.
        """
        found: dict[str, str] = {}
        dangling: dict[Dangling, None] = {}
        for member, text in _texts(members, ""):
            kind = _EXPECTED.get(member)
            static = text and "$." not in text
            if not static or _id(text) == own or (kind is None and not _GENERATED.search(text)):
                continue
            name = self.name(text)
            if name is not None:
                found[text] = name
            elif kind is not None:
                unread = kind.folder not in self._listed
                dangling[Dangling(file, member, text, kind.noun, unread)] = None
        return dict(sorted(found.items())), list(dangling)


def _id(reference: str) -> str:
    if ":function:" in reference:
        return reference.split(":")[6]
    return identity(reference.strip())


def _texts(value: Any, member: str) -> Iterator[tuple[str, str]]:
    """Yield member and text of every text; a value of EventHooks has the name of a flow's."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, "ContactFlowId" if member == _HOOKS else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, member)
    elif isinstance(value, str):
        yield member, value
