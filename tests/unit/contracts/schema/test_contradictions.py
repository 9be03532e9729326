"""What newer evidence says of single constraints, one test a case: accepted is no error, refused is one, undecided a warning.

The rows C1 to C27 are those of the project's second file of facts on the flow language.
"""

import copy
import json

import pytest

from busyhour.contracts.check import Checker
from busyhour.contracts.finding import Severity
from busyhour.contracts.reading.sources import source_of
from busyhour.flows.model import FlowType

CHECKER = Checker()
ID = "11111111-2222-4333-8444-555555555555"
SPOKEN = {"NextAction": "end"}
OF_OTHER_RULES = ("missing-layout", "voice-id-ended")
OK, WARNS, ERROR = "accepted", "undecided", "refused"


def errors(*names):
    return [{"NextAction": "end", "ErrorType": name} for name in names]


def conditions(*operands, operator="Equals"):
    return [{"NextAction": "end", "Condition": {"Operator": operator, "Operands": [one]}} for one in operands]


def action(type, parameters, *error_types, branches=None, operator="Equals"):
    transitions = {"NextAction": "end", "Errors": errors(*error_types)}
    if branches is not None:
        transitions["Conditions"] = conditions(*branches, operator=operator)
    return {"Identifier": "it", "Type": type, "Parameters": parameters, "Transitions": transitions}


def found(one, type=None, group=("structure", "schema")):
    """Return the findings on the action in a flow: (severity, rule, message)."""
    end = {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
    if type in ("CUSTOMER_QUEUE", "OUTBOUND_WHISPER"):
        end["Type"] = "EndFlowExecution"
    elif type == "MODULE":
        end["Type"] = "EndFlowModuleExecution"
    flow = {"Version": "2019-10-30", "StartAction": "it", "Actions": [one, end], "Metadata": {}}
    if type == "MODULE":
        flow["Settings"] = {"InputParameters": [], "OutputParameters": [], "Transitions": []}
    source = source_of(json.dumps(flow))
    view = CHECKER.subject(source, FlowType(type or "CONTACT_FLOW"))
    view.project.flows[:] = [view]
    return [
        (problem.severity or rule.severity, rule.id, problem.message)
        for rule, problem in CHECKER.problems(view)
        if rule.group in group
    ]


def verdict(one, type=None):
    """Return the verdict on the action and the rules behind it; notes and the layout do not count."""
    kept = [
        entry
        for entry in found(one, type)
        if entry[0] is not Severity.NOTE and entry[1] not in OF_OTHER_RULES
    ]
    if any(severity is Severity.ERROR for severity, _, _ in kept):
        return ERROR, {rule for severity, rule, _ in kept if severity is Severity.ERROR}
    return (WARNS if kept else OK), {rule for _, rule, _ in kept}


def agrees(one, expected, rule=None, type=None):
    result, rules = verdict(one, type)
    assert result == expected, found(one, type)
    if rule is not None:
        assert rules == {rule}
    if expected == WARNS:
        for severity, _, message in found(one, type):
            if severity is Severity.WARNING:
                assert "rejected on publish" not in message


def hooks(**named):
    return action("UpdateContactEventHooks", {"EventHooks": named}, "NoMatchingError")


def test_c01_any_number_of_event_hooks():
    agrees(hooks(CustomerQueue=ID), OK)
    agrees(hooks(CustomerQueue=ID, CustomerHold=ID), WARNS, "exclusive-parameters")
    agrees(hooks(), WARNS, "empty-value")
    agrees(hooks(NoSuchHook=ID), ERROR, "unknown-parameter")


VOICE = {"VoiceBehavior": {}}
CHAT = {"ChatBehavior": {}}
SCREEN = {"ScreenRecordingBehavior": {}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (VOICE, OK),
        (SCREEN, OK),
        (VOICE | SCREEN, ERROR),
        (CHAT | SCREEN, ERROR),
        ({}, ERROR),
        (VOICE | CHAT, ERROR),
    ],
)
def test_c02_exactly_one_recording_behaviour(given, expected):
    names = ["ChannelMismatch", "NoMatchingError"]
    names += ["InFlightRedactionConfigurationFailed"] if "ChatBehavior" in given else []
    agrees(action("UpdateContactRecordingAndAnalyticsBehavior", given, *names), expected)


def digits(**more):
    parameters = {"Text": "Your number?", "InputTimeLimitSeconds": "5", **more}
    return action(
        "GetParticipantInput",
        {name: value for name, value in parameters.items() if value is not None},
        *("NoMatchingError", "NoMatchingCondition", "InputTimeLimitExceeded"),
        branches=["1"],
    )


def test_c03_store_input_is_required():
    agrees(digits(StoreInput="False"), OK)
    agrees(digits(), ERROR, "missing-parameter")


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({f"k{number}": "v" for number in range(6)}, OK),
        ({f"k{number}": "v" for number in range(7)}, ERROR),
        ({}, ERROR),
        ({"aws:x": "v"}, WARNS),
    ],
)
def test_c04_six_tags_and_reserved_keys(tags, expected):
    agrees(action("TagContact", {"Tags": tags}, "NoMatchingError"), expected)


def test_c04_untagging_a_reserved_key_is_undecided():
    agrees(action("UntagContact", {"TagKeys": ["aws:x"]}, "NoMatchingError"), WARNS)
    agrees(action("UntagContact", {"TagKeys": []}, "NoMatchingError"), ERROR)


def loop(**parameters):
    return action("Loop", parameters, branches=["ContinueLooping", "DoneLooping"])


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        ("2", OK),
        (2, OK),
        (0, OK),
        (100, OK),
        (101, ERROR),
        ("101", ERROR),
        (-1, ERROR),
        (True, ERROR),
        (1.5, ERROR),
    ],
)
def test_c05_numbers_as_loop_count(count, expected):
    agrees(loop(LoopCount=count), expected)


@pytest.mark.parametrize(
    ("share", "expected"), [("4", OK), (4, OK), (0, ERROR), (102, ERROR), (False, ERROR)]
)
def test_c05_numbers_as_percentages(share, expected):
    agrees(
        action(
            "DistributeByPercentage", {}, "NoMatchingCondition", branches=[share], operator="NumberLessThan"
        ),
        expected,
    )


def test_c05_numbers_elsewhere_are_undecided_and_booleans_refused():
    agrees(digits(StoreInput="False", InputTimeLimitSeconds=5), WARNS, "string-scalar")
    agrees(digits(StoreInput="False", InputTimeLimitSeconds=True), ERROR, "string-scalar")
    menu = digits(StoreInput="False")
    menu["Transitions"]["Conditions"] = conditions(1)
    agrees(menu, WARNS, "condition-operand")


def function(error_types=("NoMatchingError",), **parameters):
    arn = "arn:aws:lambda:us-east-1:111122223333:function:nowhere"
    return action("InvokeLambdaFunction", {"LambdaFunctionARN": arn, **parameters}, *error_types)


def test_c06_a_function_need_not_be_associated():
    agrees(function(InvocationTimeLimitSeconds="8"), OK)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"TextToSpeechEngine": "Neural"}, OK),
        ({"TextToSpeechEngine": "Turbo"}, WARNS),
        ({"TextToSpeechStyle": "Standard"}, OK),
        ({"TextToSpeechStyle": "Happy"}, WARNS),
    ],
)
def test_c07_engines_are_not_checked(parameters, expected):
    agrees(action("UpdateContactTextToSpeechVoice", {"TextToSpeechVoice": "Joanna", **parameters}), expected)


def test_c08_the_type_of_content_is_optional():
    agrees(action("LoadContactContent", {}, "NoMatchingError"), OK)


@pytest.mark.parametrize("type", sorted(FlowType))
def test_c09_modules_are_called_from_every_type_of_flow(type):
    one = action("InvokeFlowModule", {"FlowModuleId": ID}, "NoMatchingError")
    assert "flow-type" not in {
        rule for _, rule, message in found(one, type) if "InvokeFlowModule is" in message
    }


@pytest.mark.parametrize(
    "reference",
    [
        "$.LambdaInvocation.InvocationId",
        "$.LambdaInvocation.ResultData.name",
        "$.AgenticCX.ContextVariables.order",
        "$.DataTableList.ResultData.dataTableId",
        "$.ExternalTool.ResultData.name",
        "$.Loop.each.Element",
    ],
)
def test_c10_documented_roots_are_known(reference):
    say = action("MessageParticipant", {"Text": f"It is {reference}"})
    assert "unknown-reference" not in {rule for _, rule, _ in found(say, group=("data-flow",))}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (function(InvocationTimeLimitSeconds="9"), ERROR),
        (function(InvocationTimeLimitSeconds="9", InvocationType="SYNCHRONOUS"), ERROR),
        (function(InvocationTimeLimitSeconds="60", InvocationType="ASYNCHRONOUS"), WARNS),
        (function(InvocationTimeLimitSeconds="61", InvocationType="ASYNCHRONOUS"), ERROR),
        (function(("NoMatchingError", "TimeLimitExceeded")), WARNS),
        (function(("NoMatchingError", "Timeout")), ERROR),
    ],
)
def test_c11_asynchronous_functions_and_the_timeout_branch(one, expected):
    agrees(one, expected)


def test_c12_loops_over_lists():
    agrees(loop(LoopCount="2", LoopName="each"), WARNS, "unknown-parameter")
    agrees(loop(LoopName="each", LoopArray="$.External.list"), WARNS, "unknown-parameter")
    agrees(loop(), ERROR)


def test_c13_branches_for_overrides():
    hours = {"HoursOfOperationId": ID}
    agrees(
        action("CheckHoursOfOperation", hours, "NoMatchingError", branches=["True", "False", "Christmas"]),
        WARNS,
        "condition-operand",
    )
    agrees(action("CheckHoursOfOperation", hours, "NoMatchingError", branches=["True"]), ERROR)


def wait(*events):
    parameters = {"TimeLimitSeconds": "60", **({"Events": list(events)} if events else {})}
    return action("Wait", parameters, "NoMatchingError", branches=["WaitCompleted", *events])


def test_c14_events_of_wait():
    agrees(wait(), OK)
    agrees(wait("CustomerReturned"), OK)
    agrees(wait("LambdaReturned"), WARNS)
    assert {rule for _, rule, _ in found(wait("LambdaReturned"))} >= {"parameter-value"}


@pytest.mark.parametrize(
    ("branches", "expected"),
    [
        ([], ERROR),
        (["Enrolled"], ERROR),
        (["Enrolled", "NotEnrolled"], WARNS),
        (["Enrolled", "NotEnrolled", "OptedOut"], OK),
        (["Not enrolled", "Enrolled", "Opted out"], ERROR),
    ],
)
def test_c15_a_branch_for_each_result_of_voice_id(branches, expected):
    option = {"CheckVoiceIdOption": "enrollmentStatus"}
    agrees(action("CheckVoiceId", option, "NoMatchingError", branches=branches), expected)


def test_c16_opting_out_of_authentication_has_a_branch():
    pool = {"UserPoolArn": "arn:aws:cognito-idp:us-east-1:111122223333:userpool/x", "AppClientId": "y"}
    parameters = {
        "CognitoConfiguration": pool,
        "CustomerProfilesConfiguration": {"ObjectTypeName": "z"},
        "TimeLimitMinutes": "5",
    }
    names = ("NoMatchingError", "TimeLimitExceeded")
    agrees(action("AuthenticateParticipant", parameters, *names, branches=["OptedOut"]), OK)
    agrees(action("AuthenticateParticipant", parameters, *names, branches=[]), ERROR, "missing-condition")
    agrees(action("AuthenticateParticipant", parameters, *names), ERROR, "missing-condition")


def test_c17_a_view_without_data_is_undecided():
    names = ("NoMatchingCondition", "NoMatchingError", "TimeLimitExceeded")
    parameters = {"ViewResource": {"Id": "form"}, "InvocationTimeLimitSeconds": "60"}
    agrees(action("ShowView", parameters, *names), WARNS, "missing-parameter")
    agrees(action("ShowView", {**parameters, "ViewData": {"Heading": "x"}}, *names), OK)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [({"QueueId": ID}, OK), ({}, WARNS), ({"QueueId": ID, "AgentId": ID}, ERROR)],
)
def test_c18_leaving_a_queue_for_no_named_queue_is_undecided(parameters, expected):
    one = action("DequeueContactAndTransferToQueue", parameters, "QueueAtCapacity", "NoMatchingError")
    agrees(one, expected, type="CUSTOMER_QUEUE")


def test_c19_configuration_of_hooks_alone():
    parameters = {"EventHooksConfiguration": {"CustomerHold": {"DisableExecution": "true"}}}
    agrees(action("UpdateContactEventHooks", parameters, "NoMatchingError"), OK)


def test_c20_input_in_outbound_whispers_is_undecided():
    agrees(digits(StoreInput="False"), WARNS, "flow-type", type="OUTBOUND_WHISPER")
    agrees(digits(StoreInput="False"), ERROR, "flow-type", type="AGENT_WHISPER")


@pytest.mark.parametrize("seconds", ["1", "179", "180", "300"])
def test_c21_seconds_for_an_input(seconds):
    agrees(digits(StoreInput="False", InputTimeLimitSeconds=seconds), OK)


@pytest.mark.parametrize(
    ("value", "expected"), [("True", OK), ("true", WARNS), ("TRUE", ERROR), ("yes", ERROR)]
)
def test_c22_case_of_flags(value, expected):
    one = action("GetParticipantInput", {"EnableDTMFBuffer": value}, "NoMatchingError")
    del one["Transitions"]["NextAction"]
    one["Transitions"]["NextAction"] = "end"
    agrees(one, expected)


def test_c23_watchlists_have_a_name():
    agrees(action("UpdateContactData", {"WatchlistId": "a" * 22}, "NoMatchingError"), OK)
    agrees(action("UpdateContactData", {"WatchlistId": "short"}, "NoMatchingError"), WARNS)


def test_c24_bounds_of_percentages_are_one_above_the_sum():
    one = action(
        "DistributeByPercentage",
        {},
        "NoMatchingCondition",
        branches=["4", "10", "18"],
        operator="NumberLessThan",
    )
    agrees(one, OK)


def test_c25_ending_the_flow_is_refused_in_a_module():
    end = {"Identifier": "it", "Type": "EndFlowExecution", "Parameters": {}, "Transitions": {}}
    agrees(end, ERROR, "flow-type", type="MODULE")


def test_c26_attributes_need_no_target_contact():
    agrees(action("UpdateContactAttributes", {"Attributes": {"a": "b"}}, "NoMatchingError"), OK)


@pytest.mark.parametrize(("length", "expected"), [(6000, OK), (6001, ERROR)])
def test_c27_texts_have_at_most_6000_characters(length, expected):
    agrees(action("MessageParticipant", {"Text": "x" * length}), expected)


AGENTIC = json.loads(
    """{"AgentConfiguration": {"WorkspaceId": "w", "ApplicationId": "a", "Alias": "q"},
    "AudioFillerConfiguration": {"Enabled": true, "StartDelayInMilliseconds": 2500}}"""
)
THREE = ("NoMatchingError", "NoMatchingCondition", "InputTimeLimitExceeded")


@pytest.mark.parametrize("missing", THREE)
def test_an_ai_agent_needs_its_three_error_branches(missing):
    agrees(action("ConnectParticipantWithAgenticCX", AGENTIC, *THREE), OK)
    left = [one for one in THREE if one != missing]
    agrees(action("ConnectParticipantWithAgenticCX", AGENTIC, *left), ERROR, "missing-error")


def test_an_ai_agent_takes_ten_variables_and_times_of_its_page():
    many = copy.deepcopy(AGENTIC)
    many["AgentConfiguration"]["ContextVariables"] = {f"v{number}": "x" for number in range(11)}
    agrees(action("ConnectParticipantWithAgenticCX", many, *THREE), ERROR)
    slow = copy.deepcopy(AGENTIC)
    slow["AudioFillerConfiguration"]["StartDelayInMilliseconds"] = 100
    agrees(action("ConnectParticipantWithAgenticCX", slow, *THREE), WARNS, "parameter-value")


def test_unpublished_names_are_warnings():
    agrees(action("RouteContactToAgent", {"AgentId": ID}, "NoMatchingError"), WARNS, type="CUSTOMER_QUEUE")
    agrees(
        action("RouteContactToAgent", {"AgentId": ID}, "NoMatchingError"),
        ERROR,
        "flow-type",
        type="CONTACT_FLOW",
    )
    both = ["True", "False"]
    agrees(action("CheckSegmentMembership", {"SegmentId": "x"}, "NoMatchingError", branches=both), WARNS)
    agrees(action("InvokeExternalTool", {"ToolId": "x"}, "NoMatchingError"), WARNS, "unknown-type")
    agrees(action("NoSuchType", {}, "NoMatchingError"), ERROR, "unknown-type")


def test_a_bot_of_the_older_designer_needs_no_region():
    parameters = {"Text": "Hello", "LexBot": {"Name": "helper", "Alias": "live"}}
    one = action(
        "ConnectParticipantWithLexBot", parameters, "NoMatchingCondition", "NoMatchingError", branches=["x"]
    )
    agrees(one, WARNS, "missing-parameter")


def test_rejection_on_publish_is_claimed_only_where_it_was_seen():
    seen = action("UpdateContactCallbackNumber", {"CallbackNumber": "$.StoredCustomerInput"})
    seen["Transitions"]["Errors"] = errors(
        "InvalidCallbackNumber", "CallbackNumberNotDialable", "NoMatchingError"
    )
    messages = [message for _, rule, message in found(seen) if rule == "disallowed-error"]
    assert "rejected on publish" in messages[0]
    other = action("GetCase", {"LinkContactToCase": "true"}, "NoSuchError")
    messages = [message for _, rule, message in found(other) if rule == "disallowed-error"]
    assert "rejected on publish" not in messages[0]
