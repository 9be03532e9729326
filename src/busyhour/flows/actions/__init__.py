"""What each action type does: one class per behaviour, found by the type's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from busyhour.flows.actions import contact, control, functions, input, messages, modules, queueing, services
from busyhour.flows.compiled import Asked, Compiled, Node
from busyhour.flows.model import Action

if TYPE_CHECKING:
    from busyhour.flows.machine import Machine

TYPES: dict[str, type[Node]] = {
    # Participant
    "MessageParticipant": messages.Message,
    "MessageParticipantIteratively": messages.LoopPrompts,
    "GetParticipantInput": input.Input,
    "ConnectParticipantWithLexBot": input.Lex,
    "ConnectParticipantWithAgenticCX": input.Lex,
    "ShowView": services.Participating,
    "TransferParticipantToThirdParty": queueing.ThirdParty,
    "DisconnectParticipant": control.Disconnect,
    "AuthenticateParticipant": services.Participating,
    # Flow control
    "Compare": control.Compare,
    "Loop": control.LoopCounter,
    "CheckHoursOfOperation": control.Hours,
    "CheckMetricData": control.CheckMetrics,
    "GetMetricData": control.ReadMetrics,
    "DistributeByPercentage": services.Branching,
    "CheckOutboundCallStatus": services.Branching,
    "CheckVoiceId": services.Branching,
    "StartVoiceIdStream": services.Service,
    "Wait": control.Wait,
    "TransferToFlow": modules.TransferToFlow,
    "EndFlowExecution": control.EndFlow,
    "UpdateFlowLoggingBehavior": contact.Configuration,
    "UpdateFlowAttributes": contact.FlowAttributes,
    "UpdateContactRoutingCriteria": contact.Configuration,
    # Contact
    "UpdateContactAttributes": contact.Attributes,
    "UpdateContactData": contact.Data,
    "UpdateContactTargetQueue": queueing.TargetQueue,
    "TransferContactToQueue": queueing.ToQueue,
    "DequeueContactAndTransferToQueue": queueing.Dequeue,
    "TransferContactToAgent": queueing.ToAgent,
    "UpdateContactEventHooks": contact.EventHooks,
    "UpdateContactRecordingBehavior": contact.Configuration,
    "UpdateContactRecordingAndAnalyticsBehavior": contact.ChannelConfiguration,
    "UpdateContactMediaStreamingBehavior": contact.MediaStreaming,
    "UpdateContactMediaProcessing": contact.ChannelConfiguration,
    "UpdateContactTextToSpeechVoice": contact.Voice,
    "UpdateContactCallbackNumber": contact.CallbackNumber,
    "UpdateContactRoutingBehavior": contact.Routing,
    "UpdatePreviousContactParticipantState": contact.VoiceConfiguration,
    "CompleteOutboundCall": contact.VoiceConfiguration,
    "TagContact": contact.Tag,
    "UntagContact": contact.Untag,
    "InvokeFlowModule": modules.InvokeModule,
    "EndFlowModuleExecution": modules.EndModule,
    # Interactions
    "InvokeLambdaFunction": functions.InvokeFunction,
    **dict.fromkeys(
        (
            "AssociateContactToCustomerProfile",
            "CreateCallbackContact",
            "CreateCase",
            "CreateContact",
            "CreateCustomerProfile",
            "CreateCustomerProfileObject",
            "CreatePersistentContactAssociation",
            "CreateTask",
            "CreateWisdomSession",
            "EvaluateDataTableValues",
            "GetCalculatedAttributesForCustomerProfile",
            "GetCase",
            "GetCustomerProfile",
            "GetCustomerProfileObject",
            "ListDataTableValues",
            "LoadContactContent",
            "RenderMessageTemplate",
            "ResumeContact",
            "StartOutboundChatContact",
            "StartOutboundEmailContact",
            "UpdateCase",
            "UpdateCustomerProfile",
            "UpdateCustomerProfileObject",
            "UpsertDataTableValues",
        ),
        services.Service,
    ),
    "CheckSegmentMembershipForCustomerProfile": services.Branching,
}
"""Every action type that is modelled. A type that is not here goes on with NextAction, else NoMatchingError's branch,
and is named in `Call.unmodelled`."""

ASKABLE = frozenset(type for type, node in TYPES.items() if node.__module__ == contact.__name__) | {
    "InvokeFlowModule",
    "TransferToFlow",
    "UpdateContactTargetQueue",
}
"""Types that work without asking anybody unless `Policy.ask` says that they shall be asked about."""


def make(action: Action, flow: Compiled, machine: Machine) -> Node:
    """The node of an action."""
    kind = TYPES.get(action.type, services.Unmodelled)
    node = kind(action, flow, machine)
    if machine.policy.asks(action.type) and (action.type in ASKABLE or kind is services.Unmodelled):
        return Asked(node)
    return node
