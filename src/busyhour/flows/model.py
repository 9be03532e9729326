"""The Connect flow language as data: a flow, its actions and their transitions.

Plain values: `flows.export.reader` makes them from an export, `flows.machine` runs them and the
contract rules judge them. Names follow AWS's "Amazon Connect Flow language" (Version 2019-10-30).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from busyhour.flows.action_types import declared


class FlowType(StrEnum):
    """The resource type of a flow; fixed when the flow is created."""

    CONTACT_FLOW = "CONTACT_FLOW"
    CUSTOMER_QUEUE = "CUSTOMER_QUEUE"
    CUSTOMER_HOLD = "CUSTOMER_HOLD"
    CUSTOMER_WHISPER = "CUSTOMER_WHISPER"
    AGENT_HOLD = "AGENT_HOLD"
    AGENT_WHISPER = "AGENT_WHISPER"
    OUTBOUND_WHISPER = "OUTBOUND_WHISPER"
    AGENT_TRANSFER = "AGENT_TRANSFER"
    QUEUE_TRANSFER = "QUEUE_TRANSFER"
    CAMPAIGN = "CAMPAIGN"
    MODULE = "MODULE"


METADATA_TYPES = {
    "contactFlow": FlowType.CONTACT_FLOW,
    "customerQueue": FlowType.CUSTOMER_QUEUE,
    "customerHold": FlowType.CUSTOMER_HOLD,
    "customerWhisper": FlowType.CUSTOMER_WHISPER,
    "outboundWhisper": FlowType.OUTBOUND_WHISPER,
    "agentHold": FlowType.AGENT_HOLD,
    "agentWhisper": FlowType.AGENT_WHISPER,
    "agentTransfer": FlowType.AGENT_TRANSFER,
    "queueTransfer": FlowType.QUEUE_TRANSFER,
    "campaign": FlowType.CAMPAIGN,
    "contactFlowModule": FlowType.MODULE,
}
"""`Metadata.type` of console exports -> flow type."""


OUTCOMES_OF_A_CALL = frozenset({"CallFailed", "ConnectionTimeLimitExceeded"})
"""Errors of a third-party transfer that resumes the flow; in transfer-to-agent flows Connect rejects them."""


class FlowFormat(StrEnum):
    """The export format of a file."""

    MODERN = "2019-10-30"
    LEGACY = "legacy-modules"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a text; line and column are 1-based, as in editors."""

    line: int
    column: int


Pointer = tuple[str | int, ...]
"""Path into a JSON document: keys and indices from the root, for example `("Actions", 3, "Type")`."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A branch that is taken when `operator` matches the action's result and the operands."""

    operator: str
    operands: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class ErrorBranch:
    """The branch that is taken on one type of error."""

    error_type: str
    target: str


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a flow.

    `index` is its place in `Actions` (or `modules` in a legacy export); `display_name` is the name shown
    in the designer if the export has it, otherwise the identifier.
    """

    identifier: str
    type: str
    parameters: Mapping[str, Any]
    next_action: str | None
    conditions: tuple[Condition, ...] = ()
    errors: tuple[ErrorBranch, ...] = ()
    index: int = 0
    display_name: str = ""

    @property
    def behaviour(self) -> str:
        """Its behaviour in the flow machine (`action_types`); empty for a type without a schema."""
        return declared(self.type).behaviour

    def error_target(self, error_type: str) -> str | None:
        """Return the target of the branch for `error_type`, or None without such a branch."""
        for branch in self.errors:
            if branch.error_type == error_type:
                return branch.target
        return None

    def targets(self) -> Iterator[str]:
        """Return every identifier to which this action can lead: conditions, errors, then NextAction."""
        for condition in self.conditions:
            yield condition.target
        for branch in self.errors:
            yield branch.target
        if self.next_action is not None:
            yield self.next_action


@dataclass(frozen=True, slots=True)
class Flow:
    """One exported flow or module.

    `name` is the export's own name if it has one, otherwise the file's stem. `type` is None if
    neither the export nor the caller gives it. `arn` is set if the export names its resource.
    """

    name: str
    type: FlowType | None
    start: str
    actions: tuple[Action, ...]
    format: FlowFormat = FlowFormat.MODERN
    path: Path | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] | None = None
    """Top-level `Settings`: present on modules only."""
    arn: str | None = None

    def by_identifier(self) -> dict[str, Action]:
        """Actions by identifier."""
        return {action.identifier: action for action in self.actions}
