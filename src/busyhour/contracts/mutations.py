"""Ways to break a valid flow, each one thing that Connect refuses, with the rule that must say so.

They test the rules here and in other teams' suites, and feed the strategies. A mutation finds the places in a
flow (2019-10-30, as JSON data) where it can strike; each place is a function that changes the data.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from busyhour.contracts.schemas import SchemaStore, shipped_schemas

Data = dict[str, Any]
Edit = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One way to break a flow: its name, the rule that must find it, and the places where it can strike."""

    name: str
    rule: str
    places: Callable[[Data], Iterator[Edit]]


MUTATIONS: list[Mutation] = []
"""All of them, by subject."""


def _mutation(
    name: str, rule: str
) -> Callable[[Callable[[Data], Iterator[Edit]]], Callable[[Data], Iterator[Edit]]]:
    def add(places: Callable[[Data], Iterator[Edit]]) -> Callable[[Data], Iterator[Edit]]:
        MUTATIONS.append(Mutation(name, rule, places))
        return places

    return add


def mutated(flow: Data, mutation: Mutation, choose: Callable[[int], int]) -> Data | None:
    """A broken copy of `flow`, None where the mutation finds no place; `choose(n)` picks one of n places."""
    broken = copy.deepcopy(flow)
    places = list(mutation.places(broken))
    if not places:
        return None
    places[choose(len(places))]()
    return broken


# ------------------------------------------------------------------------------------------- access


def _schemas() -> SchemaStore:
    return shipped_schemas()


def _actions(flow: Data, *types: str) -> Iterator[Data]:
    for action in flow["Actions"]:
        if not types or action["Type"] in types:
            yield action


def _terminal(action: Data) -> bool:
    return bool(_schemas().action(action["Type"]).get("x-terminal"))


def _errors(action: Data) -> list[Data]:
    found: list[Data] = action.get("Transitions", {}).get("Errors") or []
    return found


def _conditions(action: Data) -> list[Data]:
    found: list[Data] = action.get("Transitions", {}).get("Conditions") or []
    return found


def _parameters(action: Data) -> Data:
    found: Data = action.get("Parameters") or {}
    return found


def _put(holder: Any, key: Any, value: Any) -> Edit:
    return lambda: holder.__setitem__(key, value)


def _drop(holder: Any, key: Any) -> Edit:
    return lambda: holder.pop(key)


def _renamed(flow: Data, action: Data, name: str) -> Edit:
    """Give an action another identifier and lead everything there."""
    old = action["Identifier"]

    def edit() -> None:
        action["Identifier"] = name
        if flow["StartAction"] == old:
            flow["StartAction"] = name
        layout = flow.get("Metadata", {}).get("ActionMetadata", {})
        if old in layout:
            layout[name] = layout.pop(old)
        for other in flow["Actions"]:
            transitions = other.get("Transitions", {})
            for holder in (transitions, *_errors(other), *_conditions(other)):
                if holder.get("NextAction") == old:
                    holder["NextAction"] = name

    return edit


def _targets(flow: Data) -> Iterator[tuple[str, Data]]:
    for action in flow["Actions"]:
        if "NextAction" in action.get("Transitions", {}):
            yield "next", action["Transitions"]
        for one in _errors(action):
            yield "error", one
        for one in _conditions(action):
            yield "condition", one


def _strings(
    holder: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Any, Any]]:
    """(path, holder, key) of every non-empty string inside."""
    items = (
        holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ()
    )
    for key, value in items:
        if isinstance(value, str) and value:
            yield (*path, key), holder, key
        else:
            yield from _strings(value, (*path, key))


# ------------------------------------------------------------------------------------------- document


@_mutation("version is another one", "version")
def _(flow: Data) -> Iterator[Edit]:
    for version in ("2019-10-31", "1", "latest"):
        yield _put(flow, "Version", version)


@_mutation("a part of the document is missing", "not-a-flow")
def _(flow: Data) -> Iterator[Edit]:
    for part in ("Version", "StartAction"):
        yield _drop(flow, part)


@_mutation("a part of the document has another kind", "not-a-flow")
def _(flow: Data) -> Iterator[Edit]:
    yield _put(flow, "Version", 20191030)
    yield _put(flow, "StartAction", None)
    yield _put(flow, "Actions", {action["Identifier"]: action for action in flow["Actions"]})


@_mutation("the start action does not exist", "start-action")
def _(flow: Data) -> Iterator[Edit]:
    for start in ("no-such-action", "", flow["StartAction"] + "x"):
        yield _put(flow, "StartAction", start)


@_mutation("more than 250 actions", "too-many-actions")
def _(flow: Data) -> Iterator[Edit]:
    def edit() -> None:
        smallest = min(_actions(flow), key=lambda action: len(json.dumps(action)))
        for number in range(251 - len(flow["Actions"])):
            action = copy.deepcopy(smallest)
            action["Identifier"] = f"copy {number}"
            flow["Actions"].append(action)

    if flow["Actions"]:
        yield edit


@_mutation("more than 256,000 characters", "content-too-long")
def _(flow: Data) -> Iterator[Edit]:
    yield lambda: flow.setdefault("Metadata", {}).__setitem__("padding", "x" * 256_000)


@_mutation("a module without Settings", "module-settings")
def _(flow: Data) -> Iterator[Edit]:
    if "Settings" in flow and any(_actions(flow, "EndFlowModuleExecution")):
        yield _drop(flow, "Settings")


@_mutation("Settings in a flow", "module-settings")
def _(flow: Data) -> Iterator[Edit]:
    if "Settings" not in flow and flow.get("Metadata", {}).get("type") not in (None, "contactFlowModule"):
        settings: Data = {"InputParameters": [], "OutputParameters": [], "Transitions": []}
        yield _put(flow, "Settings", settings)


# ------------------------------------------------------------------------------------------- identifiers


@_mutation("two actions with one identifier", "duplicate-identifier")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        yield lambda action=action: flow["Actions"].append(copy.deepcopy(action))  # type: ignore[misc]  # bound early


@_mutation("an identifier that is not allowed", "identifier")
def _(flow: Data) -> Iterator[Edit]:
    reserved = ("__proto__", "constructor", "toString", "valueOf", "hasOwnProperty", "isPrototypeOf")
    illegal = tuple(f"say {character} hello" for character in "%:(\\/)=$,;[]{}")
    for action in flow["Actions"][:3]:
        for name in (*reserved, *illegal, "x" * 51):
            yield _renamed(flow, action, name)


@_mutation("an action without a usable identifier", "identifier")
def _(flow: Data) -> Iterator[Edit]:
    action = {"Parameters": {}, "Type": "UpdateFlowLoggingBehavior", "Transitions": {}}
    action["Parameters"] = {"FlowLoggingBehavior": "Enabled"}
    action["Transitions"] = {"NextAction": flow["StartAction"]}
    for extra in ({}, {"Identifier": 7}, {"Identifier": ""}, {"Identifier": None}):
        made = {**action, **extra}
        yield lambda made=made: flow["Actions"].append(made)  # type: ignore[misc]  # bound early


# ------------------------------------------------------------------------------------------- types and shape


@_mutation("an unknown type", "unknown-type")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        kind = action["Type"]
        for wrong in (
            kind + "s",
            kind[0].lower() + kind[1:],
            kind[:-1],
            "PlayPrompt",
            "SetQueue",
            "UnTagContact",
            "",
            7,
        ):
            yield _put(action, "Type", wrong)
        yield _drop(action, "Type")


@_mutation("an action that is none", "action-shape")
def _(flow: Data) -> Iterator[Edit]:
    strays: tuple[Any, ...] = ("text", None, [], 3)
    for stray in strays:
        yield lambda stray=stray: flow["Actions"].append(stray)  # type: ignore[misc]  # bound early
    for action in flow["Actions"]:
        yield _put(action, "Branches", [])
        if action.get("Transitions"):
            yield _put(action["Transitions"], "TimerExpired", flow["StartAction"])
        for one in _errors(action):
            yield _put(one, "Comment", "x")
        for one in _conditions(action):
            yield _drop(one, "NextAction")


# ------------------------------------------------------------------------------------------- transitions


@_mutation("a transition to nowhere", "dangling-target")
def _(flow: Data) -> Iterator[Edit]:
    known = {action["Identifier"] for action in flow["Actions"]}
    for _, holder in _targets(flow):
        for target in ("no-such-action", holder["NextAction"].upper(), holder["NextAction"] + " "):
            if target not in known:
                yield _put(holder, "NextAction", target)


@_mutation("a branch of a draft", "draft-target")
def _(flow: Data) -> Iterator[Edit]:
    for _, holder in _targets(flow):
        yield _put(holder, "NextAction", "")
        yield _put(holder, "NextAction", "$end")


@_mutation("an action that ends the flow goes on", "terminal-with-transitions")
def _(flow: Data) -> Iterator[Edit]:
    for action in filter(_terminal, flow["Actions"]):
        there = flow["StartAction"]
        condition = {"Operator": "Equals", "Operands": ["1"]}
        yield _put(action, "Transitions", {"NextAction": there})
        yield _put(action, "Transitions", {"Errors": [{"ErrorType": "NoMatchingError", "NextAction": there}]})
        yield _put(action, "Transitions", {"Conditions": [{"Condition": condition, "NextAction": there}]})


@_mutation("no NextAction", "missing-next-action")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        transitions = action.get("Transitions") or {}
        if action["Type"] != "MessageParticipantIteratively" and "NextAction" in transitions:
            yield _drop(transitions, "NextAction")


_OPTIONAL_ERRORS = {
    ("MessageParticipant", "NoMatchingError"),
    ("MessageParticipantIteratively", "NoMatchingError"),
    ("UpdateContactTextToSpeechVoice", "NoMatchingError"),
    ("Loop", "NoMatchingError"),
    ("ConnectParticipantWithLexBot", "InputTimeLimitExceeded"),
    ("InvokeFlowModule", "NoMatchingCondition"),
    ("StartOutboundChatContact", "TemplateRenderingError"),
    ("StartOutboundEmailContact", "TemplateRenderingError"),
    ("ConnectParticipantWithAgenticCX", "NoMatchingCondition"),
    ("ConnectParticipantWithAgenticCX", "InputTimeLimitExceeded"),
    ("CreateCase", "ContactNotLinked"),
    ("GetCase", "ContactNotLinked"),
    ("UpdateCase", "ContactNotLinked"),
}


@_mutation("an error branch that must be there is not", "missing-error")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        errors = _errors(action)
        needed = [one for one in errors if (action["Type"], one["ErrorType"]) not in _OPTIONAL_ERRORS]
        for one in needed:
            yield lambda errors=errors, one=one: errors.remove(one)  # type: ignore[misc]  # bound early
        if needed:
            yield _drop(action["Transitions"], "Errors")
            yield _put(action["Transitions"], "Errors", [])


@_mutation("an error branch that the action does not know", "disallowed-error")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        transitions = action.get("Transitions") or {}
        if _terminal(action) or "NextAction" not in transitions:
            continue
        foreign = ["AgentError", "NoMatch", "nomatchingerror", "QueueAtCapacityError"]
        if action["Type"] in ("Compare", "UpdateContactCallbackNumber", "UpdateFlowLoggingBehavior"):
            foreign.append("NoMatchingError")
        if action["Type"] in ("CheckHoursOfOperation", "MessageParticipant", "InvokeLambdaFunction"):
            foreign.append("NoMatchingCondition")
        if _parameters(action).get("StoreInput") == "True":
            foreign.append("InputTimeLimitExceeded")
        if _parameters(action).get("ContinueFlowExecution") == "False":
            foreign.append("CallFailed")
        for name in foreign:
            branch = {"ErrorType": name, "NextAction": transitions["NextAction"]}
            yield _put(transitions, "Errors", [*_errors(action), branch])


@_mutation("two branches for one error", "duplicate-error")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        for one in _errors(action):
            yield _put(action["Transitions"], "Errors", [*_errors(action), dict(one)])


# ------------------------------------------------------------------------------------------- conditions


@_mutation("an operator that the action does not take", "condition-operator")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        for one in _conditions(action):
            for operator in ("And", "Or", "Not", "Contains", "Exists", "NumericLessThan", "equals", ""):
                yield _put(one["Condition"], "Operator", operator)
            yield _drop(one["Condition"], "Operator")
            if action["Type"] != "Compare":
                yield _put(one["Condition"], "Operator", "TextContains")


@_mutation("operands that are not one string", "condition-operand")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        fixed = action["Type"] in ("Loop", "CheckHoursOfOperation", "Wait", "CheckOutboundCallStatus")
        for one in _conditions(action):
            condition = one["Condition"]
            if fixed or action["Type"] == "MessageParticipantIteratively":
                continue  # another operand is there first of all a result that has no branch
            given = condition["Operands"][0]
            nested = {"Operator": "Equals", "Operands": ["x"]}
            for operands in ([given, "other"], [""], [], [1], [True], [None], [nested], given):
                yield _put(condition, "Operands", operands)
            yield _drop(condition, "Operands")


@_mutation("a result without its branch", "missing-condition")
def _(flow: Data) -> Iterator[Edit]:
    for action in _actions(flow, "Loop", "CheckHoursOfOperation", "CheckOutboundCallStatus"):
        conditions = _conditions(action)
        if action["Type"] == "CheckOutboundCallStatus":
            continue
        for one in conditions:
            yield lambda conditions=conditions, one=one: conditions.remove(one)  # type: ignore[misc]  # bound early
        yield _drop(action["Transitions"], "Conditions")
    for action in _actions(flow, "Compare", "CheckMetricData"):
        yield _drop(action["Transitions"], "Conditions")
        yield _put(action["Transitions"], "Conditions", [])


@_mutation("conditions on an action without a result", "condition-not-allowed")
def _(flow: Data) -> Iterator[Edit]:
    plain = ("MessageParticipant", "UpdateContactAttributes", "InvokeLambdaFunction", "TransferToFlow")
    for action in _actions(flow, *plain, "UpdateContactTargetQueue", "TransferContactToQueue"):
        condition = {"Operator": "Equals", "Operands": ["1"]}
        branch = {"Condition": condition, "NextAction": flow["StartAction"]}
        yield _put(action["Transitions"], "Conditions", [branch])


# ------------------------------------------------------------------------------------------- parameters


@_mutation("an unknown parameter", "unknown-parameter")
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
            yield _put(action, "Parameters", {**_parameters(action), name: "x"})


@_mutation("a required parameter is missing", "missing-parameter")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        schema = _schemas().action(action["Type"])["properties"]["Parameters"]
        given = _parameters(action)
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
            required -= {"ContinueFlowExecution"}  # without it the error branches read differently as well
        for name in sorted(required & given.keys()):
            yield _drop(given, name)


_ENUMERATED = {
    "UpdateFlowLoggingBehavior": ("FlowLoggingBehavior", ("On", "enabled", "TRUE")),
    "UpdateContactAttributes": ("TargetContact", ("current", "Self")),
    "UpdateContactMediaStreamingBehavior": ("MediaStreamingState", ("Started", "enabled")),
    "CheckMetricData": ("MetricType", ("NumberOfAgents", "numberOfAgentsOnline")),
    "Loop": ("LoopCount", ("101", "-1", "many", "3.5")),
    "InvokeLambdaFunction": ("InvocationTimeLimitSeconds", ("0", "9", "abc", "-3", "undefined")),
    "UpdateContactTextToSpeechVoice": ("TextToSpeechStyle", ("Coversational", "Happy")),
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


@_mutation("a value that the action does not take", "parameter-value")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        given = _parameters(action)
        name, values = _ENUMERATED.get(action["Type"], ("", ()))
        if name in given:
            for value in values:
                yield _put(given, name, value)
        response = given.get("ResponseValidation")
        if isinstance(response, dict):
            yield _put(response, "ResponseType", "JSON_OBJECT")
        for key in ("Attributes", "LambdaInvocationAttributes", "DTMFConfiguration", "ViewData"):
            if isinstance(given.get(key), dict):
                yield _put(given, key, [])


@_mutation("a reference where the value is fixed", "static-parameter")
def _(flow: Data) -> Iterator[Edit]:
    fixed = {
        "UpdateFlowLoggingBehavior": "FlowLoggingBehavior",
        "InvokeLambdaFunction": "InvocationTimeLimitSeconds",
        "CheckMetricData": "MetricType",
        "UpdateContactMediaStreamingBehavior": "MediaStreamingState",
    }
    for action in flow["Actions"]:
        name = fixed.get(action["Type"])
        if name and name in _parameters(action):
            yield _put(action["Parameters"], name, "$.Attributes.value")


@_mutation("a scalar that is not a string", "string-scalar")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        for path, holder, key in _strings(_parameters(action)):
            if {
                "ViewData",
                "RoutingCriteria",
                "Input",
                "ResultData",
                "AudioFillerConfiguration",
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
                yield _put(holder, key, value.lower() == "true")
            elif value.isdigit():
                yield _put(holder, key, int(value))
            else:
                yield _put(holder, key, 5)


@_mutation("parameters that exclude each other", "exclusive-parameters")
def _(flow: Data) -> Iterator[Edit]:
    prompts = ("MessageParticipant", "ConnectParticipantWithLexBot")
    for action in _actions(flow, *prompts, "GetParticipantInput"):
        given = _parameters(action)
        if "EnableDTMFBuffer" in given:
            continue
        for name, value in (("Text", "Hello"), ("SSML", "<speak>Hello</speak>")):
            if name not in given:
                yield _put(given, name, value)
    for action in _actions(flow, "UpdateContactTargetQueue"):
        given = _parameters(action)
        for name in {"QueueId", "AgentId"} - given.keys():
            yield _put(given, name, "$.Attributes.other")
    for action in _actions(flow, "UpdateContactEventHooks"):
        hooks = _parameters(action).get("EventHooks", {})
        if hooks:
            other = "CustomerHold" if "CustomerHold" not in hooks else "AgentHold"
            yield _put(hooks, other, "$.Attributes.flow")


@_mutation("an empty value", "empty-value")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        given = _parameters(action)
        for path, holder, key in _strings(given):
            if path[0] in ("StoreInput", "ContinueFlowExecution", "RoutingCriteria", "Input", "ResultData"):
                continue
            if {"Queries", "References", "ViewData"} & set(path):
                continue
            yield _put(holder, key, "")
        for key in ("Attributes", "EventHooks", "FlowAttributes", "Tags"):
            if key in given and action["Type"] not in ("CreateTask",):
                yield _put(given, key, {})
        for key in ("Messages", "Participants"):
            if key in given:
                yield _put(given, key, [])


# ------------------------------------------------------------------------------------------- flow type


@_mutation("an action in a flow of the wrong type", "flow-type")
def _(flow: Data) -> Iterator[Edit]:
    if "Settings" in flow or flow.get("Metadata", {}).get("type") in (None, "contactFlowModule"):
        return
    wrong = {
        "contactFlow": ("EndFlowModuleExecution", "TransferContactToAgent"),
        "customerQueue": ("EndFlowModuleExecution", "TransferContactToAgent"),
        "customerHold": ("DisconnectParticipant", "EndFlowModuleExecution"),
        "customerWhisper": ("DisconnectParticipant", "TransferContactToAgent"),
        "agentWhisper": ("DisconnectParticipant", "EndFlowModuleExecution"),
        "agentHold": ("DisconnectParticipant", "TransferContactToAgent"),
        "outboundWhisper": ("DisconnectParticipant", "TransferContactToAgent"),
        "agentTransfer": ("EndFlowModuleExecution",),
        "queueTransfer": ("EndFlowModuleExecution",),
    }
    for kind in wrong.get(flow["Metadata"]["type"], ()):
        stray = {"Identifier": "stray", "Type": kind, "Parameters": {}, "Transitions": {}}
        yield lambda stray=stray: flow["Actions"].append(stray)  # type: ignore[misc]  # bound early


# ------------------------------------------------------------------------------------------- text

TEXT_MUTATIONS: dict[str, tuple[str, Callable[[Data], str]]] = {
    "cut off": ("not-json", lambda flow: json.dumps(flow)[:-2]),
    "a comma too many": ("not-json", lambda flow: json.dumps(flow)[:-1] + ",}"),
    "single quotes": ("not-json", lambda flow: json.dumps(flow).replace('"', "'")),
    "a comment": ("not-json", lambda flow: "// exported\n" + json.dumps(flow)),
    "NaN": ("not-json", lambda flow: json.dumps({**flow, "Metadata": {"x": float("nan")}})),
    "nothing": ("not-json", lambda flow: ""),
    "Version twice": ("duplicate-key", lambda flow: '{"Version": "2019-10-30", ' + json.dumps(flow)[1:]),
    "Type twice": (
        "duplicate-key",
        lambda flow: json.dumps(flow).replace('"Type":', '"Type": "x", "Type":', 1),
    ),
    "a list": ("not-a-flow", lambda flow: json.dumps([flow])),
    "a string": ("not-a-flow", lambda flow: json.dumps(json.dumps(flow))),
}
"""Ways to break the text: name -> rule that must find it, and the broken text."""
