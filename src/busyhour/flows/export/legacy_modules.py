"""Conversion of each module type of the console's old export: action type, parameters, names of branches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from busyhour.flows.export import legacy_parameters as make
from busyhour.flows.export.legacy_parameters import Make
from busyhour.flows.export.legacy_values import Module, Parameters, value


@dataclass(frozen=True, slots=True)
class Conversion:
    """Conversion of a module type: action type, function that makes the parameters, names of branches.

    `always` are errors that the action must have a branch for; without the branch, the old block continued
    regardless.
    """

    type: str
    make: Make
    branches: Mapping[str, str]
    terminal: bool = False
    always: tuple[str, ...] = ()

    def parameters(self, module: Module) -> Parameters:
        """Return the parameters of the action for `module`."""
        made = Parameters()
        self.make(module, made)
        return made


def keep(module: Module) -> Conversion:
    """Convert an unknown module type: parameters and branches keep their names."""

    def keep_all(module: Module, made: Parameters) -> None:
        for index, parameter in enumerate(module.parameters):
            made.put((str(parameter.get("name", index)),), value(parameter), index)

    return Conversion(module.type, keep_all, _BRANCHES, terminal=not module.branches)


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
`>x` (NumberGreaterThan x), `share` (a percentage, made a bound that is exclusive), or an error type."""


def _conversion(
    type: str, parameters: Make = make.nothing, terminal: bool = False, **branches: str
) -> Conversion:
    return Conversion(
        type, parameters, {**_BRANCHES, **{name.rstrip("_"): to for name, to in branches.items()}}, terminal
    )


_PLAY = _conversion("MessageParticipant", make.prompt)
_MENU = _conversion("GetParticipantInput", make.menu)
_STORE = _conversion("GetParticipantInput", make.store)
_INVOKE = _conversion("InvokeLambdaFunction", make.function)
_TO_QUEUE = _conversion("TransferContactToQueue")
_TO_FLOW = _conversion("TransferToFlow", make.renamed(ContactFlowId="ContactFlowId"))
_COMPARE = _conversion("Compare", make.compare)
_HOOK = replace(_conversion("UpdateContactEventHooks", make.hook), always=("NoMatchingError",))

CONVERSIONS: Mapping[tuple[str, str], Conversion] = {
    ("PlayPrompt", ""): _PLAY,
    ("PlayAudio", ""): _PLAY,
    ("LoopPrompts", ""): _conversion(
        "MessageParticipantIteratively", make.loop_prompts, Timeout="=MessagesInterrupted"
    ),
    ("GetUserInput", "Digits"): _MENU,
    ("GetUserInput", ""): _MENU,
    ("GetUserInput", "Lex"): _conversion("ConnectParticipantWithLexBot", make.lex),
    ("PlayAudioAndFetchInput", ""): _MENU,
    ("StoreUserInput", ""): _STORE,
    ("StoreCustomerInput", ""): _STORE,
    ("Disconnect", ""): _conversion("DisconnectParticipant", terminal=True),
    ("Resume", ""): _conversion("EndFlowExecution", terminal=True),
    ("SetAttributes", ""): _conversion("UpdateContactAttributes", make.attributes),
    ("SetScreenPop", ""): _conversion("UpdateContactAttributes", make.screen_pop),
    ("Transfer", "Queue"): _TO_QUEUE,
    ("Transfer", "Flow"): _TO_FLOW,
    ("Transfer", "PhoneNumber"): _conversion(
        "TransferParticipantToThirdParty", make.third_party, Timeout="ConnectionTimeLimitExceeded"
    ),
    ("CustomerInQueue", ""): _TO_QUEUE,
    ("TransferToFlow", ""): _TO_FLOW,
    ("InvokeExternalResource", ""): _INVOKE,
    ("InvokeExternal", ""): _INVOKE,
    ("SetQueue", ""): _conversion("UpdateContactTargetQueue", make.queue),
    ("CheckAttribute", ""): _COMPARE,
    ("CheckCallAttribute", ""): _COMPARE,
    ("SetLoggingBehavior", ""): _conversion("UpdateFlowLoggingBehavior", make.logging),
    ("SetVoice", ""): _conversion("UpdateContactTextToSpeechVoice", make.voice),
    ("SetRecordingBehavior", ""): _conversion("UpdateContactRecordingBehavior", make.recording),
    ("Loop", ""): _conversion("Loop", make.renamed(LoopCount="LoopCount")),
    ("SetEventHook", ""): _HOOK,
    ("SetContactFlow", ""): _HOOK,
    ("CheckStaffing", ""): _conversion(
        "CheckMetricData", make.staffing, True_=">0", False_="NoMatchingCondition"
    ),
    ("CheckQueueStatus", ""): _conversion("CheckMetricData", make.queue_status),
    ("CheckHoursOfOperation", ""): _conversion(
        "CheckHoursOfOperation", make.renamed(Hours="HoursOfOperationId")
    ),
    ("StartMediaStreaming", ""): _conversion(
        "UpdateContactMediaStreamingBehavior", make.streaming("Enabled")
    ),
    ("StopMediaStreaming", ""): _conversion(
        "UpdateContactMediaStreamingBehavior", make.streaming("Disabled")
    ),
    ("SetContactData", ""): _conversion("UpdateContactData", make.contact_data),
    ("SetCallBackNumber", ""): _conversion(
        "UpdateContactCallbackNumber",
        make.renamed(CallBackNumber="CallbackNumber"),
        InvalidPhoneNumber="InvalidCallbackNumber",
        InvalidNumber="InvalidCallbackNumber",
        NonDialableNumber="CallbackNumberNotDialable",
    ),
    ("CreateCallback", ""): _conversion("CreateCallbackContact", make.callback),
    ("Wait", ""): _conversion("Wait", make.wait, Timeout="=WaitCompleted"),
    ("GetMetricData", ""): _conversion("GetMetricData", make.queue),
    ("PercentileBranching", ""): _conversion("DistributeByPercentage", Evaluate="share"),
    ("UpdateRoutingPriority", ""): _conversion("UpdateContactRoutingBehavior", make.priority),
}
"""(module type, target) -> its conversion; an empty target matches any."""
