"""Parameters of flow log entries by action type, as published entries have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from busyhour.flows.model import Action
from busyhour.flows.playback.call_trace import Step
from busyhour.flows.references import text_of

_METHODS = {
    "TextContains": "Contains",
    "TextStartsWith": "StartsWith",
    "TextEndsWith": "EndsWith",
    "NumberGreaterThan": "GreaterThan",
    "NumberGreaterOrEqualTo": "GreaterThanOrEqualTo",
    "NumberLessThan": "LessThan",
    "NumberLessOrEqualTo": "LessThanOrEqualTo",
}
"""ComparisonMethod by the operator of a condition; Equals is the same."""
_EMPTY = frozenset({"InvokeFlowModule", "EndFlowModuleExecution", "TransferParticipantToThirdParty"})
"""Types that are logged without parameters."""

Line = tuple[dict[str, Any], dict[str, Any]]
"""Parameters, and Results if there are any."""


def lines(step: Step, action: Action) -> Iterator[Line] | None:
    """Return the entries of an action that has several: one for each attribute, hook or comparison; None for one entry."""
    match action.behaviour, action.type:
        case "attributes", _:
            related = "true" if action.parameters.get("TargetContact") == "Related" else "false"
            return (
                ({"Value": text_of(value), "AddAttributeToRelatedContact": related, "Key": key}, {})
                for key, value in _mapping(step.parameters.get("Attributes"))
            )
        case _, "UpdateFlowAttributes":
            return (
                ({"Key": key, "Value": text_of(dict(_mapping(value)).get("Value"))}, {})
                for key, value in _mapping(step.parameters.get("FlowAttributes"))
            )
        case "event-hooks", _:
            return (
                ({"Type": hook, "ContactFlowId": text_of(flow)}, {})
                for hook, flow in _mapping(step.parameters.get("EventHooks"))
            )
        case "compare", _ if action.conditions:
            return _comparisons(step, action)
    return None


def _comparisons(step: Step, action: Action) -> Iterator[Line]:
    value = text_of(step.parameters.get("ComparisonValue"))
    met = step.branch[1] if step.branch is not None and step.branch[0] == "condition" else None
    for number, condition in enumerate(action.conditions):
        parameters = {
            "ComparisonMethod": _METHODS.get(condition.operator, condition.operator),
            "Value": value,
            "SecondValue": condition.operands[0] if condition.operands else "",
        }
        yield parameters, {"Results": "true" if number == met else "false"}
        if number == met:
            return


def _mapping(value: Any) -> Iterator[tuple[str, Any]]:
    return iter(value.items() if isinstance(value, Mapping) else ())


def module_parameters(step: Step, action: Action) -> dict[str, Any]:
    """Return the Parameters of an action that is logged as one entry."""
    given = step.parameters
    match action.type:
        case type if type in _EMPTY:
            return {}
        case "InvokeLambdaFunction":
            return _invocation(given)
        case "UpdateContactTargetQueue":
            return {"Queue": given["QueueId"]} if "QueueId" in given else {"Agent": given.get("AgentId")}
        case "UpdateFlowLoggingBehavior":
            return {"LoggingBehavior": text_of(given.get("FlowLoggingBehavior")).removesuffix("d")}
        case "MessageParticipant" if "Text" in given or "SSML" in given:
            kind = "ssml" if "SSML" in given else "text"
            return {"TextToSpeechType": kind, "Text": given.get("SSML") or given.get("Text")}
        case "UpdateContactTextToSpeechVoice":
            return {"GlobalVoice": given.get("TextToSpeechVoice")}
        case "UpdateContactRecordingBehavior":
            return _recording(dict(_mapping(given.get("RecordingBehavior"))))
        case "UpdateContactMediaStreamingBehavior":
            return _streaming(given)
    return dict(given)


def _invocation(given: Mapping[str, Any]) -> dict[str, Any]:
    limit = text_of(given.get("InvocationTimeLimitSeconds"))
    validation = given.get("ResponseValidation")
    kind = validation.get("ResponseType") if isinstance(validation, Mapping) else None
    made = {
        "FunctionArn": text_of(given.get("LambdaFunctionARN")),
        "ResponseValidation": f"ResponseType={kind or 'STRING_MAP'}",
        "TimeLimit": f"{limit}000" if limit.isdecimal() else limit,
    }
    more = given.get("LambdaInvocationAttributes")
    return {**made, "Parameters": dict(more)} if isinstance(more, Mapping) and more else made


def _recording(given: Mapping[str, Any]) -> dict[str, Any]:
    who = given.get("RecordedParticipants") or []
    both = "All" if len(who) != 1 else text_of(who[0])
    made = {
        "RecordingBehaviorOption": "Enable" if who else "Disable",
        "RecordingParticipantOption": both,
    }
    spoken = given.get("IVRRecordingBehavior")
    return {**made, "IVRRecordingBehavior": spoken} if spoken else made


def _streaming(given: Mapping[str, Any]) -> dict[str, Any]:
    track = [
        f"{direction}{text_of(one.get('ParticipantType'))}"
        for one in given.get("Participants") or ()
        if isinstance(one, Mapping)
        for direction in one.get("MediaDirections") or ()
    ]
    return {"MediaStreamTypes": text_of(given.get("MediaStreamType")), "Track": track}
