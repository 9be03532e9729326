"""A view of a flow for the rules: anything that was read, with the parts of a flow that exist.

Rules run on broken flows, so nothing here raises: a value of the wrong kind reads as absent, and the rules on
structure report it. `FlowView.flow` is the strict reading, None if the flow is too broken for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from busyhour.contracts.action_view import ActionView
from busyhour.contracts.analysis import identity
from busyhour.contracts.analysis.channels import channels_at, guides_an_agent, serves_a_person
from busyhour.contracts.analysis.dataflow import Read, reads
from busyhour.contracts.analysis.graph import Edge, Graph
from busyhour.contracts.analysis.paths import taken
from busyhour.contracts.analysis.silence import cut_off, target_index
from busyhour.contracts.flow_set import FlowSet
from busyhour.contracts.reading.locate import Locator
from busyhour.contracts.rule import Problem
from busyhour.flows.model import Flow, FlowFormat, FlowType, Pointer, Position

if TYPE_CHECKING:
    from busyhour.contracts.finding import Severity
    from busyhour.contracts.schema.store import SchemaStore
    from busyhour.contracts.schema.violations import Issue
    from busyhour.flows.export.document import Document, DocumentError
    from busyhour.flows.export.legacy import Converted, FlowError


class FlowView:
    """One file to check.

    Args:
        path: as the user wrote it.
        document: what was read, None if it is not JSON.
        unreadable: the error, if it is not JSON.
        flow_type: the type; overrides the export's.
        strict: placeholders are rejected.
        schemas: the schemas of the actions.
    """

    def __init__(
        self,
        path: str,
        document: Document | None,
        *,
        schemas: SchemaStore,
        unreadable: DocumentError | None = None,
        flow_type: FlowType | None = None,
        strict: bool = False,
    ) -> None:
        self.path = path
        self.document = document
        self.unreadable = unreadable
        self.strict = strict
        self.schemas = schemas
        self.project = Project([self])
        self._given_type = flow_type
        self.converted: Converted | None = None
        self.not_convertible: FlowError | None = None
        data: Any = None if document is None else document.data
        if document is not None and data.__class__ is dict and "modules" in data and "Actions" not in data:
            data = self._convert(document)
        self.data: Any = data
        """The content; for an old export its conversion."""
        raw = data.get("Actions") if data.__class__ is dict else None
        self.is_flow = raw.__class__ is list
        """Whether the content has a list of actions."""
        self.actions: list[ActionView] = (
            [ActionView(at, one) for at, one in enumerate(raw or ())] if self.is_flow else []
        )
        self.types: frozenset[str] = frozenset([action.type for action in self.actions])

    def _convert(self, document: Document) -> Any:
        """Convert an old export; its module is imported only here."""
        from busyhour.flows.export.legacy import FlowError, convert

        try:
            self.converted = convert(document)
        except FlowError as error:
            self.not_convertible = error
            return document.data
        return self.converted.data

    # ------------------------------------------------------------------ identity of the flow

    @cached_property
    def format(self) -> FlowFormat | None:
        """The export's format, None if it is not a flow."""
        if self.converted is not None or self.not_convertible is not None:
            return FlowFormat.LEGACY
        return FlowFormat.MODERN if self.is_flow else None

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """`Metadata`, empty if missing."""
        found = self.data.get("Metadata") if self.data.__class__ is dict else None
        return found if found.__class__ is dict else {}

    @cached_property
    def action_metadata(self) -> Mapping[str, Any]:
        """`Metadata.ActionMetadata`, empty if missing."""
        found = self.metadata.get("ActionMetadata")
        return found if found.__class__ is dict else {}

    @cached_property
    def name(self) -> str:
        """The flow's name in the export, else the file's stem."""
        return identity.name_of(self)

    @cached_property
    def flow_type(self) -> FlowType | None:
        """The flow's type, None if neither the caller nor the export gives it."""
        return self._given_type or identity.type_of(self)

    @cached_property
    def flow(self) -> Flow | None:
        """The flow in the form that the machine runs, None if it is too broken to read."""
        from busyhour.flows.export.legacy import FlowError
        from busyhour.flows.export.reader import read

        if self.document is None:
            return None
        try:
            return read(self.document, name=self.name, type=self.flow_type)
        except FlowError:
            return None

    # ------------------------------------------------------------------ its parts

    @cached_property
    def by_identifier(self) -> dict[str, ActionView]:
        """Actions by identifier; of several with the same identifier the first."""
        found = {action.identifier: action for action in reversed(self.actions)}
        found.pop("", None)
        return found

    @cached_property
    def targets(self) -> frozenset[str]:
        """Targets of all transitions."""
        return frozenset([target for action in self.actions for target in action.targets])

    @cached_property
    def by_type(self) -> dict[str, list[ActionView]]:
        """Actions by type, in the file's order."""
        found: dict[str, list[ActionView]] = {}
        for action in self.actions:
            found.setdefault(action.type, []).append(action)
        return found

    def of_type(self, *types: str) -> list[ActionView]:
        """Return the actions of these types."""
        by_type = self.by_type
        return [action for one in types for action in by_type.get(one, ())]

    @cached_property
    def start(self) -> ActionView | None:
        """The start action, None if it does not exist."""
        start = self.data.get("StartAction") if self.data.__class__ is dict else None
        return self.by_identifier.get(start) if isinstance(start, str) else None

    @cached_property
    def graph(self) -> Graph:
        """The graph of the actions."""
        index = {identifier: action.index for identifier, action in self.by_identifier.items()}
        return Graph(self.actions, None if self.start is None else self.start.index, index)

    @cached_property
    def followed(self) -> list[list[Edge]]:
        """Outgoing transitions of each action that Connect can take."""
        return [
            edges[:-1] if edges and edges[-1].kind == "next" and not taken(self, edges[-1]) else edges
            for edges in self.graph.edges
        ]

    @cached_property
    def reads(self) -> list[Read]:
        """Every reference in the actions."""
        return reads(self)

    @cached_property
    def cut_off(self) -> Sequence[bool]:
        """For each action whether every path from it leads to an unannounced disconnect."""
        return cut_off(self)

    @cached_property
    def channels(self) -> Sequence[frozenset[str]]:
        """For each action the channels of contacts that some path brings there."""
        return channels_at(self)

    @cached_property
    def guides_an_agent(self) -> bool:
        """Whether the flow is an agent's step-by-step guide."""
        return guides_an_agent(self)

    def serves_a_person(self, action: ActionView) -> bool:
        """Whether a caller or chat customer can be at the action."""
        return serves_a_person(self, action)

    def cuts_off(self, target: str | None) -> bool:
        """Whether a transition to `target` can only lead to an unannounced disconnect."""
        at = target_index(self, target)
        return at is not None and self.cut_off[at]

    @cached_property
    def issues(self) -> Mapping[str, list[Issue]]:
        """Objections of the actions' schemas, by the id of the rule that reports them."""
        return self.schemas.issues(self)

    def display_name(self, action: ActionView) -> str:
        """Return the name in the designer: a readable identifier, a name in the layout, else the type."""
        return identity.display_name(self, action)

    # ------------------------------------------------------------------ making findings

    def problem(
        self,
        message: str,
        *pointer: str | int,
        action: ActionView | None = None,
        key: bool = False,
        help: str | None = None,
        severity: Severity | None = None,
    ) -> Problem:
        """Make a finding at `pointer`, which is relative to `action` if one is given."""
        if action is not None:
            return Problem(message, ("Actions", action.index, *pointer), key, action.index, help, severity)
        return Problem(message, pointer, key, None, help, severity)

    def position(self, pointer: Pointer, key: bool = False) -> Position:
        """Return the position in the file of the value at `pointer`.

        In an old export the position of its source.
        """
        document = self.document
        if document is None:
            return self.unreadable.position if self.unreadable is not None else Position(1, 1)
        pointer = self.source_of(pointer)
        if self._locator is None:
            return document.position(pointer, key)
        return self._locator.position(pointer, key)

    def source_of(self, pointer: Pointer) -> Pointer:
        """Return the pointer into the file's own content: in an old export that of the value's source."""
        return pointer if self.converted is None else self.converted.source(pointer)

    @cached_property
    def _locator(self) -> Locator | None:
        """Locator of positions.

        None if the flow is a string inside another document, which then gives positions.
        """
        document = self.document
        return Locator(document.text) if document is not None and not document.prefix else None


@dataclass(eq=False)
class Project:
    """The flows that are checked together, for rules that look across them."""

    flows: list[FlowView] = field(default_factory=list)

    @cached_property
    def flow_set(self) -> FlowSet:
        """References between the flows, and attributes that they set for each other.

        Use once all flows are added.
        """
        return FlowSet(tuple(self.flows))
