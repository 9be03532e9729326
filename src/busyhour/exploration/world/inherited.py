"""Whether a flow depends on values left by another flow; its ordinary entry is then a transfer from there."""

from __future__ import annotations

from busyhour.exploration.world.candidates import reads_of
from busyhour.flows.action_types import FILLED, declared
from busyhour.flows.model import Action, Flow, FlowType

_RESPONSES = ("External", "Lex", "StoredCustomerInput", "Metrics")
"""Roots of responses that a contact takes along from flow to flow."""

_OF_THE_QUEUE = {
    "to-queue": (),
    "hours": ("HoursOfOperationId",),
    "read-metrics": ("QueueId", "AgentId"),
    "check-metrics": ("QueueId", "AgentId"),
}
"""Behaviours that use the target queue, by the parameters that name something else."""

WITH_THE_CONTACT = frozenset({"Customer", "Case", "Wisdom", "MediaStreams"})
"""Roots that belong to the contact: a module reads the values of the flow that runs it."""

GIVEN_BY_SERVICES = FILLED - {
    *(*_RESPONSES, "Attributes", "FlowAttributes", "Modules", "MediaStreams"),
} | {"Contact", "Task", "Campaign", "Capabilities"}
"""Roots that services fill, as the schemas declare them, and those that come with the contact."""

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
    roots = {read.root for one in actions.values() for read in reads_of(one)}
    for root in roots & {*_RESPONSES, *GIVEN_BY_SERVICES}:
        readers = {name for name, one in actions.items() if any(read.root == root for read in reads_of(one))}
        fillers = [one for one in flow.actions if root in declared(one.type).fills]
        filled = _after(actions, [target for one in fillers for target in one.targets()])
        if readers & _after(actions, [flow.start]) - filled:
            return True
    return False


def uses_queue_before_set(flow: Flow) -> bool:
    """Whether some path uses the target queue, or its hours or metrics, before an action of the flow has set one.

    An invoked module may have set it.
    """
    actions: dict[str, Action] = {}
    for action in flow.actions:
        actions.setdefault(action.identifier, action)
    users = {name for name, one in actions.items() if uses_queue(one)}
    seen: set[str] = set()
    todo = [flow.start]
    while todo:
        identifier = todo.pop()
        if identifier in seen or identifier not in actions:
            continue
        seen.add(identifier)
        action = actions[identifier]
        sets = action.behaviour in ("target-queue", "invoke-module")
        failed = [one.target for one in action.errors]
        todo.extend(failed if sets else action.targets())
    return bool(users & seen)


def uses_queue(action: Action) -> bool:
    """Whether the action uses the contact's target queue."""
    others = _OF_THE_QUEUE.get(action.behaviour)
    return others is not None and not any(action.parameters.get(key) for key in others)


_FOR_THE_EAR = frozenset(
    {"message", "input", "lex", "loop-prompts", "to-queue", "to-agent", "dequeue", "third-party"}
)


def is_guide(flow: Flow) -> bool:
    """Whether the flow shows views and has nothing for a telephone call: calls do not enter it."""
    behaviours = {one.behaviour for one in flow.actions}
    views = [one for one in flow.actions if one.behaviour == "participating"]
    silent = all("VOICE" not in declared(one.type).channels for one in views)
    return bool(views) and silent and not behaviours & _FOR_THE_EAR


def sets_queue(flow: Flow) -> bool:
    """Whether some action of the flow sets the target queue, or invokes a module that may."""
    return any(one.behaviour in ("target-queue", "invoke-module") for one in flow.actions)


def _after(actions: dict[str, Action], starts: list[str]) -> set[str]:
    seen: set[str] = set()
    todo = list(starts)
    while todo:
        identifier = todo.pop()
        if identifier not in seen and identifier in actions:
            seen.add(identifier)
            todo.extend(actions[identifier].targets())
    return seen
