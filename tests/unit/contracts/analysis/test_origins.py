"""Numbers that are dialled: where they come from, on every way a number can come, and what counts as a check."""

import json

import pytest

from busyhour.contracts.check import Checker
from busyhour.contracts.reading.sources import Gathered, source_of

FLOW_ID = "11111111-2222-4333-8444-555555555555"
LOCAL = {"PhoneNumberValidation": {"NumberFormat": "Local", "CountryCode": "US"}}
E164 = {"PhoneNumberValidation": {"NumberFormat": "E164"}}
DIGITS = {"CustomValidation": {"MaximumLength": "16"}}


def step(identifier, type, parameters, *errors):
    return identifier, type, parameters, errors or ("NoMatchingError",)


def ask(validation=DIGITS, identifier="ask"):
    errors = (
        ("NoMatchingError", "InvalidPhoneNumber")
        if "PhoneNumberValidation" in validation
        else ("NoMatchingError",)
    )
    given = {
        "Text": "Number?",
        "StoreInput": "True",
        "InputTimeLimitSeconds": "5",
        "InputValidation": validation,
    }
    return step(identifier, "GetParticipantInput", given, *errors)


def keep(name, value, identifier="keep"):
    return step(identifier, "UpdateContactAttributes", {"Attributes": {name: value}})


def dial(value):
    given = {"ThirdPartyPhoneNumber": value, "ThirdPartyConnectionTimeLimitSeconds": "30"}
    return step("dial", "TransferParticipantToThirdParty", {**given, "ContinueFlowExecution": "False"})


def call_back(value):
    errors = ("InvalidCallbackNumber", "CallbackNumberNotDialable")
    return step("dial", "UpdateContactCallbackNumber", {"CallbackNumber": value}, *errors)


def message(value):
    ends = {"SourceEndpoint": "+18005550100", "DestinationEndpoint": value}
    given = {key: {"Address": one, "Type": "TELEPHONE_NUMBER"} for key, one in ends.items()}
    return step("dial", "StartOutboundChatContact", {**given, "ContactSubtype": "connect:SMS"})


INVOKE = step("invoke", "InvokeLambdaFunction", {"LambdaFunctionARN": "f"})
BOT = step(
    "bot",
    "ConnectParticipantWithLexBot",
    {"Text": "Number?", "LexV2Bot": {"AliasArn": "arn"}},
    "NoMatchingCondition",
    "NoMatchingError",
)
COMPARE = ("compare", "Compare", {"ComparisonValue": "$.StoredCustomerInput"}, ("NoMatchingCondition",))


def document(*steps, name="main", type="contactFlow"):
    actions = []
    for (identifier, kind, parameters, errors), after in zip(
        steps, [*(one[0] for one in steps[1:]), "end"], strict=True
    ):
        transitions = {"NextAction": after, "Errors": [{"NextAction": "end", "ErrorType": e} for e in errors]}
        if kind == "Compare":
            transitions["NextAction"] = "end"
            condition = {"Operator": "Equals", "Operands": ["18005550100"]}
            transitions["Conditions"] = [{"NextAction": after, "Condition": condition}]
        actions.append(
            {"Identifier": identifier, "Type": kind, "Parameters": parameters, "Transitions": transitions}
        )
    end = "EndFlowModuleExecution" if type == "contactFlowModule" else "DisconnectParticipant"
    if not any(one["Identifier"] == "end" for one in actions):
        actions.append({"Identifier": "end", "Type": end, "Parameters": {}, "Transitions": {}})
    return json.dumps(
        {
            "Version": "2019-10-30",
            "StartAction": actions[0]["Identifier"],
            "Metadata": {"name": name, "type": type},
            "Actions": actions,
        }
    )


def frauds(*documents):
    """Return the messages of the findings on numbers that are dialled."""
    sources = tuple(source_of(one, f"{at}.json") for at, one in enumerate(documents))
    return [one.message for one in Checker().check(Gathered(sources)).findings if one.rule == "toll-fraud"]


@pytest.mark.parametrize(
    ("steps", "giver"),
    [
        pytest.param([ask(), dial("$.StoredCustomerInput")], "the caller", id="what the caller enters"),
        pytest.param(
            [ask(LOCAL), dial("$.StoredCustomerInput")], "the caller", id="a valid number of one country"
        ),
        pytest.param([ask(), dial("+1$.StoredCustomerInput")], "the caller", id="within a text"),
        pytest.param([BOT, dial("$.Lex.Slots.number")], "the caller", id="a slot"),
        pytest.param(
            [BOT, dial("$.Lex.SessionAttributes.number")], "the caller", id="an attribute of the session"
        ),
        pytest.param([dial("$.Media.Sip.Headers.To")], "the caller", id="a SIP header"),
        pytest.param([INVOKE, dial("$.External.number")], "a function", id="a function"),
        pytest.param(
            [dial("$.LambdaInvocation.ResultData.number")], "a function", id="an asynchronous function"
        ),
        pytest.param([dial("$.ExternalTool.ResultData.number")], "a function", id="a tool"),
        pytest.param(
            [ask(), keep("n", "$.StoredCustomerInput"), dial("$.Attributes.n")],
            "the caller",
            id="an attribute",
        ),
        pytest.param(
            [INVOKE, keep("n", "$.External.n"), dial("$.Attributes.n")], "a function", id="one of a function"
        ),
        pytest.param(
            [
                ask(),
                keep("a", "$.StoredCustomerInput"),
                keep("b", "$.Attributes.a", "more"),
                dial("$.Attributes.b"),
            ],
            "the caller",
            id="an attribute of an attribute",
        ),
        pytest.param(
            [
                ask(),
                step(
                    "keep",
                    "UpdateFlowAttributes",
                    {"FlowAttributes": {"n": {"Value": "$.StoredCustomerInput"}}},
                ),
                dial("$.FlowAttributes.n"),
            ],
            "the caller",
            id="a flow attribute",
        ),
        pytest.param([ask(), call_back("$.StoredCustomerInput")], "the caller", id="called back"),
        pytest.param(
            [ask(E164), call_back("$.StoredCustomerInput")], "the caller", id="called back anywhere"
        ),
        pytest.param([INVOKE, call_back("$.External.number")], "a function", id="called back for a function"),
        pytest.param([ask(), message("$.StoredCustomerInput")], "the caller", id="sent a message"),
    ],
)
def test_a_number_from_outside_is_found_on_every_way(steps, giver):
    (one,) = frauds(document(*steps))
    assert f"a number that {giver} gives" in one


@pytest.mark.parametrize("type", ["contactFlow", "queueTransfer", "agentTransfer", "customerQueue"])
def test_a_transfer_or_quick_connect_takes_the_number_along(type):
    first = document(ask(), keep("n", "$.StoredCustomerInput"))
    assert len(frauds(first, document(dial("$.Attributes.n"), name="second", type=type))) == 1
    assert len(frauds(document(dial("$.StoredCustomerInput"), name="second", type=type))) == 1


def test_a_module_passes_the_number_on():
    given = {"FlowModuleId": "dialler"}
    call = step("call", "InvokeFlowModule", {**given, "Input": {"number": "$.StoredCustomerInput"}})
    inside = document(dial("$.Modules.Input.number"), name="dialler", type="contactFlowModule")
    assert len(frauds(document(ask(), call), inside)) == 1
    end = ("end", "EndFlowModuleExecution", {"ResultData": {"number": "$.StoredCustomerInput"}}, ())
    asks = document(ask(), end, name="dialler", type="contactFlowModule")
    plain = step("call", "InvokeFlowModule", given)
    assert len(frauds(document(plain, dial("$.Modules.ResultData.number")), asks)) == 1


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([dial("+18005550100")], id="a fixed number"),
        pytest.param([dial("$.Attributes.n")], id="an attribute that no flow sets"),
        pytest.param(
            [ask(), keep("n", "+18005550100"), dial("$.Attributes.n")], id="an attribute with a fixed number"
        ),
        pytest.param([ask(), COMPARE, dial("$.StoredCustomerInput")], id="compared"),
        pytest.param(
            [ask(), COMPARE, keep("n", "$.StoredCustomerInput"), dial("$.Attributes.n")],
            id="compared, then kept",
        ),
        pytest.param([BOT, dial("$.Lex.IntentName")], id="an intent"),
        pytest.param([call_back("$.CustomerEndpoint.Address")], id="the caller's own number"),
        pytest.param([ask(LOCAL), call_back("$.StoredCustomerInput")], id="called back in one country"),
        pytest.param(
            [ask(identifier="account"), ask(LOCAL), call_back("$.StoredCustomerInput")],
            id="the last input counts",
        ),
        pytest.param(
            [
                ask(LOCAL),
                keep("n", "$.StoredCustomerInput"),
                ask(identifier="order"),
                call_back("$.Attributes.n"),
            ],
            id="kept before another input",
        ),
        pytest.param([message("$.CustomerEndpoint.Address")], id="a message to the caller"),
    ],
)
def test_a_checked_or_fixed_number_is_no_finding(steps):
    assert frauds(document(*steps)) == []
