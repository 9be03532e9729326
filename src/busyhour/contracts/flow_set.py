"""The flows that are checked together: references between them, and attributes that they set for each other.

Flows refer to each other by id, so a reference resolves only if an export contains its own ARN or id, or if the
layout beside the reference names the flow. An unresolved flow may still exist in the instance; `missing` flows
are reported only if the project evidently contains the whole instance.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from busyhour.contracts.analysis.dataflow import attributes_set
from busyhour.contracts.analysis.flow_cycles import FlowCycle, cycles
from busyhour.contracts.reading.placeholders import PLACEHOLDER, named_by_template
from busyhour.flows.action_types import DECLARED, types_of
from busyhour.flows.library import identity as flow_id

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.contracts.flow_view import FlowView
    from busyhour.flows.model import Pointer

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

_PARAMETERS = {
    type: tuple(one.flow_parameters.items()) for type, one in DECLARED.items() if one.flow_parameters
}
"""Action type -> its parameters that name a flow, and how the named flow is used."""


@dataclass(frozen=True, slots=True)
class FlowReference:
    """One reference from a flow to another.

    `kind` is `transfer`, `module`, `contact` (a new contact begins there) or the name of an event hook. `value`
    is the text of the reference, `shown` its name in the designer, if any. `pointer` leads into the action.
    """

    source: FlowView
    action: ActionView
    pointer: Pointer
    kind: str
    value: str
    shown: str

    @property
    def static(self) -> bool:
        """Whether it always refers to the same flow: neither computed at run time nor filled in by a template."""
        return "$." not in self.value and "$[" not in self.value and not PLACEHOLDER.search(self.value)

    @property
    def dynamic(self) -> bool:
        """Whether the flow is computed at run time."""
        return "$." in self.value or "$[" in self.value


def references(flow: FlowView) -> Iterator[FlowReference]:
    """Return every reference to a flow."""
    for type, parameters in _PARAMETERS.items():
        for action in flow.by_type.get(type, ()):
            for name, kind in parameters:
                value = action.parameters.get(name)
                if isinstance(value, str) and value:
                    shown = _shown(flow, action, name)
                    yield FlowReference(flow, action, ("Parameters", name), kind, value, shown)
    for action in flow.of_type(*types_of("event-hooks")):
        hooks = action.parameters.get("EventHooks")
        for hook, value in hooks.items() if isinstance(hooks, dict) else ():
            if isinstance(value, str) and value:
                shown = _shown(flow, action, "EventHooks", hook)
                yield FlowReference(flow, action, ("Parameters", "EventHooks", hook), hook, value, shown)


def _shown(flow: FlowView, action: ActionView, *keys: str) -> str:
    """Return the designer's name of the flow in a parameter, empty if the export lacks it."""
    layout = flow.action_metadata.get(action.identifier)
    if not isinstance(layout, dict):
        return ""
    newer: Any = layout.get("parameters")
    for key in keys:
        newer = newer.get(key) if isinstance(newer, dict) else None
    older = (layout.get(key) for key in ("ContactFlow", "contactFlow", "contactFlowModuleName"))
    for value in (newer, *older):
        if isinstance(value, dict):
            value = value.get("displayName") or value.get("text")
        if isinstance(value, str) and value:
            return value
    return ""


def _has_identity(flow: FlowView) -> bool:
    envelope = flow.document.envelope if flow.document is not None else {}
    return any(isinstance(envelope.get(key), str) and envelope[key] for key in ("Arn", "Id"))


_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:connect|lambda|lex):([a-z]{2}(?:-[a-z]+)+-\d):(\d{12}):(?:instance/([0-9a-f-]{36}))?"
)
_FEWEST = 3
"""Flows that must agree before the project has a home."""


@dataclass(frozen=True, slots=True)
class Home:
    """Region, account and instance of most flows of a project; each empty if they do not agree."""

    region: str = ""
    account: str = ""
    instance: str = ""


def home_of(texts: Iterable[str]) -> Home:
    """Return the home of most flows with these texts: at least three, and three quarters of those that have one."""
    counts: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
    for text in texts:
        if "arn:aws" in text:
            for count, named in zip(counts, zip(*_ARN.findall(text), strict=True), strict=False):
                count.update({one for one in named if one})
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
        """Home of most of the flows."""
        return home_of(flow.document.text for flow in self.flows if flow.document is not None)

    @cached_property
    def by_identity(self) -> Mapping[str, FlowView]:
        """Flows by the id in their export."""
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
        """Flows by name; None if several have it."""
        found: dict[str, FlowView | None] = {}
        for flow in self.flows:
            found[flow.name] = flow if flow.name not in found else None
        return found

    @cached_property
    def by_resource(self) -> Mapping[str, FlowView | None]:
        """Flows by the resource that a template declares; None if several have it."""
        found: dict[str, FlowView | None] = {}
        for flow in self.flows:
            resource = flow.document.envelope.get("Resource") if flow.document is not None else None
            if isinstance(resource, str):
                found[resource] = flow if resource not in found else None
        return found

    def resolve(self, reference: FlowReference) -> FlowView | None:
        """Return the flow of a reference, None if it is missing or ambiguous.

        By id; by the resource in a template's expression; by the name that the designer shows, unless the
        reference has an id and the flow of that name another one.
        """
        if reference.dynamic:
            return None
        found = self.by_identity.get(flow_id(reference.value)) if reference.static else None
        if found is None and not reference.static:
            found = self._of_expression(reference.value)
        if found is None:
            found = self.by_name.get(reference.shown) or self.by_name.get(reference.value)
            if (
                found is not None
                and reference.static
                and _ID.search(reference.value)
                and _has_identity(found)
            ):
                return None
        return found

    def _of_expression(self, value: str) -> FlowView | None:
        """Return the flow that an expression of a template names: a resource, or a key in brackets."""
        for resource, key in named_by_template(value):
            found = self.by_name.get(key) or self.by_stem.get(key) if key else self.by_resource.get(resource)
            if found is not None:
                return found
        return None

    @cached_property
    def by_stem(self) -> Mapping[str, FlowView | None]:
        """Flows by the stem of their file; None if several have it."""
        found: dict[str, FlowView | None] = {}
        for flow in self.flows:
            stem = PurePath(flow.path).stem
            found[stem] = flow if stem not in found else None
        return found

    @cached_property
    def references(self) -> Sequence[FlowReference]:
        """All references of all flows."""
        return [one for flow in self.flows for one in references(flow)]

    @cached_property
    def resolved(self) -> Sequence[tuple[FlowReference, FlowView]]:
        """The references whose flow is known."""
        return [(one, flow) for one in self.references if (flow := self.resolve(one)) is not None]

    def resolved_of(self, flow: FlowView) -> Sequence[tuple[FlowReference, FlowView]]:
        """Return the references of one flow whose flow is known."""
        return self._resolved_by_source.get(id(flow), ())

    @cached_property
    def _resolved_by_source(self) -> Mapping[int, list[tuple[FlowReference, FlowView]]]:
        found: dict[int, list[tuple[FlowReference, FlowView]]] = {}
        for entry in self.resolved:
            found.setdefault(id(entry[0].source), []).append(entry)
        return found

    @cached_property
    def unresolved(self) -> Sequence[FlowReference]:
        """The references whose flow is missing or ambiguous."""
        resolved = {id(reference) for reference, _ in self.resolved}
        return [one for one in self.references if id(one) not in resolved]

    @cached_property
    def holds_the_instance(self) -> bool:
        """Whether the project evidently contains all flows of an instance.

        Every flow contains its own id, and most references resolve.
        """
        static = sum(one.static for one in self.references)
        return len(self.by_identity) == len(self.flows) and 0 < static <= 2 * len(self.resolved)

    @cached_property
    def entered_by_others(self) -> frozenset[int]:
        """`id()` of the flows that some other flow transfers to, invokes, or hooks to an event."""
        return frozenset(id(flow) for one, flow in self.resolved if one.source is not flow)

    @cached_property
    def cycles(self) -> Sequence[FlowCycle]:
        """Cycles between flows without any interaction."""
        return cycles(self)

    @cached_property
    def transfers_anywhere(self) -> bool:
        """Whether some flow transfers to a flow computed at run time, so that any flow could be entered."""
        return any(one.dynamic and one.kind == "transfer" for one in self.references)

    def may_be_entered(self, flow: FlowView) -> bool:
        """Whether some other flow of the project may lead a contact into this one."""
        return self.transfers_anywhere or id(flow) in self.entered_by_others

    @cached_property
    def attribute_values(self) -> Mapping[str, Sequence[tuple[FlowView, ActionView, Any]]]:
        """Contact attributes by key: each flow and action that sets it, and the value."""
        found: dict[str, list[tuple[FlowView, ActionView, Any]]] = {}
        for flow in self.flows:
            for action in flow.of_type(*types_of("attributes")):
                for key, value in attributes_set(action).items():
                    found.setdefault(key, []).append((flow, action, value))
        return found

    @cached_property
    def setters(self) -> Mapping[str, frozenset[int]]:
        """Contact attributes by key: `id()` of the flows that set it."""
        return {
            key: frozenset(id(flow) for flow, _, _ in given) for key, given in self.attribute_values.items()
        }

    def set_elsewhere(self, key: str, flow: FlowView) -> bool:
        """Whether some other flow sets this contact attribute."""
        return bool(self.setters.get(key, frozenset()) - {id(flow)})
