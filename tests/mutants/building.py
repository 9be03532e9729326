"""Building blocks of the seeded faults: actions put on a branch of a flow, and places of a kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from support.generated_flows.mutations.access import Data, Edit, actions_of, errors_of, targets

ERROR, NO_MATCH, SILENT = "NoMatchingError", "NoMatchingCondition", "InputTimeLimitExceeded"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:seeded"
BOT = {"AliasArn": "arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/TSTALIASID"}


def inbound(flow: Data) -> bool:
    """Whether the flow says that it is an inbound flow."""
    return flow.get("Metadata", {}).get("type") == "contactFlow"


def may_be_inbound(flow: Data) -> bool:
    """Whether the flow is an inbound flow, or has no type and nothing that an inbound flow cannot have."""
    if "type" in flow["Metadata"]:
        return inbound(flow)
    foreign = (
        "EndFlowExecution",
        "EndFlowModuleExecution",
        "MessageParticipantIteratively",
        "TransferContactToAgent",
    )
    return "Settings" not in flow and not any(actions_of(flow, *foreign))


def name(flow: Data, word: str) -> str:
    """Return an identifier that the flow does not have."""
    known = {action["Identifier"] for action in flow["Actions"]}
    return next(one for one in (word, *(f"{word} {n}" for n in range(300))) if one not in known)


def action(identifier: str, type: str, parameters: Data, following: str, *errors: str) -> Data:
    """Return an action whose branches all lead to `following`."""
    transitions: Data = {"NextAction": following}
    if errors:
        transitions["Errors"] = [{"ErrorType": one, "NextAction": following} for one in errors]
    return {"Identifier": identifier, "Type": type, "Parameters": parameters, "Transitions": transitions}


def starting(flow: Data, *parts: tuple[str, Data, tuple[str, ...]]) -> Edit:
    """Put actions (type, parameters, errors) in front of the flow, in this order."""

    def edit() -> None:
        following = flow["StartAction"]
        for type, parameters, errors in reversed(parts):
            identifier = name(flow, f"seeded {type}"[:48])
            flow["Actions"].append(action(identifier, type, parameters, following, *errors))
            flow["Metadata"].setdefault("ActionMetadata", {})[identifier] = {"position": {"x": 0, "y": 0}}
            following = identifier
        flow["StartAction"] = following

    return edit


def say(text: str, kind: str = "Text") -> tuple[str, Data, tuple[str, ...]]:
    """Return a prompt."""
    return "MessageParticipant", {kind: text}, (ERROR,)


def store(text: str) -> tuple[str, Data, tuple[str, ...]]:
    """Return an input that is stored."""
    validation = {"CustomValidation": {"MaximumLength": "16"}}
    given = {"Text": text, "StoreInput": "True", "InputTimeLimitSeconds": "5", "InputValidation": validation}
    return "GetParticipantInput", given, (ERROR,)


def keep(key: str, value: str) -> tuple[str, Data, tuple[str, ...]]:
    """Return an action that sets a contact attribute."""
    return "UpdateContactAttributes", {"Attributes": {key: value}, "TargetContact": "Current"}, (ERROR,)


def dial(number: str) -> tuple[str, Data, tuple[str, ...]]:
    """Return a transfer to a telephone number."""
    given = {"ThirdPartyPhoneNumber": number, "ThirdPartyConnectionTimeLimitSeconds": "30"}
    errors = (ERROR, "CallFailed", "ConnectionTimeLimitExceeded")
    return "TransferParticipantToThirdParty", {**given, "ContinueFlowExecution": "True"}, errors


def invoke(seconds: str = "5") -> tuple[str, Data, tuple[str, ...]]:
    """Return the invocation of a function."""
    return (
        "InvokeLambdaFunction",
        {"LambdaFunctionARN": FUNCTION, "InvocationTimeLimitSeconds": seconds},
        (ERROR,),
    )


def disconnects(flow: Data) -> list[str]:
    """Return the identifiers of the actions that disconnect."""
    return [one["Identifier"] for one in actions_of(flow, "DisconnectParticipant")]


def cut(flow: Data, error: str, *types: str) -> Iterator[Edit]:
    """Lead the branch of an error of these types straight to a disconnect."""
    ends = disconnects(flow)
    for one in actions_of(flow, *types):
        for branch in errors_of(one):
            if branch["ErrorType"] == error and ends and branch["NextAction"] not in ends:
                yield lambda branch=branch: branch.__setitem__("NextAction", ends[0])  # type: ignore[misc]  # bound early


def bypass(flow: Data, *types: str) -> Iterator[Edit]:
    """Lead around every action of these types."""
    found = {
        one["Identifier"]: one.get("Transitions", {}).get("NextAction") for one in actions_of(flow, *types)
    }

    def edit() -> None:
        for _, holder in targets(flow):
            if found.get(holder["NextAction"]):
                holder["NextAction"] = found[holder["NextAction"]]

    if found and flow["StartAction"] not in found:
        yield edit


def menu(flow: Data) -> Iterator[Data]:
    """Return the menus."""
    for one in actions_of(flow, "GetParticipantInput"):
        if str((one.get("Parameters") or {}).get("StoreInput")).lower() == "false":
            yield one


def given(flow: Data, type: str, key: str) -> Iterator[tuple[Any, str]]:
    """Return the holders of a parameter."""
    for one in actions_of(flow, type):
        if key in (one.get("Parameters") or {}):
            yield one["Parameters"], key
