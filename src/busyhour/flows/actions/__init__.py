"""Behaviours of action types: one class each, chosen by the type's schema (`x-behaviour`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from busyhour.flows.action_types import DECLARED, unpublished
from busyhour.flows.actions import (
    contact,
    control,
    functions,
    input,
    messages,
    modules,
    queueing,
    services,
    waiting,
)
from busyhour.flows.compiled import Asked, Compiled, Node
from busyhour.flows.model import Action

if TYPE_CHECKING:
    from busyhour.flows.machine import Machine

BEHAVIOURS: dict[str, type[Node]] = {
    "attributes": contact.Attributes,
    "callback-number": contact.CallbackNumber,
    "channel-configuration": contact.ChannelConfiguration,
    "configuration": contact.Configuration,
    "data": contact.Data,
    "event-hooks": contact.EventHooks,
    "flow-attributes": contact.FlowAttributes,
    "media-streaming": contact.MediaStreaming,
    "routing": contact.Routing,
    "tag": contact.Tag,
    "untag": contact.Untag,
    "voice": contact.Voice,
    "voice-configuration": contact.VoiceConfiguration,
    "check-metrics": control.CheckMetrics,
    "compare": control.Compare,
    "disconnect": control.Disconnect,
    "end-flow": control.EndFlow,
    "hours": control.Hours,
    "loop-counter": control.LoopCounter,
    "read-metrics": control.ReadMetrics,
    "wait": waiting.Wait,
    "invoke-function": functions.InvokeFunction,
    "load-result": functions.LoadResult,
    "input": input.Input,
    "lex": input.Lex,
    "loop-prompts": messages.LoopPrompts,
    "message": messages.Message,
    "end-module": modules.EndModule,
    "invoke-module": modules.InvokeModule,
    "transfer-to-flow": modules.TransferToFlow,
    "dequeue": queueing.Dequeue,
    "target-queue": queueing.TargetQueue,
    "third-party": queueing.ThirdParty,
    "to-agent": queueing.ToAgent,
    "to-queue": queueing.ToQueue,
    "branching": services.Branching,
    "distribute": services.Branching,
    "participating": services.Participating,
    "service": services.Service,
}
"""By the name that a schema gives as `x-behaviour`."""

_WITHOUT_SCHEMA = ("CreateCustomerProfileObject", "UpdateCustomerProfileObject")
"""Services that exports have and no page of AWS describes."""

TYPES: dict[str, type[Node]] = {
    **{type: BEHAVIOURS[one.behaviour] for type, one in DECLARED.items()},
    **dict.fromkeys(_WITHOUT_SCHEMA, services.Service),
}
"""Every action type that is modelled. Any other type continues with NextAction, else NoMatchingError's branch,
and is listed in `Call.unmodelled`."""

ASKABLE = frozenset(
    type
    for type, node in TYPES.items()
    if node.__module__ == contact.__name__
    or node in (modules.InvokeModule, modules.TransferToFlow, queueing.TargetQueue)
)
"""Types that always succeed without an effect, unless `Policy.ask` makes the driver decide."""


def make(action: Action, flow: Compiled, machine: Machine) -> Node:
    """Make the node of an action."""
    kind = TYPES.get(action.type)
    if kind is None:
        block = unpublished(action.type)
        kind = services.Unmodelled if block is None else BEHAVIOURS[block.behaviour]
    node = kind(action, flow, machine)
    if machine.policy.asks(action.type) and (action.type in ASKABLE or kind is services.Unmodelled):
        return Asked(node)
    return node
