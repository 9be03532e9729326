"""Convert parameters of the console's old export to those of 2019-10-30 actions: one small function per shape.

The names come from real exports (121 distinct files); the target shapes are those that Connect accepts today.
"""

from __future__ import annotations

from collections.abc import Callable

from busyhour.flows.export.legacy_values import Module, Parameters, reference, value

Make = Callable[[Module, Parameters], None]
"""Makes the parameters of one module type."""


def nothing(module: Module, made: Parameters) -> None:
    """Convert a module without parameters."""


def prompt(module: Module, made: Parameters) -> None:
    """Convert text, SSML or a recording."""
    ssml = any(str(one.get("value")).lower() == "ssml" for _, one in module.numbered("TextToSpeechType"))
    if not made.take(module, "Text", "SSML" if ssml else "Text"):
        made.take(module, "AudioPrompt", "PromptId")


def loop_prompts(module: Module, made: Parameters) -> None:
    """Convert looped prompts, and their interrupt interval."""
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


def menu(module: Module, made: Parameters) -> None:
    """Convert a menu of one key; the old export's MaxDigits is always 1."""
    prompt(module, made)
    made.take(module, "Timeout", "InputTimeLimitSeconds", otherwise="5")
    made.values["StoreInput"] = "False"


def lex(module: Module, made: Parameters) -> None:
    """Convert a Lex bot of either version, and its session attributes."""
    prompt(module, made)
    if not made.take(module, "BotAliasArn", "LexV2Bot", "AliasArn"):
        made.take(module, "BotName", "LexBot", "Name")
        made.take(module, "BotRegion", "LexBot", "Region")
        made.take(module, "BotAlias", "LexBot", "Alias")
    _mapped(module, made, "Parameter", "LexSessionAttributes")


def store(module: Module, made: Parameters) -> None:
    """Convert stored input of digits or a telephone number."""
    prompt(module, made)
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


def _mapped(module: Module, made: Parameters, name: str, into: str) -> None:
    for index, one in module.numbered(name):
        made.put((into, str(one.get("key", ""))), value(one), index)


def function(module: Module, made: Parameters) -> None:
    """Convert a Lambda invocation; the old designer had flat responses only."""
    made.take(module, "FunctionArn", "LambdaFunctionARN")
    made.take(module, "TimeLimit", "InvocationTimeLimitSeconds", otherwise="3")
    _mapped(module, made, "Parameter", "LambdaInvocationAttributes")
    made.values["ResponseValidation"] = {"ResponseType": "STRING_MAP"}


def attributes(module: Module, made: Parameters) -> None:
    """Convert contact attributes."""
    made.values["Attributes"] = {}
    _mapped(module, made, "Attribute", "Attributes")


def screen_pop(module: Module, made: Parameters) -> None:
    """Convert a screen pop to an attribute that the agent's screen reads."""
    keys = [value(one) for _, one in module.numbered("key")]
    for key, (index, one) in zip(keys, module.numbered("value"), strict=False):
        made.put(("Attributes", key), value(one), index)


def compare(module: Module, made: Parameters) -> None:
    """Convert the attribute of a comparison."""
    namespace = next((str(one.get("value")) for _, one in module.numbered("Namespace")), "User Defined")
    for index, one in module.numbered("Attribute"):
        made.put(("ComparisonValue",), reference(namespace, str(one.get("value"))), index)


def queue(module: Module, made: Parameters) -> None:
    """Convert a queue, or an agent's own."""
    if not made.take(module, "Queue", "QueueId"):
        made.take(module, "Agent", "AgentId")


def third_party(module: Module, made: Parameters) -> None:
    """Convert a telephone number; a blind transfer and a block without a branch for returning do not resume."""
    made.take(module, "PhoneNumber", "ThirdPartyPhoneNumber")
    made.take(module, "TimeLimit", "ThirdPartyConnectionTimeLimitSeconds", otherwise="30")
    blind = any(value(one).lower() == "true" for _, one in module.numbered("BlindTransfer"))
    returns = any(branch.get("condition") == "Success" for branch in module.branches)
    made.values["ContinueFlowExecution"] = "True" if returns and not blind else "False"


def logging(module: Module, made: Parameters) -> None:
    """Convert logging on or off."""
    for index, one in module.numbered("LoggingBehavior"):
        made.put(("FlowLoggingBehavior",), _enabled(value(one)), index)


def _enabled(option: str) -> str:
    return {"Enable": "Enabled", "Disable": "Disabled"}.get(option, option)


def voice(module: Module, made: Parameters) -> None:
    """Convert the voice, its engine and its style."""
    made.take(module, "GlobalVoice", "TextToSpeechVoice")
    made.take(module, "GlobalEngine", "TextToSpeechEngine")
    made.take(module, "SpeakingStyle", "TextToSpeechStyle")


def recording(module: Module, made: Parameters) -> None:
    """Convert the recorded participants and the analytics."""
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


def hook(module: Module, made: Parameters) -> None:
    """Convert the flow for one event."""
    kind = next((value(one) for _, one in module.numbered("Type")), "CustomerQueue")
    made.take(module, "ContactFlowId", "EventHooks", kind, otherwise="")


_STAFFING = {
    "Available": "NumberOfAgentsAvailable",
    "Staffed": "NumberOfAgentsStaffed",
    "Online": "NumberOfAgentsOnline",
}


def staffing(module: Module, made: Parameters) -> None:
    """Convert the requested count of agents."""
    for index, one in module.numbered("Status"):
        made.put(("MetricType",), _STAFFING.get(value(one), value(one)), index)
    queue(module, made)


def queue_status(module: Module, made: Parameters) -> None:
    """Convert a check of the queue's size or of its oldest contact's age, by the branches."""
    by_size = any(branch.get("condition") == "CheckQueueSize" for branch in module.branches)
    made.values["MetricType"] = "NumberOfContactsInQueue" if by_size else "OldestContactInQueueAgeSeconds"
    queue(module, made)


def streaming(state: str) -> Make:
    """Convert audio streaming, `Enabled` or `Disabled`."""

    def make(module: Module, made: Parameters) -> None:
        directions = [value(one).removesuffix("Customer") for _, one in module.numbered("Track")]
        made.values["MediaStreamingState"] = state
        made.take(module, "MediaStreamTypes", "MediaStreamType", otherwise="Audio")
        made.values["Participants"] = [
            {"ParticipantType": "Customer", "MediaDirections": directions or ["To", "From"]}
        ]

    return make


def contact_data(module: Module, made: Parameters) -> None:
    """Convert language and other data of the contact."""
    for index, one in module.numbered("ContactData"):
        if isinstance(one.get("languageCode"), str):
            made.put(("LanguageCode",), one["languageCode"], index)
        elif isinstance(one.get("key"), str):
            made.put((one["key"],), value(one), index)


def callback(module: Module, made: Parameters) -> None:
    """Convert a callback."""
    made.take(module, "InitialDelaySeconds", "InitialCallDelaySeconds")
    made.take(module, "RetryDelaySeconds", "RetryDelaySeconds")
    made.take(module, "MaxRetryAttempts", "MaximumConnectionAttempts")
    queue(module, made)


def wait(module: Module, made: Parameters) -> None:
    """Convert the duration of a wait, and the events that end it early."""
    made.take(module, "TimeoutSeconds", "TimeLimitSeconds")
    if any(value(one).lower() == "true" for _, one in module.numbered("InterruptOnCustomerReturn")):
        made.values["Events"] = ["CustomerReturned"]


def priority(module: Module, made: Parameters) -> None:
    """Convert a queue priority, or added time."""
    if not made.take(module, "AbsolutePosition", "QueuePriority"):
        made.take(module, "TimeOffset", "QueueTimeAdjustmentSeconds")


def renamed(**names: str) -> Make:
    """Convert parameters that only change their name: old=new."""

    def make(module: Module, made: Parameters) -> None:
        for old, new in names.items():
            made.take(module, old, new)

    return make
