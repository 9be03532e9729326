"""The flows that are checked together as one landscape: which flow refers to which, and what they set between them.

Flows know each other by id, so a reference leads somewhere only where an export says its own ARN or id, or where
the layout beside the reference names the flow. What leads nowhere may still exist in the instance; `missing` flows
are spoken of only where the project evidently holds the whole instance.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from busyhour.contracts.analysis.dataflow import attributes_set
from busyhour.contracts.analysis.flow_cycles import Circle, circles
from busyhour.contracts.reading.placeholders import PLACEHOLDER
from busyhour.flows.actions.declared import DECLARED

if TYPE_CHECKING:
    from busyhour.contracts.flow_view import ActionView, FlowView
    from busyhour.flows.model import Pointer

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

_PARAMETERS = {
    type: tuple(one.flow_parameters.items()) for type, one in DECLARED.items() if one.flow_parameters
}
"""Action type -> its parameters that name a flow, and the outcome of that flow."""


@dataclass(frozen=True, slots=True)
class FlowReference:
    """One place where a flow names another.

    `kind` is `transfer`, `module`, `contact` (a new contact begins there) or the name of an event hook. `value` is
    what stands there, `shown` the name that the designer shows for it, if any. `pointer` leads into the action.
    """

    source: FlowView
    action: ActionView
    pointer: Pointer
    kind: str
    value: str
    shown: str

    @property
    def static(self) -> bool:
        """Whether it always means the same flow: neither computed at run time nor filled in by a template."""
        return "$." not in self.value and "$[" not in self.value and not PLACEHOLDER.search(self.value)

    @property
    def dynamic(self) -> bool:
        """Whether which flow it is turns out only when a call runs."""
        return "$." in self.value or "$[" in self.value


def references(flow: FlowView) -> Iterator[FlowReference]:
    """Every place where a flow names another."""
    for type, parameters in _PARAMETERS.items():
        for action in flow.by_type.get(type, ()):
            for name, kind in parameters:
                value = action.parameters.get(name)
                if isinstance(value, str) and value:
                    shown = _shown(flow, action, name)
                    yield FlowReference(flow, action, ("Parameters", name), kind, value, shown)
    for action in flow.by_type.get("UpdateContactEventHooks", ()):
        hooks = action.parameters.get("EventHooks")
        for hook, value in hooks.items() if isinstance(hooks, dict) else ():
            if isinstance(value, str) and value:
                shown = _shown(flow, action, "EventHooks", hook)
                yield FlowReference(flow, action, ("Parameters", "EventHooks", hook), hook, value, shown)


def _shown(flow: FlowView, action: ActionView, *keys: str) -> str:
    """Name that the designer shows for the flow in a parameter, empty where the export does not say."""
    layout = flow.action_metadata.get(action.identifier)
    if not isinstance(layout, dict):
        return ""
    newer: Any = layout.get("parameters")
    for key in keys:
        newer = newer.get(key) if isinstance(newer, dict) else None
    for value in (
        newer,
        layout.get("ContactFlow"),
        layout.get("contactFlow"),
        layout.get("contactFlowModuleName"),
    ):
        if isinstance(value, dict):
            value = value.get("displayName") or value.get("text")
        if isinstance(value, str) and value:
            return value
    return ""


def flow_id(text: str) -> str:
    """What makes a flow in an ARN, an id or a versioned id: the id without the version."""
    tail = text.rpartition("/")[2] if text.startswith("arn:") else text
    head, colon, version = tail.rpartition(":")
    if colon and head and (version.startswith("$") or version.isdecimal()):
        return head
    return tail


_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:connect|lambda|lex):([a-z]{2}(?:-[a-z]+)+-\d):(\d{12}):(?:instance/([0-9a-f-]{36}))?"
)
_FEWEST = 3
"""Flows that must agree before the project is said to lie somewhere."""


@dataclass(frozen=True, slots=True)
class Home:
    """Region, account and instance that most flows of a project lie in; each empty where they do not agree."""

    region: str = ""
    account: str = ""
    instance: str = ""


def home_of(texts: Iterable[str]) -> Home:
    """Where most of the flows with these texts lie: three or more, and three quarters of those that say."""
    counts: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
    for text in texts:
        if "arn:aws" in text:
            for count, said in zip(counts, zip(*_ARN.findall(text), strict=True), strict=False):
                count.update({one for one in said if one})
    return Home(*map(_agreed, counts))


def _agreed(count: Counter[str]) -> str:
    if not count:
        return ""
    ((value, times),) = count.most_common(1)
    return value if times >= _FEWEST and 4 * times >= 3 * count.total() else ""


@dataclass(eq=False)
class FlowSet:
    """All flows of a project and the references between them."""

    flows: Sequence[FlowView]

    @cached_property
    def home(self) -> Home:
        """Where most of the flows lie."""
        return home_of(flow.document.text for flow in self.flows if flow.document is not None)

    @cached_property
    def by_identity(self) -> Mapping[str, FlowView]:
        """Flows by the id that their export says."""
        found: dict[str, FlowView] = {}
        for flow in self.flows:
            envelope = flow.document.envelope if flow.document is not None else {}
            for key in ("Arn", "Id"):
                value = envelope.get(key)
                if isinstance(value, str) and value:
                    found.setdefault(flow_id(value), flow)
        return found

    @cached_property
    def by_name(self) -> Mapping[str, FlowView | None]:
        """Flows by name; None where several have it."""
        found: dict[str, FlowView | None] = {}
        for flow in self.flows:
            found[flow.name] = flow if flow.name not in found else None
        return found

    def resolve(self, reference: FlowReference) -> FlowView | None:
        """The flow that a reference means, None where it is not here or cannot be told."""
        if reference.dynamic:
            return None
        found = self.by_identity.get(flow_id(reference.value)) if reference.static else None
        if found is None and not (reference.static and _ID.search(reference.value) and self.by_identity):
            found = self.by_name.get(reference.shown) or self.by_name.get(reference.value)
        return found

    @cached_property
    def references(self) -> Sequence[FlowReference]:
        """All references of all flows."""
        return [one for flow in self.flows for one in references(flow)]

    @cached_property
    def resolved(self) -> Sequence[tuple[FlowReference, FlowView]]:
        """The references whose flow is here."""
        return [(one, flow) for one in self.references if (flow := self.resolve(one)) is not None]

    def resolved_of(self, flow: FlowView) -> Sequence[tuple[FlowReference, FlowView]]:
        """The references of one flow whose flow is here."""
        return self._resolved_by_source.get(id(flow), ())

    @cached_property
    def _resolved_by_source(self) -> Mapping[int, list[tuple[FlowReference, FlowView]]]:
        found: dict[int, list[tuple[FlowReference, FlowView]]] = {}
        for entry in self.resolved:
            found.setdefault(id(entry[0].source), []).append(entry)
        return found

    @cached_property
    def unresolved(self) -> Sequence[FlowReference]:
        """The references whose flow is not here, or cannot be told."""
        resolved = {id(reference) for reference, _ in self.resolved}
        return [one for one in self.references if id(one) not in resolved]

    @cached_property
    def holds_the_instance(self) -> bool:
        """Whether the project evidently holds all flows of an instance.

        Every flow says its own id, and most references find their flow.
        """
        static = sum(one.static for one in self.references)
        return len(self.by_identity) == len(self.flows) and 0 < static <= 2 * len(self.resolved)

    @cached_property
    def entered_by_others(self) -> frozenset[int]:
        """`id()` of the flows that some other flow transfers to, invokes, or hooks to an event."""
        return frozenset(id(flow) for one, flow in self.resolved if one.source is not flow)

    @cached_property
    def circles(self) -> Sequence[Circle]:
        """Ways round on which flows lead to each other without any interaction."""
        return circles(self)

    @cached_property
    def transfers_anywhere(self) -> bool:
        """Whether some flow transfers to one that only a running call knows, so that any could be entered."""
        return any(one.dynamic and one.kind == "transfer" for one in self.references)

    def may_be_entered(self, flow: FlowView) -> bool:
        """Whether some other flow of the project may lead a contact into this one."""
        return self.transfers_anywhere or id(flow) in self.entered_by_others

    @cached_property
    def setters(self) -> Mapping[str, frozenset[int]]:
        """Contact attributes by key: `id()` of the flows that set it."""
        found: dict[str, set[int]] = {}
        for flow in self.flows:
            for action in flow.by_type.get("UpdateContactAttributes", ()):
                for key in attributes_set(action):
                    found.setdefault(key, set()).add(id(flow))
        return {key: frozenset(flows) for key, flows in found.items()}

    def set_elsewhere(self, key: str, flow: FlowView) -> bool:
        """Whether some other flow sets this contact attribute."""
        return bool(self.setters.get(key, frozenset()) - {id(flow)})
