"""Mutations of parameters."""

from __future__ import annotations

from collections.abc import Iterator

from support.generated_flows.mutations.access import (
    Data,
    Edit,
    actions_of,
    drop,
    parameters_of,
    put,
    schemas,
    strings,
)
from support.generated_flows.mutations.mutation import Mutations

PARAMETERS = Mutations()


@PARAMETERS.add("an unknown parameter", "unknown-parameter")
def _(flow: Data) -> Iterator[Edit]:
    wrong = {
        "TransferContactToQueue": "QueueId",
        "InvokeLambdaFunction": "FunctionArn",
        "Wait": "TimeoutSeconds",
        "UpdateContactData": "References",
        "MessageParticipant": "TextType",
        "CheckMetricData": "Queue",
        "UpdateContactTextToSpeechVoice": "LanguageCode",
    }
    for action in flow["Actions"]:
        for name in ("Comment", wrong.get(action["Type"], "Timeout")):
            yield put(action, "Parameters", {**parameters_of(action), name: "x"})


@PARAMETERS.add("a required parameter is missing", "missing-parameter")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        schema = schemas().action(action["Type"])["properties"]["Parameters"]
        given = parameters_of(action)
        required = {
            *schema.get("required", ()),
            *(name for one in schema.get("oneOf", ()) for name in one["required"]),
        }
        if action["Type"] == "GetParticipantInput":
            required |= {"InputTimeLimitSeconds"}
        if action["Type"] in (
            "TransferParticipantToThirdParty",
            "UpdateContactRecordingAndAnalyticsBehavior",
        ):
            required -= {"VoiceBehavior", "ChatBehavior"}
            required -= {"ContinueFlowExecution"}  # without it the error branches are read differently, too
        for name in sorted(required & given.keys()):
            yield drop(given, name)


_ENUMERATED = {
    "UpdateFlowLoggingBehavior": ("FlowLoggingBehavior", ("On", "enabled", "TRUE")),
    "UpdateContactAttributes": ("TargetContact", ("current", "Self")),
    "UpdateContactMediaStreamingBehavior": ("MediaStreamingState", ("Started", "enabled")),
    "CheckMetricData": ("MetricType", ("NumberOfAgents", "numberOfAgentsOnline")),
    "Loop": ("LoopCount", ("101", "-1", "many", "3.5")),
    "InvokeLambdaFunction": ("InvocationTimeLimitSeconds", ("0", "61", "abc", "-3", "undefined")),
    "ShowView": ("InvocationTimeLimitSeconds", ("undefined", "0")),
    "Compare": ("ComparisonValue", ("gold", "$.External", "$.Attributes", "Attributes.x")),
    "UpdateContactCallbackNumber": ("CallbackNumber", ("+15555550100", "5551234")),
    "UpdatePreviousContactParticipantState": ("PreviousContactParticipantState", ("OnHold",)),
    "TransferToFlow": (
        "ContactFlowId",
        ("Main menu", "arn:aws:connect:us-east-1:111122223333:instance/x/queue/y"),
    ),
    "UpdateContactTargetQueue": (
        "QueueId",
        ("Support", "arn:aws:connect:us-east-1:111122223333:instance/x/prompt/y"),
    ),
    "InvokeFlowModule": ("FlowModuleId", ("My module",)),
    "GetParticipantInput": ("InputTimeLimitSeconds", ("0", "ten", "5s")),
    "CreateCallbackContact": ("InitialCallDelaySeconds", ("0", "259201", "soon")),
    "Wait": ("TimeLimitSeconds", ("604801", "0")),
    "UpdateContactRoutingBehavior": ("QueuePriority", ("0", "high")),
}


@PARAMETERS.add("a value that the action does not take", "parameter-value")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        given = parameters_of(action)
        name, values = _ENUMERATED.get(action["Type"], ("", ()))
        if name in given:
            for value in values:
                yield put(given, name, value)
        response = given.get("ResponseValidation")
        if isinstance(response, dict):
            yield put(response, "ResponseType", "JSON_OBJECT")
        for key in ("Attributes", "LambdaInvocationAttributes", "DTMFConfiguration", "ViewData"):
            if isinstance(given.get(key), dict):
                yield put(given, key, [])


@PARAMETERS.add("a reference where the value is fixed", "static-parameter")
def _(flow: Data) -> Iterator[Edit]:
    fixed = {
        "UpdateFlowLoggingBehavior": "FlowLoggingBehavior",
        "InvokeLambdaFunction": "InvocationTimeLimitSeconds",
        "CheckMetricData": "MetricType",
        "UpdateContactMediaStreamingBehavior": "MediaStreamingState",
    }
    for action in flow["Actions"]:
        name = fixed.get(action["Type"])
        if name and name in parameters_of(action):
            yield put(action["Parameters"], name, "$.Attributes.value")


@PARAMETERS.add("a scalar that is not a string", "string-scalar")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        for path, holder, key in strings(parameters_of(action)):
            if {
                "ViewData",
                "RoutingCriteria",
                "Input",
                "ResultData",
                "AudioFillerConfiguration",
                "SpeechRecognitionConfiguration",
                "Queries",
            } & set(path):
                continue
            if "ProfileRequestData" in path or path[0] in (
                "StoreInput",
                "ContinueFlowExecution",
                "References",
            ):
                continue
            value = holder[key]
            if value in ("True", "true", "False", "false"):
                yield put(holder, key, value.lower() == "true")
            elif value.isdigit():
                yield put(holder, key, True)  # of a number it is not known that it is refused
            else:
                yield put(holder, key, 5)


@PARAMETERS.add("parameters that exclude each other", "exclusive-parameters")
def _(flow: Data) -> Iterator[Edit]:
    prompts = ("MessageParticipant", "ConnectParticipantWithLexBot")
    for action in actions_of(flow, *prompts, "GetParticipantInput"):
        given = parameters_of(action)
        if "EnableDTMFBuffer" in given:
            continue
        for name, value in (("Text", "Hello"), ("SSML", "<speak>Hello</speak>")):
            if name not in given:
                yield put(given, name, value)
    for action in actions_of(flow, "UpdateContactTargetQueue"):
        given = parameters_of(action)
        for name in {"QueueId", "AgentId"} - given.keys():
            yield put(given, name, "$.Attributes.other")


@PARAMETERS.add("an empty value", "empty-value")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        given = parameters_of(action)
        for path, holder, key in strings(given):
            if path[0] in ("StoreInput", "ContinueFlowExecution", "RoutingCriteria", "Input", "ResultData"):
                continue
            if {"Queries", "References", "ViewData"} & set(path):
                continue
            yield put(holder, key, "")
        for key in ("Attributes", "EventHooks", "FlowAttributes", "Tags"):
            if key in given and action["Type"] not in ("CreateTask",):
                yield put(given, key, {})
        for key in ("Messages", "Participants"):
            if key in given:
                yield put(given, key, [])
