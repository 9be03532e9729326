"""What each action type does: which branch it takes, what it asks of the world, what it leaves on the contact."""

import pytest

from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact
from busyhour.flows.model import FlowType
from busyhour.flows.policy import ALL, Policy

BRANCHES = (
    "NoMatchingError",
    "NoMatchingCondition",
    "InputTimeLimitExceeded",
    "TimeLimitExceeded",
    "InvalidPhoneNumber",
    "QueueAtCapacity",
    "CallFailed",
    "ConnectionTimeLimitExceeded",
    "InvalidCallbackNumber",
    "CallbackNumberNotDialable",
    "ChannelMismatch",
    "MultipleFound",
    "NoneFoundError",
)


def arrived(build, type, parameters, event=None, operands=(), operator="Equals", before=(), **contact):
    """Run one action with a branch of every kind; the name of the branch it took."""
    tested = build.action(
        "x",
        type,
        parameters,
        then="next",
        when={operand: f"={operand}" for operand in operands},
        errors={error: error for error in BRANCHES},
        operator=operator,
    )
    first = [
        build.action(f"b{number}", *one, then=f"b{number + 1}" if number + 1 < len(before) else "x")
        for number, one in enumerate(before)
    ]
    marks = [build.say(name) for name in ("next", *(f"={operand}" for operand in operands), *BRANCHES)]
    # The marks must be heard on every channel, so each is an InvokeLambdaFunction.
    marks = [
        build.action(mark.identifier, "InvokeLambdaFunction", {"LambdaFunctionARN": mark.identifier})
        for mark in marks
    ]
    live = build.call(build.flow(*first, tested, *marks), contact=Contact(**contact))
    effect = live.start()
    if event is not None:
        assert effect.action == "x", effect
        effect = live.send(event)
    assert isinstance(effect, p.Invoke), effect
    return effect.action, live


DIGITS = {"Text": "Press", "InputTimeLimitSeconds": "5", "StoreInput": "False"}
STORE = {
    "Text": "Enter",
    "InputTimeLimitSeconds": "5",
    "StoreInput": "True",
    "InputValidation": {"CustomValidation": {"MaximumLength": "4"}},
}
PHONE = {**STORE, "InputValidation": {"PhoneNumberValidation": {"NumberFormat": "E164"}}}
LEX = {"Text": "Say", "LexV2Bot": {"AliasArn": "arn:bot"}}
LAMBDA = {"LambdaFunctionARN": "arn:f", "InvocationTimeLimitSeconds": "8"}
AGE = {"MetricType": "OldestContactInQueueAgeSeconds"}
AGENTS = {"MetricType": "NumberOfAgentsAvailable"}
DIAL = {
    "ThirdPartyPhoneNumber": "+15555550100",
    "ThirdPartyConnectionTimeLimitSeconds": "30",
    "ContinueFlowExecution": "True",
}
SET_QUEUE = [("UpdateContactTargetQueue", {"QueueId": "q1"})]


@pytest.mark.parametrize(
    ("type", "parameters", "options", "expected"),
    [
        pytest.param("MessageParticipant", {"Text": "Hi"}, {"event": p.Done()}, "next", id="prompt heard"),
        pytest.param(
            "MessageParticipant", {"Text": "Hi"}, {"event": p.Failed()}, "NoMatchingError", id="prompt failed"
        ),
        pytest.param(
            "MessageParticipant", {"Text": "Hi"}, {"channel": "TASK"}, "next", id="a task hears nothing"
        ),
        pytest.param(
            "MessageParticipant",
            {"PromptId": "p"},
            {"channel": "CHAT"},
            "NoMatchingError",
            id="a chat has no audio",
        ),
        pytest.param(
            "MessageParticipantIteratively",
            {"Messages": [{"Text": "Wait"}], "InterruptFrequencySeconds": "30"},
            {"event": p.Done(), "operands": ["MessagesInterrupted"]},
            "=MessagesInterrupted",
            id="loop interrupted",
        ),
        pytest.param(
            "MessageParticipantIteratively",
            {"Messages": [{"Text": "Wait"}]},
            {"channel": "CHAT"},
            "NoMatchingError",
            id="no looped prompts in a chat",
        ),
        pytest.param(
            "GetParticipantInput", DIGITS, {"event": p.Digits("2"), "operands": ["1", "2"]}, "=2", id="menu"
        ),
        pytest.param(
            "GetParticipantInput",
            DIGITS,
            {"event": p.Digits("9"), "operands": ["1"]},
            "NoMatchingCondition",
            id="no key",
        ),
        pytest.param(
            "GetParticipantInput",
            DIGITS,
            {"event": p.Silence(), "operands": ["1"]},
            "InputTimeLimitExceeded",
            id="mute",
        ),
        pytest.param(
            "GetParticipantInput", DIGITS, {"channel": "CHAT"}, "NoMatchingError", id="no keys in a chat"
        ),
        pytest.param("GetParticipantInput", STORE, {"event": p.Digits("1234")}, "next", id="stored"),
        pytest.param(
            "GetParticipantInput", STORE, {"event": p.Silence()}, "next", id="store timeout succeeds"
        ),
        pytest.param(
            "GetParticipantInput", PHONE, {"event": p.Digits("12")}, "InvalidPhoneNumber", id="bad number"
        ),
        pytest.param(
            "GetParticipantInput", PHONE, {"event": p.Digits("15555550100")}, "next", id="good number"
        ),
        pytest.param("GetParticipantInput", {"EnableDTMFBuffer": "True"}, {}, "next", id="buffer mode"),
        pytest.param(
            "ConnectParticipantWithLexBot",
            LEX,
            {"event": p.LexResult("Pay"), "operands": ["Pay"]},
            "=Pay",
            id="intent",
        ),
        pytest.param(
            "ConnectParticipantWithLexBot",
            LEX,
            {"event": p.LexResult("Other"), "operands": ["Pay"]},
            "NoMatchingCondition",
            id="another intent",
        ),
        pytest.param(
            "ConnectParticipantWithLexBot",
            LEX,
            {"event": p.LexResult(""), "operands": ["Pay"]},
            "next",
            id="no intent",
        ),
        pytest.param(
            "ConnectParticipantWithLexBot",
            LEX,
            {"event": p.Silence()},
            "InputTimeLimitExceeded",
            id="lex silence",
        ),
        pytest.param(
            "ConnectParticipantWithAgenticCX",
            {"AgentConfiguration": {"ApplicationId": "a"}},
            {"event": p.LexResult("Escalation"), "operands": ["Escalation"]},
            "=Escalation",
            id="agentic",
        ),
        pytest.param(
            "ShowView",
            {},
            {"event": p.Succeeded(branch="Back"), "operands": ["Back"], "channel": "CHAT"},
            "=Back",
            id="view action",
        ),
        pytest.param(
            "ShowView",
            {},
            {"event": p.Failed("TimeLimitExceeded"), "channel": "CHAT"},
            "TimeLimitExceeded",
            id="view timeout",
        ),
        pytest.param("ShowView", {}, {}, "NoMatchingError", id="no view on the phone"),
        pytest.param(
            "CreateWisdomSession", {}, {"channel": "TASK"}, "NoMatchingError", id="no session for a task"
        ),
        pytest.param(
            "CreatePersistentContactAssociation", {}, {}, "NoMatchingError", id="only chats go on later"
        ),
        pytest.param(
            "CheckOutboundCallStatus",
            {},
            {"channel": "CHAT"},
            "NoMatchingError",
            id="no call progress in a chat",
        ),
        pytest.param(
            "AuthenticateParticipant",
            {},
            {"event": p.Succeeded(branch="OptedOut"), "operands": ["OptedOut"], "channel": "CHAT"},
            "=OptedOut",
            id="authenticate",
        ),
        pytest.param(
            "TransferParticipantToThirdParty", DIAL, {"event": p.Connected()}, "next", id="third party"
        ),
        pytest.param(
            "TransferParticipantToThirdParty",
            DIAL,
            {"event": p.Failed("CallFailed")},
            "CallFailed",
            id="call failed",
        ),
        pytest.param(
            "TransferParticipantToThirdParty",
            DIAL,
            {"channel": "CHAT"},
            "NoMatchingError",
            id="no dialling in a chat",
        ),
        pytest.param(
            "TransferParticipantToThirdParty",
            {**DIAL, "ThirdPartyPhoneNumber": "$.External.number"},
            {},
            "NoMatchingError",
            id="number not there",
        ),
        pytest.param(
            "Compare", {"ComparisonValue": "$.Channel"}, {"operands": ["VOICE"]}, "=VOICE", id="compare"
        ),
        pytest.param(
            "Compare",
            {"ComparisonValue": "$.Channel"},
            {"operands": ["voice"]},
            "NoMatchingCondition",
            id="case matters",
        ),
        pytest.param(
            "Compare",
            {"ComparisonValue": "$.Attributes.x"},
            {"operands": [""]},
            "NoMatchingCondition",
            id="null",
        ),
        pytest.param(
            "CheckHoursOfOperation",
            {"HoursOfOperationId": "h"},
            {"event": p.Hours(True), "operands": ["True", "False"]},
            "=True",
            id="open",
        ),
        pytest.param(
            "CheckHoursOfOperation",
            {"HoursOfOperationId": "h"},
            {"event": p.Hours(False), "operands": ["True", "False"]},
            "=False",
            id="closed",
        ),
        pytest.param(
            "CheckHoursOfOperation", {}, {"operands": ["True"]}, "NoMatchingError", id="no hours, no queue"
        ),
        pytest.param(
            "CheckMetricData",
            AGENTS,
            {
                "event": p.Metrics({"NumberOfAgentsAvailable": 2}),
                "operands": ["0"],
                "operator": "NumberGreaterThan",
            },
            "=0",
            id="agents available",
        ),
        pytest.param(
            "CheckMetricData",
            AGENTS,
            {
                "event": p.Metrics({"NumberOfAgentsAvailable": 0}),
                "operands": ["0"],
                "operator": "NumberGreaterThan",
            },
            "NoMatchingCondition",
            id="no agent available",
        ),
        pytest.param(
            "CheckMetricData",
            AGE,
            {
                "event": p.Metrics({"OldestContactInQueueAgeSeconds": 301}),
                "operands": ["300000"],
                "operator": "NumberGreaterThan",
            },
            "=300000",
            id="age is compared in milliseconds",
        ),
        pytest.param(
            "CheckMetricData",
            AGENTS,
            {"event": p.Metrics({}), "operands": ["0"]},
            "NoMatchingCondition",
            id="no metric",
        ),
        pytest.param("GetMetricData", {}, {"event": p.Metrics({})}, "next", id="metrics"),
        pytest.param("GetMetricData", {}, {"event": p.Failed()}, "NoMatchingError", id="metrics failed"),
        pytest.param(
            "DistributeByPercentage",
            {},
            {"event": p.Succeeded(branch="10"), "operands": ["10", "60"], "operator": "NumberLessThan"},
            "=60",
            id="the tenth percent is not below ten",
        ),
        pytest.param(
            "DistributeByPercentage",
            {},
            {"event": p.Succeeded(branch="60"), "operands": ["10", "60"], "operator": "NumberLessThan"},
            "NoMatchingCondition",
            id="the rest",
        ),
        pytest.param(
            "CheckOutboundCallStatus",
            {},
            {"event": p.Succeeded(branch="CallAnswered"), "operands": ["CallAnswered"]},
            "=CallAnswered",
            id="call status",
        ),
        pytest.param("CheckVoiceId", {}, {"channel": "CHAT"}, "NoMatchingError", id="no Voice ID in a chat"),
        pytest.param(
            "CheckVoiceId",
            {},
            {"event": p.Succeeded(branch="Enrolled"), "operands": ["Enrolled"]},
            "=Enrolled",
            id="Voice ID",
        ),
        pytest.param("StartVoiceIdStream", {}, {"event": p.Succeeded()}, "next", id="Voice ID stream"),
        pytest.param(
            "Wait",
            {"TimeLimitSeconds": "60"},
            {"channel": "CHAT", "event": p.Done(), "operands": ["WaitCompleted"]},
            "=WaitCompleted",
            id="waited",
        ),
        pytest.param(
            "Wait",
            {"TimeLimitSeconds": "60", "Events": ["CustomerReturned"]},
            {
                "channel": "CHAT",
                "event": p.CustomerReturned(),
                "operands": ["WaitCompleted", "CustomerReturned"],
            },
            "=CustomerReturned",
            id="customer returned",
        ),
        pytest.param("Wait", {"TimeLimitSeconds": "60"}, {}, "NoMatchingError", id="a call does not wait"),
        pytest.param(
            "Wait",
            {"TimeLimitSeconds": "$.Attributes.x"},
            {"channel": "CHAT"},
            "NoMatchingError",
            id="no time to wait",
        ),
        pytest.param("TransferToFlow", {"ContactFlowId": "absent"}, {}, "NoMatchingError", id="no such flow"),
        pytest.param("UpdateContactAttributes", {"Attributes": {"a": "1"}}, {}, "next", id="attributes"),
        pytest.param(
            "UpdateContactAttributes",
            {"Attributes": {"a": "x" * 32_768}},
            {},
            "NoMatchingError",
            id="32 KB and a byte",
        ),
        pytest.param(
            "UpdateContactAttributes", {"Attributes": {"a": "x" * 32_767}}, {}, "next", id="32 KB are allowed"
        ),
        pytest.param(
            "UpdateContactAttributes",
            {"Attributes": {"a": "é" * 16_384}},
            {},
            "NoMatchingError",
            id="bytes count",
        ),
        pytest.param(
            "UpdateContactTargetQueue", {"QueueId": "$.Attributes.q"}, {}, "NoMatchingError", id="no queue id"
        ),
        pytest.param("UpdateContactTargetQueue", {"QueueId": ""}, {}, "next", id="a blanked id works"),
        pytest.param("TransferContactToQueue", {}, {}, "NoMatchingError", id="transfer without a queue"),
        pytest.param(
            "TransferContactToQueue",
            {},
            {"before": SET_QUEUE, "event": p.AtCapacity()},
            "QueueAtCapacity",
            id="full",
        ),
        pytest.param(
            "TransferContactToQueue",
            {},
            {"before": SET_QUEUE, "event": p.Failed()},
            "NoMatchingError",
            id="no transfer",
        ),
        pytest.param(
            "DequeueContactAndTransferToQueue",
            {"QueueId": "q2"},
            {"event": p.AtCapacity()},
            "QueueAtCapacity",
            id="other queue full",
        ),
        pytest.param(
            "UpdateContactEventHooks", {"EventHooks": {"CustomerQueue": "f"}}, {}, "next", id="hook"
        ),
        pytest.param(
            "UpdateContactEventHooks",
            {"EventHooks": {"CustomerQueue": "$.Attributes.f"}},
            {},
            "NoMatchingError",
            id="hook without a flow",
        ),
        pytest.param(
            "UpdateContactEventHooks",
            {"EventHooks": {"CustomerHold": "f"}},
            {"channel": "CHAT"},
            "NoMatchingError",
            id="no hold in a chat",
        ),
        pytest.param("UpdateContactRecordingBehavior", {}, {}, "next", id="recording"),
        pytest.param(
            "UpdateContactRecordingAndAnalyticsBehavior",
            {"ChatBehavior": {}},
            {},
            "ChannelMismatch",
            id="chat analytics of a call",
        ),
        pytest.param(
            "UpdateContactRecordingAndAnalyticsBehavior",
            {"VoiceBehavior": {}},
            {},
            "next",
            id="voice analytics",
        ),
        pytest.param(
            "UpdateContactMediaProcessing", {"ChatProcessor": {}}, {}, "ChannelMismatch", id="chat processor"
        ),
        pytest.param(
            "UpdateContactMediaStreamingBehavior",
            {"MediaStreamingState": "Enabled"},
            {"channel": "CHAT"},
            "NoMatchingError",
            id="no streaming in a chat",
        ),
        pytest.param(
            "UpdateContactTextToSpeechVoice", {"TextToSpeechVoice": "Joanna"}, {}, "next", id="voice"
        ),
        pytest.param(
            "UpdateContactCallbackNumber",
            {"CallbackNumber": "$.CustomerEndpoint.Address"},
            {},
            "next",
            id="callback number",
        ),
        pytest.param(
            "UpdateContactCallbackNumber",
            {"CallbackNumber": "$.StoredCustomerInput"},
            {},
            "InvalidCallbackNumber",
            id="no callback number",
        ),
        pytest.param("UpdatePreviousContactParticipantState", {}, {}, "next", id="participant state"),
        pytest.param("CompleteOutboundCall", {}, {}, "next", id="outbound call"),
        pytest.param("CreateTask", {"Name": "t"}, {"event": p.Succeeded()}, "next", id="task"),
        pytest.param("CreateTask", {"Name": "t"}, {"event": p.Failed()}, "NoMatchingError", id="task failed"),
        pytest.param("GetCase", {}, {"event": p.Failed("MultipleFound")}, "MultipleFound", id="two cases"),
        pytest.param(
            "GetCustomerProfile", {}, {"event": p.Failed("NoneFoundError")}, "NoneFoundError", id="no profile"
        ),
        pytest.param(
            "CheckSegmentMembershipForCustomerProfile",
            {},
            {"event": p.Succeeded(branch="True"), "operands": ["True", "False"]},
            "=True",
            id="segment",
        ),
        pytest.param(
            "CheckSegmentMembership",
            {},
            {"event": p.Succeeded(branch="False"), "operands": ["True", "False"]},
            "=False",
            id="segment by the name of the guide",
        ),
        pytest.param("RouteContactToAgent", {}, {"event": p.Succeeded()}, "next", id="interrupted agent"),
        pytest.param(
            "InvokeFlowModule", {"FlowModuleId": "absent"}, {}, "NoMatchingError", id="no such module"
        ),
        pytest.param(
            "InvokeLambdaFunction", LAMBDA, {"event": p.LambdaResult({"a": "b"})}, "next", id="function"
        ),
        pytest.param(
            "InvokeLambdaFunction",
            LAMBDA,
            {"event": p.LambdaFailed("function_error")},
            "NoMatchingError",
            id="function failed",
        ),
        pytest.param(
            "InvokeLambdaFunction",
            LAMBDA,
            {"event": p.LambdaFailed("timeout")},
            "TimeLimitExceeded",
            id="function timed out",
        ),
        pytest.param(
            "InvokeLambdaFunction",
            LAMBDA,
            {"event": p.LambdaResult({"a": 1})},
            "NoMatchingError",
            id="no string map",
        ),
        pytest.param(
            "InvokeLambdaFunction",
            LAMBDA,
            {"event": p.LambdaResult(["a"])},
            "NoMatchingError",
            id="no object",
        ),
        pytest.param(
            "InvokeLambdaFunction",
            LAMBDA,
            {"event": p.LambdaResult({"a": "x" * 32_768})},
            "NoMatchingError",
            id="answer too large",
        ),
        pytest.param(
            "InvokeLambdaFunction",
            LAMBDA,
            {"event": p.LambdaResult({"a": "x" * 30_000})},
            "next",
            id="answer fits",
        ),
        pytest.param(
            "InvokeLambdaFunction",
            {**LAMBDA, "ResponseValidation": {"ResponseType": "JSON"}},
            {"event": p.LambdaResult({"a": {"b": [1]}})},
            "next",
            id="JSON answer",
        ),
        pytest.param(
            "InvokeLambdaFunction",
            {**LAMBDA, "ResponseValidation": {"ResponseType": "JSON"}},
            {"event": p.LambdaResult("text")},
            "next",
            id="a text is JSON",
        ),
        pytest.param(
            "InvokeLambdaFunction",
            {**LAMBDA, "ResponseValidation": {"ResponseType": "JSON"}},
            {"event": p.LambdaResult(["a", {"b": 1}])},
            "next",
            id="a list is JSON",
        ),
        pytest.param(
            "InvokeLambdaFunction",
            {**LAMBDA, "ResponseValidation": {"ResponseType": "JSON"}},
            {"event": p.LambdaResult(None)},
            "NoMatchingError",
            id="nothing",
        ),
        pytest.param(
            "InvokeLambdaFunction",
            {**LAMBDA, "InvocationType": "ASYNCHRONOUS"},
            {"event": p.LambdaResult(None)},
            "next",
            id="asynchronous",
        ),
        pytest.param(
            "InvokeLambdaFunction",
            {"LambdaFunctionARN": "$.Attributes.f"},
            {},
            "NoMatchingError",
            id="no function",
        ),
        pytest.param("BrandNewBlock", {}, {}, "next", id="an unknown type"),
    ],
)
def test_the_branch_that_is_taken(build, type, parameters, options, expected):
    assert arrived(build, type, parameters, **options)[0] == expected


def test_every_modelled_type_has_a_case_here_or_below():
    from busyhour.flows.actions import ASKABLE, TYPES

    rows = test_the_branch_that_is_taken.pytestmark[0].args[1]
    tested = {row.values[0] for row in rows}
    elsewhere = {
        "DisconnectParticipant",
        "EndFlowExecution",
        "EndFlowModuleExecution",
        "TransferContactToAgent",
        "Loop",
    }
    services = {type for type, node in TYPES.items() if node.__name__ == "Service"}
    assert set(TYPES) - tested - elsewhere - services <= ASKABLE


@pytest.mark.parametrize(
    ("operator", "value", "operand", "expected"),
    [
        pytest.param("TextStartsWith", "support", "sup", True, id="starts with"),
        pytest.param("TextEndsWith", "support", "port", True, id="ends with"),
        pytest.param("TextContains", "support", "ppo", True, id="contains"),
        pytest.param("TextContains", "support", "PPO", False, id="contains, other case"),
        pytest.param("NumberGreaterThan", "10", "9", True, id="as numbers, not as text"),
        pytest.param("NumberGreaterThan", "ten", "9", False, id="no number: false"),
        pytest.param("NumberGreaterThan", "1_0", "9", False, id="what only Python calls a number"),
        pytest.param("NumberLessThan", "-1.5", "-1", True, id="less"),
        pytest.param("NumberLessOrEqualTo", "5", "5.0", True, id="less or equal"),
        pytest.param("NumberGreaterOrEqualTo", "5", "5.1", False, id="greater or equal"),
        pytest.param("KeyExists", "x", "any", True, id="key exists"),
        pytest.param("Sounds Like", "x", "x", False, id="unknown operator"),
    ],
)
def test_operators(build, operator, value, operand, expected):
    branch, _ = arrived(
        build,
        "Compare",
        {"ComparisonValue": "$.Attributes.a"},
        operands=[operand],
        operator=operator,
        attributes={"a": value},
    )
    assert branch == (f"={operand}" if expected else "NoMatchingCondition")


def test_the_first_matching_condition_is_taken(build):
    branch, _ = arrived(
        build,
        "Compare",
        {"ComparisonValue": "$.Attributes.a"},
        operands=["5", "9"],
        operator="NumberLessThan",
        attributes={"a": "3"},
    )
    assert branch == "=5"


def test_an_operand_may_be_dynamic(build):
    branch, _ = arrived(
        build,
        "Compare",
        {"ComparisonValue": "$.Attributes.a"},
        operands=["$.Attributes.b"],
        attributes={"a": "3", "b": "3"},
    )
    assert branch == "=$.Attributes.b"


def test_a_loop_continues_for_its_count_and_then_starts_over(build):
    loop = build.action(
        "loop",
        "Loop",
        {"LoopCount": "2"},
        then="done",
        when={"ContinueLooping": "again", "DoneLooping": "done"},
    )
    flow = build.flow(loop, build.say("again", then="loop"), build.say("done", then="loop"))
    live = build.call(flow)
    texts = [effect.text for effect in build.run(live, *[p.Done()] * 5)]
    assert texts == ["again", "again", "done", "again", "again", "done"]


def test_a_loop_of_zero_is_done_at_once(build):
    loop = build.action(
        "l", "Loop", {"LoopCount": "0"}, then="end", when={"ContinueLooping": "a", "DoneLooping": "d"}
    )
    assert build.call(build.flow(loop, build.say("a"), build.say("d"))).start().text == "d"


def test_attributes_are_set_all_or_none(build):
    big = {"Attributes": {"new": "1", "big": "x" * 40_000}}
    _, live = arrived(build, "UpdateContactAttributes", big, attributes={"old": "1"})
    assert live.attributes == {"old": "1"}


def test_an_empty_value_removes_an_attribute(build):
    _, live = arrived(
        build, "UpdateContactAttributes", {"Attributes": {"a": "$.External.x"}}, attributes={"a": "1"}
    )
    assert live.attributes == {}


def test_attributes_of_a_related_contact_are_ignored(build):
    parameters = {"Attributes": {"a": "1"}, "TargetContact": "Related"}
    branch, live = arrived(build, "UpdateContactAttributes", parameters)
    assert (branch, live.attributes) == ("next", {})


def test_stored_input_is_truncated_and_a_timeout_is_its_value(build):
    _, live = arrived(build, "GetParticipantInput", STORE, p.Digits("123456"))
    assert live.stored_input == "1234"
    _, live = arrived(build, "GetParticipantInput", STORE, p.Silence())
    assert live.stored_input == "Timeout"


def test_effects_of_a_menu_and_of_stored_input(build):
    menu = build.action("m", "GetParticipantInput", DIGITS, then="end", when={"1": "end", "2": "end"})
    effect = build.call(build.flow(menu)).start()
    assert effect == p.Collect("m", "Press", len("Press") / 15, 5.0, True, ("1", "2"))
    store = build.action(
        "s",
        "GetParticipantInput",
        {**STORE, "DTMFConfiguration": {"InputTerminationSequence": "#", "InterdigitTimeLimitSeconds": "3"}},
        then="end",
    )
    effect = build.call(build.flow(store)).start()
    assert (effect.menu, effect.max_digits, effect.terminator, effect.interdigit_seconds) == (
        False,
        4,
        "#",
        3.0,
    )


def test_a_functions_event_is_the_one_that_connect_sends(build):
    parameters = {
        **LAMBDA,
        "LambdaInvocationAttributes": {
            "phone": "$.CustomerEndpoint.Address",
            "gone": "$.External.x",
            "n": 3,
            "b": True,
        },
    }
    contact = Contact(
        attributes={"k": "v"}, initiation_method="API", customer_endpoint=None, system_endpoint=None
    )
    effect = build.call(
        build.flow(build.action("f", "InvokeLambdaFunction", parameters)), contact=contact
    ).start()
    data = effect.event["Details"]["ContactData"]
    assert effect.event["Name"] == "ContactFlowEvent"
    assert effect.event["Details"]["Parameters"] == {"phone": "", "gone": "", "n": "3", "b": "true"}
    assert (data["Queue"], data["CustomerEndpoint"], data["Attributes"]) == (None, None, {"k": "v"})
    assert data["InitialContactId"] == data["ContactId"]
    assert (effect.timeout_seconds, effect.asynchronous) == (8.0, False)


def test_the_time_limit_of_a_function_is_capped_at_connects_maximum(build):
    flow = build.flow(
        build.action("f", "InvokeLambdaFunction", {**LAMBDA, "InvocationTimeLimitSeconds": "30"})
    )
    assert build.call(flow).start().timeout_seconds == 8.0


def test_consecutive_functions_have_20_seconds_until_a_prompt(build):
    flow = build.flow(
        build.action("f", "InvokeLambdaFunction", LAMBDA, then="f", errors={"NoMatchingError": "sorry"}),
        build.say("sorry", then="g"),
        build.action("g", "InvokeLambdaFunction", LAMBDA, then="end"),
    )
    slow = p.LambdaResult({}, seconds=7.0)
    live = build.call(flow)
    effects = build.run(live, slow, slow, p.LambdaResult({}, seconds=6.0), p.Done())
    assert [effect.timeout_seconds for effect in effects[:3]] == [8.0, 8.0, 6.0]
    assert isinstance(effects[3], p.Play)
    assert effects[4].timeout_seconds == 8.0


def test_references_read_values_stored_by_actions(build):
    text = (
        "$.External.a|$.StoredCustomerInput|$.Lex.IntentName|$.Lex.Slots.s|$.Metrics.Queue.Size|$.FlowAttributes.f"
        "|$.Case.case_id|$.Queue.Name|$.LanguageCode"
    )
    flow = build.flow(
        build.action("1", "InvokeLambdaFunction", LAMBDA, then="2"),
        build.action("2", "GetParticipantInput", STORE, then="3"),
        build.action("3", "ConnectParticipantWithLexBot", LEX, then="4"),
        build.action("4", "GetMetricData", {}, then="5"),
        build.action(
            "5", "UpdateFlowAttributes", {"FlowAttributes": {"f": {"Value": "$.External.a"}}}, then="6"
        ),
        build.action("6", "CreateCase", {}, then="8"),
        build.action("8", "UpdateContactTargetQueue", {"QueueId": "q1"}, then="9"),
        build.action("9", "UpdateContactData", {"LanguageCode": "de-DE"}, then="say"),
        build.say("say", text=text),
    )
    live = build.call(flow, queue_names={"q1": ("Support", "arn:q1")})
    effects = build.run(
        live,
        p.LambdaResult({"a": "A"}),
        p.Digits("42"),
        p.LexResult("Pay", {"s": "S"}),
        p.Metrics({"NumberOfContactsInQueue": 7}),
        p.Succeeded({"Case.case_id": "c-1"}),
    )
    assert effects[-1].text == "A|42|Pay|S|7|A|c-1|Support|de-DE"


def test_references_read_values_stored_by_a_view(build):
    flow = build.flow(
        build.action("v", "ShowView", {}, then="say"),
        build.say("say", text="$.Views.Action $.Views.ViewResultData.name $.Views.ViewResultData.list.1"),
    )
    shown = p.Succeeded({"Views.ViewResultData": {"name": "Ann", "list": ["a", "b"]}}, "Next")
    live = build.call(flow, contact=Contact(channel="CHAT"))
    assert build.run(live, shown)[-1].text == "Next Ann b"


@pytest.mark.parametrize(
    ("between", "event", "left"),
    [
        (("UpdateContactAttributes", {"Attributes": {"a": "1"}}), None, 4.0),
        (("CreateTask", {}), p.Succeeded(), 4.0),
        (("MessageParticipant", {"Text": "Hi"}), p.Done(), 8.0),
        (("ConnectParticipantWithLexBot", LEX), p.LexResult("x"), 8.0),
        (("Wait", {"TimeLimitSeconds": "5"}), p.Done(), 8.0),
        (("ShowView", {}), p.Succeeded(branch="Next"), 8.0),
        (("ShowView", {}), p.Failed("TimeLimitExceeded"), 8.0),
        (("AuthenticateParticipant", {}), p.Succeeded(), 8.0),
    ],
)
def test_consecutive_functions_have_20_seconds_until_the_participant_is_busy_again(
    build, between, event, left
):
    flow = build.flow(
        build.action("1", "InvokeLambdaFunction", LAMBDA, then="2"),
        build.action("2", "InvokeLambdaFunction", LAMBDA, then="x"),
        build.action("x", between[0], between[1], then="3", errors={"NoMatchingError": "3"}),
        build.action("3", "InvokeLambdaFunction", LAMBDA, then="4", errors={"NoMatchingError": "late"}),
        build.action("4", "InvokeLambdaFunction", LAMBDA, then="end", errors={"NoMatchingError": "late"}),
        build.say("late"),
    )
    slow = p.LambdaResult({}, seconds=8.0)
    live = build.call(flow, contact=Contact(channel="CHAT"))
    effects = build.run(live, slow, slow, *([event] if event else []))
    assert (effects[-1].action, effects[-1].timeout_seconds) == ("3", left)
    after = live.send(p.LambdaResult({}, seconds=left))
    assert after.action == ("late" if left < 8 else "4")


def test_a_module_shares_only_contact_attributes(build):
    main = build.flow(
        build.action("f", "InvokeLambdaFunction", LAMBDA, then="m"),
        build.action(
            "m",
            "InvokeFlowModule",
            {"FlowModuleId": "mod", "Input": {"n": "$.External.a"}},
            then="no",
            when={"Yes": "yes"},
        ),
        build.say("no"),
        build.say("yes", text="$.External.a $.Attributes.set $.Modules.Result $.Modules.ResultData.r"),
    )
    module = build.flow(
        build.action(
            "i",
            "UpdateContactAttributes",
            {"Attributes": {"set": "[$.External.a$.Modules.Input.n]"}},
            then="e",
        ),
        build.action("e", "EndFlowModuleExecution", {"Result": "Yes", "ResultData": {"r": "R"}}),
        name="mod",
        type=FlowType.MODULE,
    )
    effects = build.run(build.call(main, module), p.LambdaResult({"a": "A"}))
    assert effects[-1].text == "A [A] Yes R"


def test_nesting_of_modules_is_limited(build):
    endless = build.flow(
        build.action(
            "m", "InvokeFlowModule", {"FlowModuleId": "main"}, then="end", errors={"NoMatchingError": "deep"}
        ),
        build.say("deep"),
    )
    assert build.call(endless).start().text == "deep"


@pytest.mark.parametrize(("depth", "heard"), [(1, "not here"), (2, "inside")])
def test_the_policy_determines_whether_a_module_may_invoke_another(build, depth, heard):
    invoke = ("InvokeFlowModule", {"FlowModuleId": "outer"})
    main = build.flow(build.action("m", *invoke, then="end", errors={"NoMatchingError": "end"}))
    outer = build.flow(
        build.action(
            "o", "InvokeFlowModule", {"FlowModuleId": "inner"}, then="end", errors={"NoMatchingError": "not"}
        ),
        build.say("not", text="not here"),
        name="outer",
    )
    inner = build.flow(build.say("inside"), name="inner")
    assert build.call(main, outer, inner, policy=Policy(module_depth=depth)).start().text == heard


@pytest.mark.parametrize(("modules", "heard"), [(5, "inside"), (6, "too deep")])
def test_modules_nest_five_levels_deep(build, modules, heard):
    def invoke(inner):
        return build.action(
            "i", "InvokeFlowModule", {"FlowModuleId": inner}, then="end", errors={"NoMatchingError": "deep"}
        )

    chain = [
        build.flow(invoke(f"m{level + 1}"), build.say("deep", text="too deep"), name=f"m{level}")
        for level in range(modules)
    ]
    innermost = build.flow(build.say("inside"), name=f"m{modules}")
    assert build.call(*chain, innermost).start().text == heard


def test_a_transfer_to_a_flow_does_not_return_and_clears_flow_attributes(build):
    main = build.flow(
        build.action("a", "UpdateFlowAttributes", {"FlowAttributes": {"f": {"Value": "1"}}}, then="t"),
        build.action("t", "TransferToFlow", {"ContactFlowId": "arn:x/contact-flow/other"}, then="back"),
        build.say("back"),
    )
    other = build.flow(build.say("say", text="there[$.FlowAttributes.f]"), name="Other")
    live = build.call(main, other, aliases={"arn:x/contact-flow/other": "Other"})
    effects = build.run(live, p.Done())
    assert effects[0].text == "there[]"
    assert effects[1] == p.Ended(p.EndReason.FLOW_DISCONNECT, "DisconnectParticipant")
    assert live.flow_name == "Other"


def test_a_whisper_flow_cannot_be_transferred_to(build):
    main = build.flow(
        build.action(
            "t", "TransferToFlow", {"ContactFlowId": "w"}, then="end", errors={"NoMatchingError": "bad"}
        ),
        build.say("bad"),
    )
    whisper = build.flow(build.say("psst"), name="w", type=FlowType.AGENT_WHISPER)
    assert build.call(main, whisper).start().text == "bad"


def test_an_error_without_a_branch_ends_the_contact_except_where_connect_takes_okay(build):
    prompt = build.flow(build.action("p", "MessageParticipant", {"Text": "Hi"}, then="end"))
    assert build.run(build.call(prompt), p.Failed())[-1].reason is p.EndReason.FLOW_DISCONNECT
    function = build.flow(build.action("f", "InvokeLambdaFunction", LAMBDA, then="end"))
    live = build.call(function)
    ended = build.run(live, p.LambdaFailed("timeout"))[-1]
    assert ended.reason is p.EndReason.FLOW_ERROR
    assert ended.detail == "main/f: NoMatchingError has no branch (timeout)"
    assert live.error_branches == 1


@pytest.mark.parametrize(
    ("action", "detail"),
    [
        pytest.param({"then": ""}, "has a branch that is not connected", id="draft"),
        pytest.param({"then": "gone"}, "leads to 'gone', which is not an action of the flow", id="dangling"),
        pytest.param({}, "has no NextAction", id="no next action"),
    ],
)
def test_an_unconnected_branch_ends_the_contact(build, action, detail):
    flow = build.flow(build.action("a", "UpdateFlowLoggingBehavior", {}, **action))
    ended = build.call(flow).start()
    assert (ended.reason, ended.detail) == (p.EndReason.FLOW_ERROR, f"main/a: {detail}")


def test_a_flow_that_never_pauses_is_cut_off(build):
    flow = build.flow(
        build.action("a", "UpdateFlowLoggingBehavior", {}, then="b"),
        build.action("b", "UpdateFlowLoggingBehavior", {}, then="a"),
    )
    ended = build.call(flow, policy=Policy(silent_action_limit=50)).start()
    assert ended.reason is p.EndReason.FLOW_ERROR
    assert "50 actions were run without an end" in ended.detail


def test_a_flow_that_pauses_without_end_is_cut_off(build):
    live = build.call(build.flow(build.say("a", then="a")), policy=Policy(action_limit=30))
    effect = live.start()
    while not live.ended:
        effect = live.send(p.Done())
    assert effect.reason is p.EndReason.FLOW_ERROR
    assert live.actions_run == 31


def test_the_driver_can_decide_actions_that_always_succeed(build):
    flow = build.flow(
        build.action(
            "s",
            "UpdateContactAttributes",
            {"Attributes": {"a": "1"}},
            then="ok",
            errors={"NoMatchingError": "bad"},
        ),
        build.say("ok"),
        build.say("bad"),
    )
    assert build.call(flow).start().text == "ok"
    for event, text, attributes in ((p.Succeeded(), "ok", {"a": "1"}), (p.Failed(), "bad", {})):
        live = build.call(flow, policy=Policy(ask=ALL))
        effects = build.run(live, event)
        assert isinstance(effects[0], p.Service)
        assert (effects[1].text, live.attributes) == (text, attributes)


def test_unknown_types_are_listed_once(build):
    flow = build.flow(
        build.action("a", "BrandNewBlock", {}, then="b"),
        build.action("b", "BrandNewBlock", {}, then="say"),
        build.say("say"),
    )
    live = build.call(flow)
    live.start()
    assert live.unmodelled == ("BrandNewBlock",)


def test_a_callback_effect_has_number_and_queue(build):
    flow = build.flow(
        build.action("q", "UpdateContactTargetQueue", {"QueueId": "q1"}, then="n"),
        build.action("n", "UpdateContactCallbackNumber", {"CallbackNumber": "$.Attributes.n"}, then="c"),
        build.action("c", "CreateCallbackContact", {"InitialCallDelaySeconds": "5"}, then="end"),
    )
    effect = build.call(flow, contact=Contact(attributes={"n": "+15555550123"})).start()
    assert effect.parameters == {
        "QueueId": "q1",
        "InitialCallDelaySeconds": "5",
        "CallbackNumber": "+15555550123",
    }


def test_the_driver_can_decide_transfers_and_modules(build):
    main = build.flow(
        build.action(
            "t", "TransferToFlow", {"ContactFlowId": "o"}, then="end", errors={"NoMatchingError": "bad"}
        ),
        build.say("bad"),
    )
    other = build.flow(build.say("there"), name="o")
    for event, text in ((p.Succeeded(), "there"), (p.Failed(), "bad")):
        assert build.run(build.call(main, other, policy=Policy(ask=ALL)), event)[-1].text == text
    main = build.flow(
        build.action("m", "InvokeFlowModule", {"FlowModuleId": "mod"}, then="no", when={"Yes": "yes"}),
        build.say("no"),
        build.say("yes"),
    )
    module = build.flow(build.action("e", "EndFlowModuleExecution", {"Result": "Yes"}), name="mod")
    ask = Policy(ask=frozenset({"InvokeFlowModule"}))
    assert build.run(build.call(main, module, policy=ask), p.Succeeded())[-1].text == "yes"


def test_the_policy_can_make_a_bot_without_an_intent_match_nothing(build):
    lex = build.action(
        "x", "ConnectParticipantWithLexBot", LEX, then="a", errors={"NoMatchingCondition": "b"}
    )
    flow = build.flow(lex, build.say("a"), build.say("b"))
    assert build.run(build.call(flow), p.LexResult(""))[-1].text == "a"
    policy = Policy(bot_without_intent_goes_on=False)
    assert build.run(build.call(flow, policy=policy), p.LexResult(""))[-1].text == "b"


def test_the_policy_can_accept_numbers_in_a_string_map(build):
    flow = build.flow(
        build.action("f", "InvokeLambdaFunction", LAMBDA, then="say", errors={"NoMatchingError": "bad"}),
        build.say("say", text="$.External.n $.External.yes"),
        build.say("bad"),
    )
    lenient = Policy(string_map_strict=False)
    answer = p.LambdaResult({"n": 5, "yes": True})
    assert build.run(build.call(flow), answer)[-1].text == "bad"
    assert build.run(build.call(flow, policy=lenient), answer)[-1].text == "5 true"


def test_a_failed_invocation_keeps_the_last_response_by_default(build):
    flow = build.flow(
        build.action("f", "InvokeLambdaFunction", LAMBDA, then="g"),
        build.action("g", "InvokeLambdaFunction", LAMBDA, then="say", errors={"NoMatchingError": "say"}),
        build.say("say", text="[$.External.a]"),
    )
    answers = (p.LambdaResult({"a": "A"}), p.LambdaFailed("timeout"))
    assert build.run(build.call(flow), *answers)[-1].text == "[A]"
    clears = Policy(failed_invocation_clears_external=True)
    assert build.run(build.call(flow, policy=clears), *answers)[-1].text == "[]"
