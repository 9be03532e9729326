"""Mutations of an action as a whole and of its transitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from support.generated_flows.mutations.access import (
    Data,
    Edit,
    conditions_of,
    drop,
    errors_of,
    parameters_of,
    put,
    targets,
    terminal,
)
from support.generated_flows.mutations.mutation import Mutations

TRANSITIONS = Mutations()


@TRANSITIONS.add("an unknown type", "unknown-type")
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
            yield put(action, "Type", wrong)
        yield drop(action, "Type")


@TRANSITIONS.add("an action that is none", "action-shape")
def _(flow: Data) -> Iterator[Edit]:
    strays: tuple[Any, ...] = ("text", None, [], 3)
    for stray in strays:
        yield lambda stray=stray: flow["Actions"].append(stray)  # type: ignore[misc]  # bound early
    for action in flow["Actions"]:
        yield put(action, "Branches", [])
        if action.get("Transitions"):
            yield put(action["Transitions"], "TimerExpired", flow["StartAction"])
        for one in errors_of(action):
            yield put(one, "Comment", "x")
        for one in conditions_of(action):
            yield drop(one, "NextAction")


@TRANSITIONS.add("a transition to nowhere", "dangling-target")
def _(flow: Data) -> Iterator[Edit]:
    known = {action["Identifier"] for action in flow["Actions"]}
    for _, holder in targets(flow):
        for target in ("no-such-action", holder["NextAction"].upper(), holder["NextAction"] + " "):
            if target not in known:
                yield put(holder, "NextAction", target)


@TRANSITIONS.add("a branch of a draft", "draft-target")
def _(flow: Data) -> Iterator[Edit]:
    for _, holder in targets(flow):
        yield put(holder, "NextAction", "")
        yield put(holder, "NextAction", "$end")


@TRANSITIONS.add("an action that ends the flow goes on", "terminal-with-transitions")
def _(flow: Data) -> Iterator[Edit]:
    for action in filter(terminal, flow["Actions"]):
        there = flow["StartAction"]
        condition = {"Operator": "Equals", "Operands": ["1"]}
        yield put(action, "Transitions", {"NextAction": there})
        yield put(action, "Transitions", {"Errors": [{"ErrorType": "NoMatchingError", "NextAction": there}]})
        yield put(action, "Transitions", {"Conditions": [{"Condition": condition, "NextAction": there}]})


@TRANSITIONS.add("no NextAction", "missing-next-action")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        transitions = action.get("Transitions") or {}
        if action["Type"] != "MessageParticipantIteratively" and "NextAction" in transitions:
            yield drop(transitions, "NextAction")


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


@TRANSITIONS.add("an error branch that must be there is not", "missing-error")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        errors = errors_of(action)
        needed = [one for one in errors if (action["Type"], one["ErrorType"]) not in _OPTIONAL_ERRORS]
        for one in needed:
            yield lambda errors=errors, one=one: errors.remove(one)  # type: ignore[misc]  # bound early
        if needed:
            yield drop(action["Transitions"], "Errors")
            yield put(action["Transitions"], "Errors", [])


@TRANSITIONS.add("an error branch that the action does not know", "disallowed-error")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        transitions = action.get("Transitions") or {}
        if terminal(action) or "NextAction" not in transitions:
            continue
        foreign = ["AgentError", "NoMatch", "nomatchingerror", "QueueAtCapacityError"]
        if action["Type"] in ("Compare", "UpdateContactCallbackNumber", "UpdateFlowLoggingBehavior"):
            foreign.append("NoMatchingError")
        if action["Type"] in ("CheckHoursOfOperation", "MessageParticipant", "InvokeLambdaFunction"):
            foreign.append("NoMatchingCondition")
        if parameters_of(action).get("StoreInput") == "True":
            foreign.append("InputTimeLimitExceeded")
        if parameters_of(action).get("ContinueFlowExecution") == "False":
            foreign.append("CallFailed")
        for name in foreign:
            branch = {"ErrorType": name, "NextAction": transitions["NextAction"]}
            yield put(transitions, "Errors", [*errors_of(action), branch])


@TRANSITIONS.add("two branches for one error", "duplicate-error")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        for one in errors_of(action):
            yield put(action["Transitions"], "Errors", [*errors_of(action), dict(one)])
