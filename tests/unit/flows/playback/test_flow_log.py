"""Connect's flow log: written from a simulated call, read from a real one, replayed."""

import json
from dataclasses import replace

import pytest

from busyhour.errors import BusyhourError
from busyhour.flows.library import FlowLibrary
from busyhour.flows.model import Condition
from busyhour.flows.playback import call_trace, flow_log
from busyhour.flows.playback.replay import replay
from busyhour.flows.playback.script import Script


@pytest.fixture
def library(build):
    enabled = {"FlowLoggingBehavior": "Enabled"}
    return FlowLibrary(
        [
            build.flow(
                build.action(
                    "voice", "UpdateContactTextToSpeechVoice", {"TextToSpeechVoice": "Amy"}, then="log"
                ),
                build.action("log", "UpdateFlowLoggingBehavior", enabled, then="f"),
                build.action(
                    "f",
                    "InvokeLambdaFunction",
                    {"LambdaFunctionARN": "arn:f", "InvocationTimeLimitSeconds": "3"},
                    then="set",
                    errors={"NoMatchingError": "bye"},
                ),
                build.action(
                    "set",
                    "UpdateContactAttributes",
                    {"Attributes": {"a": "$.External.a", "b": "2"}},
                    then="m",
                ),
                build.action(
                    "m",
                    "GetParticipantInput",
                    {"Text": "Press", "InputTimeLimitSeconds": "5", "StoreInput": "False"},
                    then="bye",
                    when={"1": "hours", "2": "bye"},
                    errors={
                        "InputTimeLimitExceeded": "m",
                        "NoMatchingCondition": "bye",
                        "NoMatchingError": "bye",
                    },
                ),
                build.action(
                    "hours",
                    "CheckHoursOfOperation",
                    {"HoursOfOperationId": "h"},
                    then="bye",
                    when={"True": "open", "False": "bye"},
                    errors={"NoMatchingError": "bye"},
                ),
                build.say("open", then="bye"),
                build.say("bye"),
            )
        ]
    )


def entries(library, script=None, **more):
    script = script or Script(["silence", "1"], {"arn:f": [{"a": "A"}]})
    return list(flow_log.entries(call_trace.run(library, "main", script), **more))


def test_entries_have_the_shape_of_connects_flow_log(library):
    first = entries(library)[1]
    assert first == {
        "ContactId": "00000000-0000-4000-8000-000000000001",
        "ContactFlowId": (
            "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-000000000000/contact-flow/main"
        ),
        "ContactFlowName": "main",
        "ContactFlowModuleType": "InvokeExternalResource",
        "Identifier": "f",
        "Timestamp": "2026-01-01T00:00:00.300Z",
        "ExternalResults": {"a": "A"},
        "Parameters": {
            "FunctionArn": "arn:f",
            "ResponseValidation": "ResponseType=STRING_MAP",
            "TimeLimit": "3000",
        },
    }


def test_only_actions_after_logging_was_enabled_are_logged(library):
    assert entries(library)[0]["ContactFlowModuleType"] == "SetLoggingBehavior"
    assert entries(library, everything=True)[0]["ContactFlowModuleType"] == "SetVoice"


def test_attributes_are_logged_one_by_one_and_input_with_its_result(library):
    found = entries(library)
    assert [entry["Parameters"] for entry in found[2:4]] == [
        {"Value": "A", "AddAttributeToRelatedContact": "false", "Key": "a"},
        {"Value": "2", "AddAttributeToRelatedContact": "false", "Key": "b"},
    ]
    assert [(entry["ContactFlowModuleType"], entry.get("Results")) for entry in found[4:7]] == [
        ("GetUserInput", "Timeout"),
        ("GetUserInput", "1"),
        ("CheckHoursOfOperation", "true"),
    ]


def test_a_failed_function_has_results_and_no_external_results(library):
    entry = entries(library, Script(functions={"arn:f": ["timeout"]}))[1]
    assert "ExternalResults" not in entry
    assert entry["Results"] == "The Lambda Function Timed Out."


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        pytest.param("function_error", "The Lambda Function Returned An Error.", id="the function raises"),
        pytest.param("throttled", "Status Code: 429; Error Code: TooManyRequestsException", id="throttled"),
    ],
)
def test_texts_of_failed_functions_are_those_of_connect_to_the_letter(library, failure, text):
    entry = entries(library, Script(functions={"arn:f": [failure]}))[1]
    assert entry["Results"] == text
    assert next(iter(entry)) == "Results"
    assert "ExternalResults" not in entry


def logged_comparison(build, tier):
    compare = replace(
        build.action(
            "choose",
            "Compare",
            {"ComparisonValue": "$.Attributes.tier"},
            errors={"NoMatchingCondition": "bye"},
        ),
        conditions=tuple(
            Condition(operator, (operand,), "bye")
            for operator, operand in (
                *(("Equals", "gold"), ("TextStartsWith", "sil")),
                ("NumberGreaterOrEqualTo", "5"),
            )
        ),
    )
    flow = build.flow(
        build.action("log", "UpdateFlowLoggingBehavior", {"FlowLoggingBehavior": "Enabled"}, then="set"),
        build.action("set", "UpdateContactAttributes", {"Attributes": {"tier": tier}}, then="choose"),
        compare,
        build.say("bye"),
    )
    library = FlowLibrary([flow])
    trace = call_trace.run(library, "main", Script())
    return library, list(flow_log.entries(trace))


@pytest.mark.parametrize(
    ("tier", "results"),
    [
        ("gold", ["true"]),
        ("silver", ["false", "true"]),
        ("7", ["false", "false", "true"]),
        ("x", ["false"] * 3),
    ],
)
def test_each_comparison_that_is_tried_is_one_line(build, tier, results):
    library, found = logged_comparison(build, tier)
    lines_ = [entry for entry in found if entry["ContactFlowModuleType"] == "CheckAttribute"]
    assert [entry["Results"] for entry in lines_] == results
    tried = [("Equals", "gold"), ("StartsWith", "sil"), ("GreaterThanOrEqualTo", "5")][: len(results)]
    assert [entry["Parameters"] for entry in lines_] == [
        {"ComparisonMethod": method, "Value": tier, "SecondValue": second} for method, second in tried
    ]
    followed = replay(library, "main", flow_log.read_log(lines(found)))
    assert followed.divergence is None
    assert followed.followed == followed.entries


def test_each_hook_and_each_flow_attribute_is_one_line(build):
    flow = build.flow(
        build.action("log", "UpdateFlowLoggingBehavior", {"FlowLoggingBehavior": "Enabled"}, then="set"),
        build.action(
            "set",
            "UpdateFlowAttributes",
            {"FlowAttributes": {"a": {"Value": "1"}, "b": {"Value": "2"}}},
            then="hook",
        ),
        build.action(
            "hook",
            "UpdateContactEventHooks",
            {"EventHooks": {"CustomerQueue": "arn:q", "AgentWhisper": "arn:w"}},
            then="bye",
        ),
        build.say("bye"),
    )
    found = list(flow_log.entries(call_trace.run(FlowLibrary([flow]), "main", Script())))
    assert [
        entry["Parameters"] for entry in found if entry["ContactFlowModuleType"] == "SetFlowAttributes"
    ] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert [
        entry["Parameters"]["Type"] for entry in found if entry["ContactFlowModuleType"] == "SetContactFlow"
    ] == ["CustomerQueue", "AgentWhisper"]


def test_entries_of_a_module_have_the_stack_innermost_first(build):
    instance = "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-000000000000"
    module = build.flow(
        build.action("inner", "MessageParticipant", {"Text": "hello"}, then="back"),
        build.action("back", "EndFlowModuleExecution", {}),
        name="greeting",
        arn=f"{instance}/flow-module/m",
    )
    main = build.flow(
        build.action("log", "UpdateFlowLoggingBehavior", {"FlowLoggingBehavior": "Enabled"}, then="greet"),
        build.action("greet", "InvokeFlowModule", {"FlowModuleId": f"{instance}/flow-module/m"}, then="bye"),
        build.say("bye"),
        arn=f"{instance}/contact-flow/f",
    )
    found = list(flow_log.entries(call_trace.run(FlowLibrary([main, module]), main, Script())))
    stacks = {entry["Identifier"]: entry.get("ModuleExecutionStack") for entry in found}
    assert stacks["inner"] == [f"{instance}/flow-module/m", f"{instance}/contact-flow/f"]
    assert (stacks["greet"], stacks["bye"]) == (None, None)
    (inner,) = [entry for entry in found if entry["Identifier"] == "inner"]
    assert (inner["ContactFlowId"], inner["ContactFlowName"]) == (f"{instance}/flow-module/m", "greeting")
    (greet,) = [entry for entry in found if entry["Identifier"] == "greet"]
    assert greet["Parameters"] == {}


def test_recording_is_logged_as_connect_does(build):
    behaviour = {"RecordedParticipants": [], "IVRRecordingBehavior": "Enabled"}
    flow = build.flow(
        build.action("log", "UpdateFlowLoggingBehavior", {"FlowLoggingBehavior": "Enabled"}, then="record"),
        build.action(
            "record", "UpdateContactRecordingBehavior", {"RecordingBehavior": behaviour}, then="bye"
        ),
        build.say("bye"),
    )
    found = list(flow_log.entries(call_trace.run(FlowLibrary([flow]), "main", Script())))
    (entry,) = [one for one in found if one["ContactFlowModuleType"] == "SetRecordingBehavior"]
    assert entry["Parameters"] == {
        "RecordingBehaviorOption": "Disable",
        "RecordingParticipantOption": "All",
        "IVRRecordingBehavior": "Enabled",
    }


@pytest.mark.parametrize(
    ("type", "parameters", "module"),
    [
        pytest.param("GetParticipantInput", {"StoreInput": "True"}, "StoreUserInput", id="stored input"),
        pytest.param(
            "CheckMetricData", {"MetricType": "NumberOfAgentsOnline"}, "CheckStaffing", id="staffing"
        ),
        pytest.param(
            "CheckMetricData", {"MetricType": "NumberOfContactsInQueue"}, "CheckQueueStatus", id="queue"
        ),
        pytest.param(
            "UpdateContactMediaStreamingBehavior",
            {"MediaStreamingState": "Disabled"},
            "StopMediaStreaming",
            id="stop",
        ),
        pytest.param("Loop", {}, "Loop", id="same name"),
    ],
)
def test_module_types(build, type, parameters, module):
    assert flow_log.module_type(build.action("a", type, parameters)) == module


def lines(found):
    return "\n".join(json.dumps(entry) for entry in found)


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lines, id="JSON lines"),
        pytest.param(lambda found: json.dumps(found), id="a list"),
        pytest.param(
            lambda found: json.dumps(
                {"events": [{"timestamp": 1, "message": json.dumps(one)} for one in found]}
            ),
            id="filter-log-events",
        ),
        pytest.param(
            lambda found: "\n".join(f"2026-01-01T00:00:00Z {json.dumps(one)}" for one in found),
            id="with a time before",
        ),
    ],
)
def test_a_log_that_was_written_is_read_and_followed(library, form):
    log = flow_log.read_log(form(entries(library)))
    found = replay(library, "main", log)
    assert found.divergence is None
    assert (found.followed, found.entries) == (9, 9)


@pytest.mark.parametrize("text", ["", "hello", "[]", '{"a": 1}'])
def test_a_file_that_is_not_a_flow_log_is_rejected(text):
    with pytest.raises(BusyhourError, match="has no entry of a contact flow"):
        flow_log.read_log(text, "x.log")


def test_a_broken_line_is_named():
    with pytest.raises(BusyhourError, match=r"x\.log:2:1: is not JSON"):
        flow_log.read_log('{"ContactFlowModuleType": "Loop"}\n{oops', "x.log")


def test_replay_reports_where_log_and_export_diverge(library):
    log = entries(library)
    log[6]["Identifier"] = "another"
    found = replay(library, "main", flow_log.read_log(lines(log)))
    assert found.divergence.after == "m"
    assert (found.divergence.entry.identifier, found.divergence.instead) == ("another", "hours")
    assert (found.followed, found.divergence.entry.line) == (5, 7)


def test_a_branch_missing_in_the_log_is_inferred_from_the_next_action(library):
    log = [entry for entry in entries(library) if entry.pop("Results", None) or True]
    assert replay(library, "main", flow_log.read_log(lines(log))).divergence is None


def test_only_the_first_contact_of_a_log_is_followed(library):
    log = entries(library)
    other = [{**entry, "ContactId": "other", "Identifier": "x"} for entry in log]
    mixed = [entry for pair in zip(log, other, strict=True) for entry in pair]
    assert replay(library, "main", flow_log.read_log(lines(mixed))).divergence is None


def test_a_key_with_a_different_target_in_the_export_is_a_divergence(library):
    log = entries(library)
    pressed = [entry for entry in log if entry["Identifier"] == "m"][-1]
    assert pressed["Results"] == "1"
    pressed["Results"] = "2"
    divergence = replay(library, "main", flow_log.read_log(lines(log))).divergence
    assert divergence is not None
    assert (divergence.after, divergence.entry.identifier, divergence.instead) == ("m", "hours", "bye")


@pytest.mark.parametrize("seconds", [1e300, float("inf"), float("nan")])
def test_a_call_that_outlasts_every_date_has_no_log(library, seconds):
    trace = call_trace.run(library, "main", Script(["silence", "1"], {"arn:f": [{"a": "A"}]}))
    for step in trace.steps:
        step.at, step.answers = seconds, []
    with pytest.raises(BusyhourError, match="which no date can express"):
        list(flow_log.entries(trace, everything=True))
