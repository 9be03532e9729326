"""Kinds of seeded fault beyond those of `support.generated_flows`: name, rule that is expected, places."""

from __future__ import annotations

from collections.abc import Iterator

from building import (
    BOT,
    ERROR,
    NO_MATCH,
    SILENT,
    action,
    bypass,
    cut,
    dial,
    given,
    inbound,
    invoke,
    keep,
    may_be_inbound,
    menu,
    say,
    starting,
    store,
)
from support.generated_flows.mutations.access import (
    Data,
    Edit,
    actions_of,
    conditions_of,
    drop,
    errors_of,
    put,
)
from support.generated_flows.mutations.mutation import Mutation, Mutations, Places

KINDS = Mutations()


def _front(*parts: tuple[str, Data, tuple[str, ...]], only_inbound: bool = False) -> Places:
    """Return the places of a fault that is put in front of a flow."""

    def places(flow: Data) -> Iterator[Edit]:
        if inbound(flow) or (not only_inbound and may_be_inbound(flow)):
            yield starting(flow, *parts)

    return places


_PIN = "Please enter your card number, followed by the pound key."
_RECORD = {
    "RecordingBehavior": {"RecordedParticipants": ["Agent", "Customer"], "IVRRecordingBehavior": "Enabled"}
}
_PUT_IN_FRONT: tuple[tuple[str, str, Places], ...] = (
    (
        "SSML: a tag is not closed",
        "ssml-invalid",
        _front(say("<speak>Hello <break time='1s'> you</speak>", "SSML")),
    ),
    ("SSML: speak is not closed", "ssml-invalid", _front(say("<speak>Hello", "SSML"))),
    ("SSML: an unknown tag", "ssml-invalid", _front(say("<speak><blink>Hello</blink></speak>", "SSML"))),
    ("SSML: a tag of another case", "ssml-invalid", _front(say("<speak><Break time='1s'/></speak>", "SSML"))),
    ("SSML: an ampersand", "ssml-invalid", _front(say("<speak>Sales & service</speak>", "SSML"))),
    (
        "SSML: an attribute without quotes",
        "ssml-invalid",
        _front(say("<speak><break time=1s/></speak>", "SSML")),
    ),
    ("SSML: a break without a unit", "ssml-invalid", _front(say('<speak><break time="1"/></speak>', "SSML"))),
    (
        "SSML: an unknown strength",
        "ssml-invalid",
        _front(say('<speak><break strength="huge"/></speak>', "SSML")),
    ),
    ("SSML: an entity of HTML", "ssml-invalid", _front(say("<speak>Hello&nbsp;you</speak>", "SSML"))),
    ("speak in Text", "speak-in-text", _front(say("<speak>Hello</speak>"))),
    ("text over 6,000 characters", "parameter-value", _front(say("word " * 1300))),
    ("Voice ID: a stream", "voice-id-ended", _front(("StartVoiceIdStream", {}, (ERROR,)))),
    (
        "Voice ID: a field",
        "voice-id-ended",
        _front(("UpdateContactData", {"CustomerSpeakerId": "x1"}, (ERROR,))),
    ),
    (
        "$.Agent in a text",
        "agent-before-answer",
        _front(say("You are speaking to $.Agent.FirstName"), only_inbound=True),
    ),
    (
        "$.Agent in an attribute",
        "agent-before-answer",
        _front(keep("agent", "$.Agent.UserName"), only_inbound=True),
    ),
    ("leaf: lower case", "unknown-leaf", _front(say("From $.CustomerEndpoint.address"))),
    ("leaf: of a queue", "unknown-leaf", _front(say("Queue $.Queue.Nam"))),
    (
        "leaf: of metrics",
        "unknown-leaf",
        _front(("GetMetricData", {}, (ERROR,)), say("$.Metrics.Queue.Length")),
    ),
    ("leaf: below a text", "unknown-leaf", _front(say("By $.Channel.Name"))),
    ("leaf: of an endpoint", "unknown-leaf", _front(keep("number", "$.SystemEndpoint.Number"))),
    (
        "leaf: below stored input",
        "unknown-leaf",
        _front(store("Enter your order."), say("$.StoredCustomerInput.Digits")),
    ),
    ("root: Attribute", "unknown-reference", _front(say("Hello $.Attribute.name"))),
    ("root: lower case", "unknown-reference", _front(say("Hello $.attributes.name"))),
    ("root: LastPressedDigit", "unknown-reference", _front(say("You pressed $.LastPressedDigit"))),
    ("root: Contact number", "unknown-reference", _front(say("From $.CustomerEndPoint.Address"))),
    (
        "external before a function",
        "external-before-lambda",
        _front(say("$.External.name"), invoke(), only_inbound=True),
    ),
    (
        "stored input before an input",
        "stored-input-before-input",
        _front(say("$.StoredCustomerInput"), store("Order?"), only_inbound=True),
    ),
    (
        "metrics before they are fetched",
        "metrics-before-get",
        _front(say("$.Metrics.Queue.Size"), ("GetMetricData", {}, (ERROR,)), only_inbound=True),
    ),
    ("a nested reference", "nested-reference", _front(say("Hello $.Attributes.$.External.key"))),
    (
        "toll fraud: stored input",
        "toll-fraud",
        _front(store("Enter the number."), dial("$.StoredCustomerInput")),
    ),
    ("toll fraud: a function", "toll-fraud", _front(invoke(), dial("$.External.number"))),
    (
        "toll fraud: an attribute",
        "toll-fraud",
        _front(store("Number?"), keep("n", "$.StoredCustomerInput"), dial("$.Attributes.n")),
    ),
    (
        "toll fraud: two attributes",
        "toll-fraud",
        _front(
            store("Number?"),
            keep("a", "$.StoredCustomerInput"),
            keep("b", "$.Attributes.a"),
            dial("$.Attributes.b"),
        ),
    ),
    ("toll fraud: a slot", "toll-fraud", _front(dial("$.Lex.Slots.number"))),
    ("toll fraud: within a text", "toll-fraud", _front(store("Number?"), dial("+1$.StoredCustomerInput"))),
    (
        "toll fraud: a flow attribute",
        "toll-fraud",
        _front(
            store("Number?"),
            ("UpdateFlowAttributes", {"FlowAttributes": {"n": {"Value": "$.StoredCustomerInput"}}}, (ERROR,)),
            dial("$.FlowAttributes.n"),
        ),
    ),
    (
        "toll fraud: an asynchronous function",
        "toll-fraud",
        _front(dial("$.LambdaInvocation.ResultData.number")),
    ),
    ("toll fraud: a SIP header", "toll-fraud", _front(dial("$.Media.Sip.Headers.To"))),
    (
        "toll fraud: called back",
        "toll-fraud",
        _front(
            store("Number?"),
            (
                "UpdateContactCallbackNumber",
                {"CallbackNumber": "$.StoredCustomerInput"},
                ("InvalidCallbackNumber", "CallbackNumberNotDialable"),
            ),
        ),
    ),
    (
        "toll fraud: called back for a function",
        "toll-fraud",
        _front(
            invoke(),
            (
                "UpdateContactCallbackNumber",
                {"CallbackNumber": "$.External.number"},
                ("InvalidCallbackNumber", "CallbackNumberNotDialable"),
            ),
        ),
    ),
    (
        "a card number is stored",
        "sensitive-stored",
        _front(store(_PIN), keep("entry", "$.StoredCustomerInput")),
    ),
    (
        "a social security number is stored",
        "sensitive-stored",
        _front(store("Enter your social security number."), keep("entry", "$.StoredCustomerInput")),
    ),
    (
        "a card number is stored by name",
        "sensitive-stored",
        _front(store("Enter the digits."), keep("cardNumber", "$.StoredCustomerInput")),
    ),
    ("a slot with a PIN is stored", "sensitive-stored", _front(keep("x", "$.Lex.Slots.pin"))),
    (
        "a card number is spoken",
        "sensitive-spoken",
        _front(store(_PIN), say("You entered $.StoredCustomerInput")),
    ),
    (
        "an attribute with a card number is spoken",
        "sensitive-spoken",
        _front(keep("cardNumber", "1"), say("$.Attributes.cardNumber")),
    ),
    (
        "a card number is logged",
        "sensitive-logged",
        _front(("UpdateFlowLoggingBehavior", {"FlowLoggingBehavior": "Enabled"}, ()), store(_PIN)),
    ),
    (
        "a card number is recorded",
        "recording-sensitive-input",
        _front(("UpdateContactRecordingBehavior", _RECORD, ()), store(_PIN)),
    ),
    (
        "a function's value in SSML",
        "reference-in-ssml",
        _front(invoke(), say("<speak>Hello $.External.name</speak>", "SSML")),
    ),
    ("a slot in SSML", "reference-in-ssml", _front(say("<speak>Order $.Lex.Slots.order</speak>", "SSML"))),
    ("a chain of functions too long", "lambda-chain-too-long", _front(invoke("8"), invoke("8"), invoke("8"))),
    (
        "seven tags",
        "parameter-value",
        _front(("TagContact", {"Tags": {f"k{n}": "v" for n in range(7)}}, (ERROR,))),
    ),
    (
        "an attribute that is set nowhere but misspelt",
        "attribute-misspelt",
        _front(keep("customerName", "Ann"), say("$.Attributes.custmerName")),
    ),
    (
        "a flat flow attribute",
        "parameter-value",
        _front(("UpdateFlowAttributes", {"FlowAttributes": {"a": "b"}}, (ERROR,))),
    ),
    (
        "a third party without CallFailed",
        "missing-error",
        _front((*dial("+18005550100")[:2], (ERROR, "ConnectionTimeLimitExceeded"))),
    ),
    ("a flow attribute that is set nowhere", "flow-attribute-unset", _front(say("$.FlowAttributes.nothing"))),
)
for _name, _rule, _places in _PUT_IN_FRONT:
    KINDS.append(Mutation(_name, _rule, _places))


@KINDS.add("a bot whose failure disconnects", "input-failure-silent")
def _(flow: Data) -> Iterator[Edit]:
    yield from cut(flow, ERROR, "ConnectParticipantWithLexBot")


@KINDS.add("a menu whose failure disconnects", "input-failure-silent")
def _(flow: Data) -> Iterator[Edit]:
    yield from cut(flow, ERROR, "GetParticipantInput")


@KINDS.add("a menu whose time-out disconnects", "menu-cuts-off")
def _(flow: Data) -> Iterator[Edit]:
    yield from cut(flow, SILENT, "GetParticipantInput")


@KINDS.add("a menu whose wrong key disconnects", "menu-cuts-off")
def _(flow: Data) -> Iterator[Edit]:
    yield from cut(flow, NO_MATCH, "GetParticipantInput")


@KINDS.add("a function whose failure disconnects", "lambda-failure-silent")
def _(flow: Data) -> Iterator[Edit]:
    yield from cut(flow, ERROR, "InvokeLambdaFunction")


@KINDS.add("a full queue disconnects", "queue-full-silent")
def _(flow: Data) -> Iterator[Edit]:
    yield from cut(flow, "QueueAtCapacity", "TransferContactToQueue")


@KINDS.add("a failed transfer disconnects", "queue-full-silent")
def _(flow: Data) -> Iterator[Edit]:
    yield from cut(flow, ERROR, "TransferContactToQueue")


@KINDS.add("no queue is chosen", "queue-not-set")
def _(flow: Data) -> Iterator[Edit]:
    if inbound(flow) and any(actions_of(flow, "TransferContactToQueue")):
        yield from bypass(flow, "UpdateContactTargetQueue")


@KINDS.add("an endless menu", "endless-menu")
def _(flow: Data) -> Iterator[Edit]:
    for one in menu(flow):
        for branch in errors_of(one):
            if branch["ErrorType"] == SILENT:
                yield put(branch, "NextAction", one["Identifier"])


@KINDS.add("a loop of count 0", "loop-count-zero")
def _(flow: Data) -> Iterator[Edit]:
    for holder, key in given(flow, "Loop", "LoopCount"):
        yield put(holder, key, "0")


@KINDS.add("StoreInput is left out", "missing-parameter")
def _(flow: Data) -> Iterator[Edit]:
    for holder, key in given(flow, "GetParticipantInput", "StoreInput"):
        yield drop(holder, key)


@KINDS.add("a time limit for input of 0", "parameter-value")
def _(flow: Data) -> Iterator[Edit]:
    for holder, key in given(flow, "GetParticipantInput", "InputTimeLimitSeconds"):
        yield put(holder, key, "0")


@KINDS.add("a comparison repeated", "branch-never-taken")
def _(flow: Data) -> Iterator[Edit]:
    for one in actions_of(flow, "Compare"):
        found = conditions_of(one)
        elsewhere = found and found[0]["NextAction"] != one["Transitions"]["NextAction"]
        if elsewhere and found[0]["Condition"]["Operator"] == "Equals":
            again = {"Condition": dict(found[0]["Condition"]), "NextAction": one["Transitions"]["NextAction"]}
            yield lambda found=found, again=again: found.append(again)  # type: ignore[misc]  # bound early


@KINDS.add("a channel that does not exist", "compare-never-matches")
def _(flow: Data) -> Iterator[Edit]:
    for one in actions_of(flow, "Compare"):
        found = conditions_of(one)
        if found:

            def edit(one: Data = one, found: list[Data] = found) -> None:
                one["Parameters"]["ComparisonValue"] = "$.Channel"
                found[0]["Condition"] = {"Operator": "Equals", "Operands": ["PHONE"]}

            yield edit


@KINDS.add("a prompt leads to itself", "no-end")
def _(flow: Data) -> Iterator[Edit]:
    if not may_be_inbound(flow):
        return
    for one in actions_of(flow, "MessageParticipant"):

        def edit(one: Data = one) -> None:
            one["Transitions"]["NextAction"] = one["Identifier"]
            one["Transitions"].pop("Errors", None)

        yield edit


@KINDS.add("an action that nothing leads to", "unreachable-action")
def _(flow: Data) -> Iterator[Edit]:
    def edit() -> None:
        flow["Actions"].append(
            {
                "Identifier": "seeded island",
                "Type": "UpdateFlowLoggingBehavior",
                "Parameters": {"FlowLoggingBehavior": "Enabled"},
                "Transitions": {"NextAction": flow["StartAction"]},
            }
        )

    yield edit


@KINDS.add("an attribute leads to itself", "busy-loop")
def _(flow: Data) -> Iterator[Edit]:
    for one in actions_of(flow, "UpdateContactAttributes"):
        yield put(one["Transitions"], "NextAction", one["Identifier"])


@KINDS.add("an interdigit time of 30 s", "parameter-value")
def _(flow: Data) -> Iterator[Edit]:
    for one in actions_of(flow, "GetParticipantInput"):
        yield put(one["Parameters"], "DTMFConfiguration", {"InterdigitTimeLimitSeconds": "30"})


@KINDS.add("a terminator of six keys", "parameter-value")
def _(flow: Data) -> Iterator[Edit]:
    for one in actions_of(flow, "GetParticipantInput"):
        yield put(one["Parameters"], "DTMFConfiguration", {"InputTerminationSequence": "123456"})


@KINDS.add("an interrupt of 5 s before a transfer", "interrupt-too-short")
def _(flow: Data) -> Iterator[Edit]:
    for one in actions_of(flow, "MessageParticipantIteratively"):

        def edit(one: Data = one) -> None:
            type, parameters, errors = dial("+18005550100")
            flow["Actions"].append(action("seeded dial", type, parameters, one["Identifier"], *errors))
            one["Parameters"]["InterruptFrequencySeconds"] = "5"
            interrupted = {"Operator": "Equals", "Operands": ["MessagesInterrupted"]}
            one["Transitions"]["Conditions"] = [{"Condition": interrupted, "NextAction": "seeded dial"}]

        yield edit


@KINDS.add("percentages that fall", "percentages-not-rising")
def _(flow: Data) -> Iterator[Edit]:
    yield _shares(flow, "51", "31")


@KINDS.add("percentages that are equal", "percentages-not-rising")
def _(flow: Data) -> Iterator[Edit]:
    yield _shares(flow, "31", "31")


@KINDS.add("percentages over 100 in total", "percentages-not-rising")
def _(flow: Data) -> Iterator[Edit]:
    yield _shares(flow, "61", "131")


@KINDS.add("a bot put in front whose failure disconnects", "input-failure-silent")
def _(flow: Data) -> Iterator[Edit]:
    if not inbound(flow):
        return

    def edit() -> None:
        start = flow["StartAction"]
        end = {
            "Identifier": "seeded end",
            "Type": "DisconnectParticipant",
            "Parameters": {},
            "Transitions": {},
        }
        branch = {"Condition": {"Operator": "Equals", "Operands": ["Sales"]}, "NextAction": start}
        errors = [
            {"ErrorType": NO_MATCH, "NextAction": start},
            {"ErrorType": ERROR, "NextAction": "seeded end"},
        ]
        bot = {
            "Identifier": "seeded bot",
            "Type": "ConnectParticipantWithLexBot",
            "Parameters": {"Text": "How can I help?", "LexV2Bot": BOT},
            "Transitions": {"NextAction": start, "Conditions": [branch], "Errors": errors},
        }
        flow["Actions"] += [bot, end]
        flow["StartAction"] = "seeded bot"

    yield edit


def _shares(flow: Data, *thresholds: str) -> Edit:
    """Put a distribution in front of the flow."""

    def edit() -> None:
        start = flow["StartAction"]
        conditions = [
            {"Condition": {"Operator": "NumberLessThan", "Operands": [one]}, "NextAction": start}
            for one in thresholds
        ]
        errors = [{"ErrorType": NO_MATCH, "NextAction": start}]
        transitions = {"NextAction": start, "Conditions": conditions, "Errors": errors}
        share = {
            "Identifier": "seeded share",
            "Type": "DistributeByPercentage",
            "Parameters": {},
            "Transitions": transitions,
        }
        flow["Actions"].append(share)
        flow["StartAction"] = "seeded share"

    return edit
