"""Documents read as flows."""

import json
from pathlib import Path

import pytest

from busyhour.flows.export.document import load, parse
from busyhour.flows.export.reader import FlowError, read
from busyhour.flows.model import FlowFormat, FlowType


def flow_text(*actions, **top):
    return json.dumps({"Version": "2019-10-30", "StartAction": "a", "Actions": list(actions), **top})


END = {"Identifier": "a", "Type": "DisconnectParticipant"}


def test_every_real_export_is_read(corpus):
    flows = [read(load(path)) for path in corpus]
    assert len(flows) == len(corpus)
    assert all(flow.actions for flow in flows)


def test_actions_keep_their_transitions():
    flow = read(
        parse(
            flow_text(
                {
                    "Identifier": "a",
                    "Type": "Compare",
                    "Parameters": {"ComparisonValue": "$.Channel"},
                    "Transitions": {
                        "NextAction": "b",
                        "Conditions": [
                            {"NextAction": "c", "Condition": {"Operator": "Equals", "Operands": ["VOICE"]}},
                            {"NextAction": "d", "Condition": {"Operator": "Equals", "Operands": ["CHAT"]}},
                        ],
                        "Errors": [{"NextAction": "b", "ErrorType": "NoMatchingCondition"}],
                    },
                }
            )
        )
    )
    (action,) = flow.actions
    assert [(one.operator, one.operands, one.target) for one in action.conditions] == [
        ("Equals", ("VOICE",), "c"),
        ("Equals", ("CHAT",), "d"),
    ]
    assert action.error_target("NoMatchingCondition") == "b"
    assert list(action.targets()) == ["c", "d", "b", "b"]


@pytest.mark.parametrize(
    "action",
    [
        pytest.param({}, id="neither Parameters nor Transitions"),
        pytest.param({"Parameters": None, "Transitions": None}, id="null for both"),
        pytest.param(
            {"Transitions": {"NextAction": "", "Errors": [{"NextAction": ""}]}}, id="unconnected draft"
        ),
    ],
)
def test_parts_missing_in_real_exports_are_tolerated(action):
    flow = read(parse(flow_text({"Identifier": "a", "Type": "TransferContactToQueue", **action})))
    assert flow.actions[0].parameters == {}


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        pytest.param({}, None, id="not said"),
        pytest.param({"Metadata": {"type": "customerQueue"}}, FlowType.CUSTOMER_QUEUE, id="metadata"),
        pytest.param({"Settings": {}}, FlowType.MODULE, id="settings"),
    ],
)
def test_the_type_is_read_from_the_export(top, expected):
    assert read(parse(flow_text(END, **top))).type == expected


def test_a_module_is_recognised_by_its_end_action():
    assert (
        read(parse(flow_text({"Identifier": "a", "Type": "EndFlowModuleExecution"}))).type is FlowType.MODULE
    )


def test_arguments_override_name_and_type_of_the_export():
    flow = read(
        parse(flow_text(END, Metadata={"name": "x", "type": "agentHold"})), name="y", type=FlowType.CAMPAIGN
    )
    assert (flow.name, flow.type) == ("y", FlowType.CAMPAIGN)


def test_a_describe_response_gives_name_type_and_arn():
    wrapped = {
        "ContactFlow": {"Name": "Main", "Type": "AGENT_WHISPER", "Arn": "arn:x", "Content": flow_text(END)}
    }
    flow = read(parse(json.dumps(wrapped)))
    assert (flow.name, flow.type, flow.arn) == ("Main", FlowType.AGENT_WHISPER, "arn:x")


def test_without_a_name_the_files_stem_is_used():
    assert read(parse(flow_text(END), Path("flows/after hours.json"))).name == "after hours"


def test_the_old_export_is_read_as_its_conversion():
    old = {
        "modules": [{"id": "a", "type": "Disconnect"}],
        "start": "a",
        "type": "agentWhisper",
        "version": "1",
    }
    flow = read(parse(json.dumps(old)))
    assert (flow.format, flow.type) == (FlowFormat.LEGACY, FlowType.AGENT_WHISPER)
    assert flow.actions[0].type == "DisconnectParticipant"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[]", "f.json:1:1: is not a contact flow: it is a list, not an object", id="a list"),
        pytest.param(
            '{"actions": []}',
            "f.json:1:1: is not a contact flow: it has no \"Actions\". Did you mean 'Actions'?",
            id="wrong key",
        ),
        pytest.param(
            '{"Actions":\n {}}', 'f.json:2:2: "Actions" is an object, not a list', id="actions no list"
        ),
        pytest.param(
            '{"Actions":\n [7]}', "f.json:2:3: action 0 is a number, not an object", id="action no object"
        ),
        pytest.param('{"Actions": [\n{}]}', 'f.json:2:1: action 0 has no "Identifier"', id="no identifier"),
        pytest.param(
            '{"Actions": [{\n"Identifier": 1}]}',
            'f.json:2:15: action 0 has a number for "Identifier"',
            id="identifier no string",
        ),
        pytest.param(
            '{"Actions": [\n{"Identifier": "a"}]}', "f.json:2:1: action 'a' has no \"Type\"", id="no type"
        ),
        pytest.param(
            '{"modules": [\n{"type": "Loop"}]}', "f.json:2:1: module 0 has no 'id'", id="old export, no id"
        ),
        pytest.param(
            '{"modules": 7}',
            "f.json:1:1: is not a legacy export: it has no list of modules",
            id="modules 7",
        ),
    ],
)
def test_a_document_that_is_not_a_flow_is_rejected_with_its_position(text, message):
    with pytest.raises(FlowError) as error:
        read(parse(text, Path("f.json")))
    assert error.value.message == message


@pytest.mark.parametrize(
    "around",
    [lambda flow: {"Content": flow}, lambda flow: {"main": json.loads(flow)}],
    ids=["text", "object"],
)
def test_an_embedded_flow_is_rejected_with_a_hint(around):
    with pytest.raises(FlowError) as raised:
        read(parse(json.dumps(around(flow_text(END)))))
    assert "embedded flow" in raised.value.hint


@pytest.mark.parametrize("broken", [{"StartAction": "a"}, {"name": "none"}, []])
def test_a_document_without_an_embedded_flow_gets_no_such_hint(broken):
    with pytest.raises(FlowError) as raised:
        read(parse(json.dumps(broken)))
    assert "embedded flow" not in raised.value.hint


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"Resources": {"Main": {"Type": "AWS::Connect::ContactFlow"}}}, "a CloudFormation template"),
        ({"resource": {"aws_connect_contact_flow": {}}}, "Terraform"),
        ({"terraform_version": "1.9.0", "resources": []}, "Terraform"),
        ({"ContactFlowSummaryList": [{"Name": "main"}]}, "a list of flows without their content"),
    ],
)
def test_a_json_document_of_another_kind_is_named_by_its_kind(data, kind):
    with pytest.raises(FlowError, match=f"is {kind}, not a contact flow"):
        read(parse(json.dumps(data)))
