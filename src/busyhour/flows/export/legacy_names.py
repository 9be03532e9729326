"""Parameters of the old designer's blocks, and what of a block no conversion takes over."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.flows.export.legacy_values import Module
from busyhour.flows.model import Pointer

KNOWN = frozenset(
    {
        *(
            "Agent",
            "Attribute",
            "Namespace",
            "Queue",
            "Hours",
            "Status",
            "Type",
            "ContactFlowId",
            "LoopCount",
        ),
        *(
            "Text",
            "TextToSpeechType",
            "AudioPrompt",
            "AudioPromptType",
            "Timeout",
            "MaxDigits",
            "InterruptSeconds",
        ),
        *("BotName", "BotAlias", "BotAliasArn", "BotRegion", "BotVersion", "LexVersion", "Parameter"),
        *("CustomerInputType", "PhoneNumberFormat", "CountryCode", "DisableCancel", "TerminatorDigits"),
        *("InterDigitTimeout", "InterdigitTimeout", "EncryptEntry", "EncryptionKey", "EncryptionKeyId"),
        *("FunctionArn", "TimeLimit", "LoggingBehavior", "GlobalVoice", "GlobalEngine", "SpeakingStyle"),
        *(
            "RecordingBehaviorOption",
            "RecordingParticipantOption",
            "AnalyticsBehaviorOption",
            "AnalyticsMode",
        ),
        *("AnalyticsLanguageLocaleCode", "AnalyticsRedactionOption", "AnalyticsRedactionPolicy"),
        *("AnalyticsCustomVocabulary", "MediaStreamTypes", "ParticipantTypes", "Track", "ContactData"),
        *("PhoneNumber", "BlindTransfer", "CallerId", "CallerIdName", "CallerIdNumber", "DTMF", "DtmfDigits"),
        *("CallBackNumber", "InitialDelaySeconds", "MaxRetryAttempts", "RetryDelaySeconds", "TimeoutSeconds"),
        *("InterruptOnCustomerReturn", "AbsolutePosition", "TimeOffset", "TargetContact", "key", "value"),
    }
)
"""Names of parameters in exports of the old designer, of all blocks together."""


def leftovers(module: Module, *, terminal: bool) -> Iterator[tuple[Pointer, str]]:
    """Return each parameter and branch that has no meaning: its pointer in the module, and what is wrong.

    Args:
        module: a block of a type that is converted.
        terminal: whether the block ends the flow.
    """
    for number, parameter in enumerate(module.parameters):
        name = parameter.get("name")
        if terminal or name not in KNOWN:
            yield ("parameters", number), f"{module.type} has no parameter {name!r}"
    for number, branch in enumerate(module.branches if terminal else ()):
        condition = str(branch.get("condition", ""))
        yield ("branches", number), f"{module.type} ends the flow: its branch {condition!r} is never taken"
