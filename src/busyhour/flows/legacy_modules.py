"""What each module type of the console's old export becomes: one table, one small function per shape.

The names come from real exports (121 distinct files); the target shapes are those that Connect accepts today.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from busyhour.flows.model import Pointer

_SYSTEM = {
    "Customer Number": "$.CustomerEndpoint.Address",
    "Dialed Number": "$.SystemEndpoint.Address",
    "Stored customer input": "$.StoredCustomerInput",
    "Contact id": "$.ContactId",
    "Initial Contact id": "$.InitialContactId",
    "Previous Contact id": "$.PreviousContactId",
    "Initiation method": "$.InitiationMethod",
    "Instance ARN": "$.InstanceARN",
    "Language": "$.LanguageCode",
    "Queue name": "$.Queue.Name",
    "Queue ARN": "$.Queue.ARN",
    "Text to speech voice": "$.TextToSpeechVoiceId",
    "Customer callback number": "$.CustomerCallbackNumber",
}
"""Display names of the namespace System; any other value is a path as it stands (`Queue.ARN`, `Channel`)."""

_ROOTS = {"User Defined": "Attributes"}
"""Namespaces whose root has another name; all others are their own root (`External`, `Lex.Slots`)."""

_PLAIN = re.compile(r"[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*")


@dataclass(slots=True)
class Module:
    """A module of the old export; `target` is empty where it has none."""

    id: str
    type: str
    target: str
    parameters: list[dict[str, Any]]
    branches: list[dict[str, Any]]

    def numbered(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The parameters of that name with their index."""
        return ((index, one) for index, one in enumerate(self.parameters) if one.get("name") == name)


@dataclass(slots=True)
class Parameters:
    """Parameters being made; `sources` says which old parameter (by index) each came from."""

    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[Pointer, int] = field(default_factory=dict)

    def put(self, path: tuple[str, ...], value: Any, source: int) -> None:
        """Set the value at `path`, making the objects on the way."""
        here = self.values
        for key in path[:-1]:
            here = here.setdefault(key, {})
        here[path[-1]] = value
        self.sources[path] = source

    def take(self, module: Module, name: str, *path: str, otherwise: str | None = None) -> bool:
        """Put the parameter `name` at `path`; without one put `otherwise`, if given. True if it was there."""
        for index, parameter in module.numbered(name):
            self.put(path, value(parameter), index)
            return True
        if otherwise is not None:
            here = self.values
            for key in path[:-1]:
                here = here.setdefault(key, {})
            here[path[-1]] = otherwise
        return False


Make = Callable[[Module, Parameters], None]


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a module type becomes: action type, how parameters are made, and what its branches are called."""

    type: str
    make: Make
    branches: Mapping[str, str]
    terminal: bool = False

    def parameters(self, module: Module) -> Parameters:
        """Parameters of the action that `module` becomes."""
        made = Parameters()
        self.make(module, made)
        return made


def value(parameter: Mapping[str, Any]) -> str:
    """A parameter's value as a 2019-10-30 export has it: a string, with dynamic values as references.

    Where the value was blanked (exports that were published often are) the resource's name stands in for it.
    """
    raw = parameter.get("value")
    namespace = parameter.get("namespace")
    if isinstance(namespace, str) and namespace:
        return reference(namespace, "" if raw is None else str(raw))
    if isinstance(raw, bool):
        return "True" if raw else "False"
    if raw in (None, ""):
        name = parameter.get("resourceName")
        return name if isinstance(name, str) else ""
    return str(raw)


def reference(namespace: str, name: str) -> str:
    """`namespace` and `name` as a reference: ("User Defined", "pin") -> `$.Attributes.pin`."""
    if namespace == "System":
        return _SYSTEM.get(name, f"$.{name}")
    root = _ROOTS.get(namespace, namespace)
    return f"$.{root}.{name}" if _PLAIN.fullmatch(name) else f"$.{root}['{name}']"


def keep(module: Module) -> Conversion:
    """A module type that is not known: its parameters and branches keep their names."""

    def make(module: Module, made: Parameters) -> None:
        for index, parameter in enumerate(module.parameters):
            made.put((str(parameter.get("name", index)),), value(parameter), index)

    return Conversion(module.type, make, _BRANCHES, terminal=not module.branches)


_BRANCHES: Mapping[str, str] = {
    "Success": "next",
    "Error": "NoMatchingError",
    "NoMatch": "NoMatchingCondition",
    "Timeout": "InputTimeLimitExceeded",
    "AtCapacity": "QueueAtCapacity",
    "Evaluate": "condition",
    "Looping": "=ContinueLooping",
    "Complete": "=DoneLooping",
    "True": "=True",
    "False": "=False",
    "InvalidNumber": "InvalidPhoneNumber",
    "CallFailure": "CallFailed",
    "CustomerReturn": "=CustomerReturned",
    "CheckQueueTime": "condition",
    "CheckQueueSize": "condition",
}
"""Branch of the old export -> `next` (NextAction), `condition` (its own operator and value), `=x` (Equals x),
`>x` (NumberGreaterThan x), `share` (a percentage, made cumulative), or an error type."""


def _nothing(module: Module, made: Parameters) -> None:
    return


def _prompt(module: Module, made: Parameters) -> None:
    ssml = any(str(one.get("value")).lower() == "ssml" for _, one in module.numbered("TextToSpeechType"))
    if not made.take(module, "Text", "SSML" if ssml else "Text"):
        made.take(module, "AudioPrompt", "PromptId")


def _loop_prompts(module: Module, made: Parameters) -> None:
    messages: list[dict[str, str]] = []
    for index, one in enumerate(module.parameters):
        if one.get("name") == "Text":
            kind = "SSML" if str(one.get("key")).lower() == "ssml" else "Text"
        elif one.get("name") == "AudioPrompt":
            kind = "PromptId"
        else:
            continue
        made.sources["Messages", len(messages), kind] = index
        messages.append({kind: value(one)})
    made.values["Messages"] = messages
    made.take(module, "InterruptSeconds", "InterruptFrequencySeconds")


def _menu(module: Module, made: Parameters) -> None:
    _prompt(module, made)
    made.take(module, "Timeout", "InputTimeLimitSeconds", otherwise="5")
    made.values["StoreInput"] = "False"


def _lex(module: Module, made: Parameters) -> None:
    _prompt(module, made)
    if not made.take(module, "BotAliasArn", "LexV2Bot", "AliasArn"):
        made.take(module, "BotName", "LexBot", "Name")
        made.take(module, "BotRegion", "LexBot", "Region")
        made.take(module, "BotAlias", "LexBot", "Alias")
    _map(module, made, "Parameter", "LexSessionAttributes")


def _store(module: Module, made: Parameters) -> None:
    _prompt(module, made)
    made.take(module, "Timeout", "InputTimeLimitSeconds", otherwise="5")
    made.values["StoreInput"] = "True"
    phone = any("phone" in value(one).lower() for _, one in module.numbered("CustomerInputType"))
    if phone:
        formats = [value(one) for _, one in module.numbered("PhoneNumberFormat")]
        local = not formats or formats[0].lower().startswith("local")
        made.values["InputValidation"] = {
            "PhoneNumberValidation": {"NumberFormat": "Local" if local else "E164"},
        }
        made.take(module, "CountryCode", "InputValidation", "PhoneNumberValidation", "CountryCode")
    else:
        made.take(module, "MaxDigits", "InputValidation", "CustomValidation", "MaximumLength", otherwise="20")
    if any(value(one).lower() == "true" for _, one in module.numbered("EncryptEntry")):
        made.take(module, "EncryptionKeyId", "InputEncryption", "EncryptionKeyId")
        made.take(module, "EncryptionKey", "InputEncryption", "Key")
    made.take(module, "TerminatorDigits", "DTMFConfiguration", "InputTerminationSequence")
    for index, one in module.numbered("DisableCancel"):
        disabled = value(one).lower() == "true"
        made.put(("DTMFConfiguration", "DisableCancelKey"), "True" if disabled else "False", index)


def _map(module: Module, made: Parameters, name: str, into: str) -> None:
    for index, one in module.numbered(name):
        made.put((into, str(one.get("key", ""))), value(one), index)


def _lambda(module: Module, made: Parameters) -> None:
    made.take(module, "FunctionArn", "LambdaFunctionARN")
    made.take(module, "TimeLimit", "InvocationTimeLimitSeconds", otherwise="3")
    _map(module, made, "Parameter", "LambdaInvocationAttributes")
    made.values["ResponseValidation"] = {"ResponseType": "STRING_MAP"}


def _attributes(module: Module, made: Parameters) -> None:
    made.values["Attributes"] = {}
    _map(module, made, "Attribute", "Attributes")


def _screen_pop(module: Module, made: Parameters) -> None:
    keys = [value(one) for _, one in module.numbered("key")]
    for key, (index, one) in zip(keys, module.numbered("value"), strict=False):
        made.put(("Attributes", key), value(one), index)


def _compare(module: Module, made: Parameters) -> None:
    namespace = next((str(one.get("value")) for _, one in module.numbered("Namespace")), "User Defined")
    for index, one in module.numbered("Attribute"):
        made.put(("ComparisonValue",), reference(namespace, str(one.get("value"))), index)


def _queue(module: Module, made: Parameters) -> None:
    if not made.take(module, "Queue", "QueueId"):
        made.take(module, "Agent", "AgentId")


def _third_party(module: Module, made: Parameters) -> None:
    made.take(module, "PhoneNumber", "ThirdPartyPhoneNumber")
    made.take(module, "TimeLimit", "ThirdPartyConnectionTimeLimitSeconds", otherwise="30")
    blind = any(value(one).lower() == "true" for _, one in module.numbered("BlindTransfer"))
    made.values["ContinueFlowExecution"] = "False" if blind else "True"


def _logging(module: Module, made: Parameters) -> None:
    for index, one in module.numbered("LoggingBehavior"):
        made.put(("FlowLoggingBehavior",), _enabled(value(one)), index)


def _enabled(option: str) -> str:
    return {"Enable": "Enabled", "Disable": "Disabled"}.get(option, option)


def _voice(module: Module, made: Parameters) -> None:
    made.take(module, "GlobalVoice", "TextToSpeechVoice")
    made.take(module, "GlobalEngine", "TextToSpeechEngine")
    made.take(module, "SpeakingStyle", "TextToSpeechStyle")


def _recording(module: Module, made: Parameters) -> None:
    on = any(value(one) == "Enable" for _, one in module.numbered("RecordingBehaviorOption"))
    who = next((value(one) for _, one in module.numbered("RecordingParticipantOption")), "Both")
    participants = {"Both": ["Agent", "Customer"], "Agent": ["Agent"], "Customer": ["Customer"]}.get(who, [])
    made.values["RecordingBehavior"] = {"RecordedParticipants": participants if on else []}
    if any(value(one) == "Enable" for _, one in module.numbered("AnalyticsBehaviorOption")):
        made.values["AnalyticsBehavior"] = {"Enabled": "True"}
        made.take(module, "AnalyticsLanguageLocaleCode", "AnalyticsBehavior", "AnalyticsLanguage")
        made.take(module, "AnalyticsRedactionPolicy", "AnalyticsBehavior", "AnalyticsRedactionResults")
        made.take(module, "AnalyticsMode", "AnalyticsBehavior", "AnalyticsMode")
        for index, one in module.numbered("AnalyticsRedactionOption"):
            made.put(("AnalyticsBehavior", "AnalyticsRedactionBehavior"), _enabled(value(one)), index)


def _hook(module: Module, made: Parameters) -> None:
    kind = next((value(one) for _, one in module.numbered("Type")), "CustomerQueue")
    made.take(module, "ContactFlowId", "EventHooks", kind, otherwise="")


_STAFFING = {
    "Available": "NumberOfAgentsAvailable",
    "Staffed": "NumberOfAgentsStaffed",
    "Online": "NumberOfAgentsOnline",
}


def _staffing(module: Module, made: Parameters) -> None:
    for index, one in module.numbered("Status"):
        made.put(("MetricType",), _STAFFING.get(value(one), value(one)), index)
    _queue(module, made)


def _queue_status(module: Module, made: Parameters) -> None:
    by_size = any(branch.get("condition") == "CheckQueueSize" for branch in module.branches)
    made.values["MetricType"] = "NumberOfContactsInQueue" if by_size else "OldestContactInQueueAgeSeconds"
    _queue(module, made)


def _streaming(state: str) -> Make:
    def make(module: Module, made: Parameters) -> None:
        directions = [value(one).removesuffix("Customer") for _, one in module.numbered("Track")]
        made.values["MediaStreamingState"] = state
        made.take(module, "MediaStreamTypes", "MediaStreamType", otherwise="Audio")
        made.values["Participants"] = [
            {"ParticipantType": "Customer", "MediaDirections": directions or ["To", "From"]}
        ]

    return make


def _contact_data(module: Module, made: Parameters) -> None:
    for index, one in module.numbered("ContactData"):
        if isinstance(one.get("languageCode"), str):
            made.put(("LanguageCode",), one["languageCode"], index)
        elif isinstance(one.get("key"), str):
            made.put((one["key"],), value(one), index)


def _callback(module: Module, made: Parameters) -> None:
    made.take(module, "InitialDelaySeconds", "InitialCallDelaySeconds")
    made.take(module, "RetryDelaySeconds", "RetryDelaySeconds")
    made.take(module, "MaxRetryAttempts", "MaximumConnectionAttempts")
    _queue(module, made)


def _wait(module: Module, made: Parameters) -> None:
    made.take(module, "TimeoutSeconds", "TimeLimitSeconds")
    if any(value(one).lower() == "true" for _, one in module.numbered("InterruptOnCustomerReturn")):
        made.values["Events"] = ["CustomerReturned"]


def _priority(module: Module, made: Parameters) -> None:
    if not made.take(module, "AbsolutePosition", "QueuePriority"):
        made.take(module, "TimeOffset", "QueueTimeAdjustmentSeconds")


def _renamed(**names: str) -> Make:
    def make(module: Module, made: Parameters) -> None:
        for old, new in names.items():
            made.take(module, old, new)

    return make


def _conversion(type: str, make: Make = _nothing, terminal: bool = False, **branches: str) -> Conversion:
    return Conversion(
        type, make, {**_BRANCHES, **{name.rstrip("_"): to for name, to in branches.items()}}, terminal
    )


_PLAY = _conversion("MessageParticipant", _prompt)
_MENU = _conversion("GetParticipantInput", _menu)
_STORE = _conversion("GetParticipantInput", _store)
_INVOKE = _conversion("InvokeLambdaFunction", _lambda)
_TO_QUEUE = _conversion("TransferContactToQueue")
_TO_FLOW = _conversion("TransferToFlow", _renamed(ContactFlowId="ContactFlowId"))
_COMPARE = _conversion("Compare", _compare)
_HOOK = _conversion("UpdateContactEventHooks", _hook)

CONVERSIONS: Mapping[tuple[str, str], Conversion] = {
    ("PlayPrompt", ""): _PLAY,
    ("PlayAudio", ""): _PLAY,
    ("LoopPrompts", ""): _conversion(
        "MessageParticipantIteratively", _loop_prompts, Timeout="=MessagesInterrupted"
    ),
    ("GetUserInput", "Digits"): _MENU,
    ("GetUserInput", ""): _MENU,
    ("GetUserInput", "Lex"): _conversion("ConnectParticipantWithLexBot", _lex),
    ("PlayAudioAndFetchInput", ""): _MENU,
    ("StoreUserInput", ""): _STORE,
    ("StoreCustomerInput", ""): _STORE,
    ("Disconnect", ""): _conversion("DisconnectParticipant", terminal=True),
    ("Resume", ""): _conversion("EndFlowExecution", terminal=True),
    ("SetAttributes", ""): _conversion("UpdateContactAttributes", _attributes),
    ("SetScreenPop", ""): _conversion("UpdateContactAttributes", _screen_pop),
    ("Transfer", "Queue"): _TO_QUEUE,
    ("Transfer", "Flow"): _TO_FLOW,
    ("Transfer", "PhoneNumber"): _conversion(
        "TransferParticipantToThirdParty", _third_party, Timeout="ConnectionTimeLimitExceeded"
    ),
    ("CustomerInQueue", ""): _TO_QUEUE,
    ("TransferToFlow", ""): _TO_FLOW,
    ("InvokeExternalResource", ""): _INVOKE,
    ("InvokeExternal", ""): _INVOKE,
    ("SetQueue", ""): _conversion("UpdateContactTargetQueue", _queue),
    ("CheckAttribute", ""): _COMPARE,
    ("CheckCallAttribute", ""): _COMPARE,
    ("SetLoggingBehavior", ""): _conversion("UpdateFlowLoggingBehavior", _logging),
    ("SetVoice", ""): _conversion("UpdateContactTextToSpeechVoice", _voice),
    ("SetRecordingBehavior", ""): _conversion("UpdateContactRecordingBehavior", _recording),
    ("Loop", ""): _conversion("Loop", _renamed(LoopCount="LoopCount")),
    ("SetEventHook", ""): _HOOK,
    ("SetContactFlow", ""): _HOOK,
    ("CheckStaffing", ""): _conversion(
        "CheckMetricData", _staffing, True_=">0", False_="NoMatchingCondition"
    ),
    ("CheckQueueStatus", ""): _conversion("CheckMetricData", _queue_status),
    ("CheckHoursOfOperation", ""): _conversion("CheckHoursOfOperation", _renamed(Hours="HoursOfOperationId")),
    ("StartMediaStreaming", ""): _conversion("UpdateContactMediaStreamingBehavior", _streaming("Enabled")),
    ("StopMediaStreaming", ""): _conversion("UpdateContactMediaStreamingBehavior", _streaming("Disabled")),
    ("SetContactData", ""): _conversion("UpdateContactData", _contact_data),
    ("SetCallBackNumber", ""): _conversion(
        "UpdateContactCallbackNumber",
        _renamed(CallBackNumber="CallbackNumber"),
        InvalidPhoneNumber="InvalidCallbackNumber",
        InvalidNumber="InvalidCallbackNumber",
        NonDialableNumber="CallbackNumberNotDialable",
    ),
    ("CreateCallback", ""): _conversion("CreateCallbackContact", _callback),
    ("Wait", ""): _conversion("Wait", _wait, Timeout="=WaitCompleted"),
    ("GetMetricData", ""): _conversion("GetMetricData", _queue),
    ("PercentileBranching", ""): _conversion("DistributeByPercentage", Evaluate="share"),
    ("UpdateRoutingPriority", ""): _conversion("UpdateContactRoutingBehavior", _priority),
}
"""(module type, target) -> what it becomes; an empty target stands for any."""
