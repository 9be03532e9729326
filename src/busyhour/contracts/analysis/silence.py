"""Whether a branch plays anything before it disconnects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from busyhour.flows.action_types import DECLARED
from busyhour.flows.model import FlowType

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.contracts.flow_view import FlowView

INTERACTIVE = frozenset(type for type, one in DECLARED.items() if one.occupies)
"""Types that involve the participant: they play, show or request something, or wait."""

CARING = INTERACTIVE | {type for type, one in DECLARED.items() if one.hands_over}
"""Types after which the caller is not simply cut off."""


def interactive(action: ActionView) -> bool:
    """Whether the action involves the participant; digits taken from the buffer do not."""
    return action.type in INTERACTIVE and "EnableDTMFBuffer" not in action.parameters


_FIRST = frozenset({FlowType.CONTACT_FLOW, FlowType.AGENT_TRANSFER, FlowType.QUEUE_TRANSFER})
"""Types of flows that have no successor: ending one disconnects (AWS administrator guide, End flow / Resume)."""


def cut_off(flow: FlowView) -> Sequence[bool]:
    """Return for each action whether every path from it leads to an unannounced disconnect."""
    ends = {"disconnect"} | ({"end-flow"} if flow.flow_type in _FIRST else set())
    caring = flow.graph.leading_to(
        [one.index for one in flow.actions if one.type in CARING and one.behaviour not in ends]
    )
    ending = flow.graph.leading_to([one.index for one in flow.actions if one.behaviour in ends])
    return [end and not care for end, care in zip(ending, caring, strict=True)]


def target_index(flow: FlowView, target: str | None) -> int | None:
    """Return the index of the target of a transition, None if it does not exist."""
    found = flow.by_identifier.get(target) if target is not None else None
    return None if found is None else found.index
