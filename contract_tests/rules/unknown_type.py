"""Connect knows no action of this type."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, Severity, did_you_mean, json_kind, rule, unpublished

_MEANT = {
    "CheckAttribute": "Compare",
    "CheckCallAttribute": "Compare",
    "CheckCondition": "Compare",
    "CheckContactAttribute": "Compare",
    "CheckContactAttributes": "Compare",
    "CheckQueueStatus": "CheckMetricData",
    "CheckSecurityStatus": "CheckVoiceId",
    "CheckStaffing": "CheckMetricData",
    "CheckValue": "Compare",
    "ConnectParticipant": "ConnectParticipantWithLexBot",
    "CreateCallback": "CreateCallbackContact",
    "CustomerInQueue": "TransferContactToQueue",
    "Disconnect": "DisconnectParticipant",
    "Distribute": "DistributeByPercentage",
    "GetCustomerInput": "GetParticipantInput",
    "GetDigits": "GetParticipantInput",
    "GetUserInput": "GetParticipantInput",
    "InvokeAPI": "InvokeLambdaFunction",
    "InvokeAWSLambdaFunction": "InvokeLambdaFunction",
    "InvokeExternal": "InvokeLambdaFunction",
    "InvokeExternalResource": "InvokeLambdaFunction",
    "LoopPrompts": "MessageParticipantIteratively",
    "Menu": "GetParticipantInput",
    "Message": "MessageParticipant",
    "PercentileBranching": "DistributeByPercentage",
    "PlayAudio": "MessageParticipant",
    "PlayPrompt": "MessageParticipant",
    "Resume": "EndFlowExecution",
    "ReturnFromFlowModule": "EndFlowModuleExecution",
    "SetAttributes": "UpdateContactAttributes",
    "SetCallBackNumber": "UpdateContactCallbackNumber",
    "SetCallbackNumber": "UpdateContactCallbackNumber",
    "SetContactData": "UpdateContactData",
    "SetEventHook": "UpdateContactEventHooks",
    "SetLoggingBehavior": "UpdateFlowLoggingBehavior",
    "SetQueue": "UpdateContactTargetQueue",
    "SetRecordingBehavior": "UpdateContactRecordingBehavior",
    "SetSecurityBehavior": "UpdateContactData",
    "SetVoice": "UpdateContactTextToSpeechVoice",
    "StartMediaStreaming": "UpdateContactMediaStreamingBehavior",
    "StopMediaStreaming": "UpdateContactMediaStreamingBehavior",
    "StoreCustomerInput": "GetParticipantInput",
    "StoreUserInput": "GetParticipantInput",
    "Transfer": "TransferContactToQueue",
    "TransferContactToFlow": "TransferToFlow",
    "TransferParticipantToQueue": "TransferContactToQueue",
    "TransferToAgent": "TransferContactToAgent",
    "TransferToPhoneNumber": "TransferParticipantToThirdParty",
    "TransferToQueue": "TransferContactToQueue",
    "TransferToThirdParty": "TransferParticipantToThirdParty",
    "UnTagContact": "UntagContact",
    "UpdateContactRoutingData": "UpdateContactRoutingCriteria",
    "UpdateRoutingCriteria": "UpdateContactRoutingCriteria",
    "UpdateRoutingPriority": "UpdateContactRoutingBehavior",
}
"""Names of old exports, of the designer, of AWS's reference where it is wrong, and of common guesses."""


@rule(
    id="unknown-type",
    severity="error",
    summary="Connect knows no action of this type",
    why='Connect rejects the flow ("Invalid Action type").',
    fix="Use the type that the designer exports for the block.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Connect knows no action of this type."""
    types = flow.schemas.types
    if flow.types <= types:
        return
    for action in flow.actions:
        if action.type in types or action.stray:
            continue
        given = action.raw.get("Type")
        where = f"Actions[{action.index}]"
        if given is None:
            yield flow.problem(f"{where} has no Type", action=action)
        elif not isinstance(given, str):
            yield flow.problem(
                f"{where}.Type is {json_kind(given)}; a Type is a string", "Type", action=action
            )
        elif given in _MEANT:
            yield flow.problem(
                f"Connect knows no action type {given!r}. Did you mean {_MEANT[given]!r}?",
                "Type",
                action=action,
            )
        elif (block := unpublished(given)) is not None:
            yield flow.problem(
                f"{given!r} is not a known action type; AWS does not publish the type of the block {block.block!r}, "
                "so it may be this one; not seen refused",
                "Type",
                action=action,
                severity=Severity.WARNING,
            )
        else:
            near = did_you_mean(given, types)
            yield flow.problem(f"Connect knows no action type {given!r}.{near}", "Type", action=action)
