"""Whether a flow depends on values left by another flow; its ordinary entry is then a transfer from there."""

from __future__ import annotations

from busyhour.exploration.world.candidates import reads_of
from busyhour.flows.action_types import declared
from busyhour.flows.model import Action, Flow, FlowType

_RESPONSES = ("External", "Lex", "StoredCustomerInput", "Metrics")
"""Roots of responses that a contact takes along from flow to flow."""

WITH_THE_CONTACT = frozenset({"Customer", "Case", "Wisdom", "MediaStreams"})
"""Roots that belong to the contact: a module reads the values of the flow that runs it."""

GIVEN_BY_SERVICES = frozenset(
    {
        "Customer",
        "Case",
        "Views",
        "Wisdom",
        "DataTables",
        "Contact",
        "Task",
        "Email",
        "Loop",
        "Campaign",
        "Capabilities",
    }
)
"""Roots that services fill."""

OF_CONTACT = frozenset(
    {
        "LanguageCode",
        "Name",
        "Description",
        "CustomerId",
        "SegmentAttributes",
        "References",
        "Tags",
        "Media",
        "Metadata",
    }
)
"""Facts about the contact that a flow reads by their bare names."""


def always_inherits(flow: Flow) -> bool:
    """Whether the flow's type implies that another one ran before it."""
    return flow.type not in (None, FlowType.CONTACT_FLOW, FlowType.MODULE)


def reads_before_filled(flow: Flow) -> bool:
    """Whether the flow reads a response that none of its own actions can have stored."""
    actions: dict[str, Action] = {}
    for action in flow.actions:
        actions.setdefault(action.identifier, action)
    for root in _RESPONSES:
        readers = {one.identifier for one in flow.actions if any(read.root == root for read in reads_of(one))}
        if not readers:
            continue
        fillers = [one for one in flow.actions if root in declared(one.type).fills]
        filled = _after(actions, [target for one in fillers for target in one.targets()])
        if readers & _after(actions, [flow.start]) - filled:
            return True
    return False


def _after(actions: dict[str, Action], starts: list[str]) -> set[str]:
    seen: set[str] = set()
    todo = list(starts)
    while todo:
        identifier = todo.pop()
        if identifier not in seen and identifier in actions:
            seen.add(identifier)
            todo.extend(actions[identifier].targets())
    return seen
