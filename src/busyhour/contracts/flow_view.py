"""A view of a flow for the rules: anything that was read, with the parts of a flow that exist.

Rules run on broken flows, so nothing here raises: a value of the wrong kind reads as absent, and the rules on
structure report it. `FlowView.flow` is the strict reading, None if the flow is too broken for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from busyhour.contracts.analysis.dataflow import Read, reads
from busyhour.contracts.analysis.graph import Edge, Graph
from busyhour.contracts.analysis.paths import taken
from busyhour.contracts.analysis.silence import cut_off, target_index
from busyhour.contracts.flow_set import FlowSet
from busyhour.contracts.reading.locate import Locator
from busyhour.contracts.rule import Problem
from busyhour.flows.model import METADATA_TYPES, Flow, FlowFormat, FlowType, Pointer, Position

if TYPE_CHECKING:
    from busyhour.contracts.finding import Severity
    from busyhour.contracts.schema.store import SchemaStore
    from busyhour.contracts.schema.violations import Issue
    from busyhour.flows.export.document import Document, DocumentError
    from busyhour.flows.export.legacy import Converted, FlowError


class ConditionView(NamedTuple):
    """Entry number `at` of `Conditions`; parts of the wrong kind are None or empty."""

    at: int
    operator: str | None
    operands: list[Any]
    target: str | None


class ErrorView(NamedTuple):
    """Entry number `at` of `Errors`; parts of the wrong kind are None or empty."""

    at: int
    error_type: str
    target: str | None


_NOTHING: dict[str, Any] = {}

_new: Any = tuple.__new__
"""Makes a named tuple in half the time of its own constructor; every flow has dozens."""


class ActionView:
    """One entry of `Actions`, of any kind."""

    __slots__ = (
        "conditions",
        "errors",
        "identifier",
        "index",
        "next",
        "parameters",
        "raw",
        "stray",
        "targets",
        "transitions",
        "type",
    )

    def __init__(self, index: int, raw: Any) -> None:
        self.index = index
        self.stray = raw.__class__ is not dict
        """Whether the entry is not an object; then all its parts are empty."""
        if self.stray:
            raw = _NOTHING
        self.raw: dict[str, Any] = raw
        identifier = raw.get("Identifier")
        self.identifier: str = identifier if identifier.__class__ is str else ""
        kind = raw.get("Type")
        self.type: str = kind if kind.__class__ is str else ""
        parameters = raw.get("Parameters")
        self.parameters: dict[str, Any] = parameters if parameters.__class__ is dict else _NOTHING
        transitions = raw.get("Transitions")
        if transitions.__class__ is not dict:
            transitions = _NOTHING
        self.transitions: dict[str, Any] = transitions
        self.conditions: list[ConditionView] = []
        self.errors: list[ErrorView] = []
        self.targets: list[str] = []
        """Every target that is a string, in the order conditions, errors, next."""
        self.next: str | None = None
        if transitions:
            self._read(transitions)

    def _read(self, transitions: dict[str, Any]) -> None:
        targets = self.targets
        conditions = transitions.get("Conditions")
        if conditions and conditions.__class__ is list:
            for at, one in enumerate(conditions):
                if one.__class__ is not dict:
                    continue
                inner = one.get("Condition")
                if inner.__class__ is not dict:
                    inner = _NOTHING
                operator = inner.get("Operator")
                operands = inner.get("Operands")
                target = one.get("NextAction")
                if target.__class__ is str:
                    targets.append(target)
                else:
                    target = None
                if operator.__class__ is not str:
                    operator = None
                if operands.__class__ is not list:
                    operands = []
                self.conditions.append(_new(ConditionView, (at, operator, operands, target)))
        errors = transitions.get("Errors")
        if errors and errors.__class__ is list:
            for at, one in enumerate(errors):
                if one.__class__ is not dict:
                    continue
                name = one.get("ErrorType")
                target = one.get("NextAction")
                if target.__class__ is str:
                    targets.append(target)
                else:
                    target = None
                self.errors.append(_new(ErrorView, (at, name if name.__class__ is str else "", target)))
        following = transitions.get("NextAction")
        if following.__class__ is str:
            self.next = following
            targets.append(following)

    @property
    def pointer(self) -> Pointer:
        """Pointer of the action."""
        return ("Actions", self.index)

    def error_target(self, error_type: str) -> str | None:
        """Return the target of the branch for `error_type`, None without such a branch."""
        return next((one.target for one in self.errors if one.error_type == error_type), None)


DRAFT_TARGETS = frozenset({"", "$end"})
"""Targets that the designer writes for an unconnected branch."""


def transitions(action: ActionView) -> Iterator[tuple[Pointer, str]]:
    """Return every transition of the action: pointer of its target within the action, and the target."""
    for condition in action.conditions:
        if condition.target is not None:
            yield ("Transitions", "Conditions", condition.at, "NextAction"), condition.target
    for error in action.errors:
        if error.target is not None:
            yield ("Transitions", "Errors", error.at, "NextAction"), error.target
    if action.next is not None:
        yield ("Transitions", "NextAction"), action.next


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
        envelope = self.document.envelope if self.document is not None else {}
        for declared in (envelope.get("Name"), self.metadata.get("name"), self.metadata.get("Name")):
            if isinstance(declared, str) and declared:
                return declared
        return Path(self.path).stem or self.path

    @cached_property
    def flow_type(self) -> FlowType | None:
        """The flow's type, None if neither the caller nor the export gives it."""
        if self._given_type is not None:
            return self._given_type
        if self.document is not None:
            declared = self.document.envelope.get("Type")
            if isinstance(declared, str) and declared in FlowType.__members__:
                return FlowType(declared)
            if self.document.prefix[:1] == ("ContactFlowModule",):
                return FlowType.MODULE
        said = self.metadata.get("type")
        if isinstance(said, str):
            if said in METADATA_TYPES:
                return METADATA_TYPES[said]
            if said in FlowType.__members__:
                return FlowType(said)
        if self.data.__class__ is dict and "Settings" in self.data:
            return FlowType.MODULE
        return FlowType.MODULE if "EndFlowModuleExecution" in self.types else None

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
        layout = self.action_metadata.get(action.identifier)
        if layout.__class__ is dict and layout.get("isFriendlyName"):
            return action.identifier
        if layout.__class__ is dict:
            for key in ("name", "displayName"):
                if isinstance(layout.get(key), str) and layout[key]:
                    return str(layout[key])
        return action.identifier

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
        if self.converted is not None:
            pointer = self.converted.source(pointer)
        if self._locator is None:
            return document.position(pointer, key)
        return self._locator.position(pointer, key)

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
