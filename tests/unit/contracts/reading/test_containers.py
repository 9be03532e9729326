"""Flows inside other documents are found, placed where they stand, and named by what the document says of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from busyhour.contracts.check import Checker
from busyhour.contracts.finding import Severity
from busyhour.contracts.reading.containers import flow_values, placeholder, plain
from busyhour.contracts.reading.sources import gather
from busyhour.flows.model import FlowType

GREETING = {
    "Version": "2019-10-30",
    "StartAction": "greet",
    "Actions": [
        {
            "Identifier": "greet",
            "Type": "MessageParticipant",
            "Parameters": {"Text": "Hello"},
            "Transitions": {"NextAction": "end", "Errors": [], "Conditions": []},
        },
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ],
}
BROKEN = json.loads(json.dumps(GREETING).replace("MessageParticipant", "MessageParticipants"))


def resource(content, kind="AWS::Connect::ContactFlow"):
    """A template with one flow, named Main."""
    return {
        "Resources": {"Main": {"Type": kind, "Properties": {"Type": "QUEUE_TRANSFER", "Content": content}}}
    }


WRAPPERS = {
    "content that is an object": resource,
    "ToJsonString": lambda flow: resource({"Fn::ToJsonString": flow}),
    "Sub": lambda flow: resource({"Fn::Sub": json.dumps(flow)}),
    "Join": lambda flow: resource({"Fn::Join": ["", [json.dumps(flow)[:40], json.dumps(flow)[40:]]]}),
    "input of the AWS CLI": lambda flow: {"InstanceId": "1", "Name": "Main", "Content": json.dumps(flow)},
    "a list of exports": lambda flow: [{"name": "main"}, flow],
    "exports by name": lambda flow: {"main": flow},
    "Terraform's state": lambda flow: {
        "resources": [
            {
                "type": "aws_connect_contact_flow",
                "instances": [{"attributes": {"name": "Main", "content": json.dumps(flow)}}],
            }
        ]
    },
}


def check(tmp_path: Path, document, name="wrapped.json"):
    """The report on a file that holds the document."""
    path = tmp_path / name
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return Checker().check(gather([str(path)]))


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_a_flow_is_found_anywhere_in_a_document(tmp_path, wrap):
    report = check(tmp_path, wrap(GREETING))
    assert [file.actions for file in report.files] == [2]
    assert not report.at_least(Severity.ERROR)


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_findings_in_a_wrapped_flow_have_their_position_in_the_file(tmp_path, wrap):
    document = wrap(BROKEN)
    (found,) = [one for one in check(tmp_path, document).findings if one.severity == "error"]
    assert found.rule == "unknown-type"
    line = json.dumps(document, indent=1).splitlines()[found.line - 1]
    assert "MessageParticipants" in line[found.column - 1 :]


def test_name_and_type_come_from_the_document(tmp_path):
    report = check(tmp_path, resource({"Fn::ToJsonString": GREETING}))
    assert [(file.flow, file.type) for file in report.files] == [("Main", FlowType.QUEUE_TRANSFER)]


@pytest.mark.parametrize("kind", ["AWS::Connect::ContactFlowModule", "aws_connect_contact_flow_module"])
def test_a_module_resource_contains_a_module(tmp_path, kind):
    assert check(tmp_path, resource(GREETING, kind)).files[0].type is FlowType.MODULE


def test_functions_of_a_template_are_placeholders():
    value = {
        "QueueId": {"Fn::GetAtt": ["Queue", "Arn"]},
        "Text": [{"Fn::Sub": "Hi ${Name}"}, {"Ref": "Stage"}],
    }
    assert plain(value) == {"QueueId": "${Queue.Arn}", "Text": ["Hi ${Name}", "${Stage}"]}


def test_a_function_without_names_is_a_placeholder():
    assert placeholder("Fn::If", [{"Ref": "A"}]) == "${Fn::If}"


def test_a_reference_to_a_resource_is_tolerated_where_an_id_belongs(tmp_path):
    flow = json.loads(json.dumps(GREETING))
    flow["Actions"][0] |= {
        "Type": "UpdateContactTargetQueue",
        "Parameters": {"QueueId": {"Fn::GetAtt": ["Queue", "QueueArn"]}},
    }
    flow["Actions"][0]["Transitions"]["Errors"] = [{"NextAction": "end", "ErrorType": "NoMatchingError"}]
    assert not check(tmp_path, resource({"Fn::ToJsonString": flow})).at_least(Severity.ERROR)


def test_unreadable_content_is_reported(tmp_path):
    half = json.dumps(GREETING)[:-30]
    (found,) = check(tmp_path, resource(half)).findings
    assert (found.rule, "the content of the flow is not JSON" in found.message) == ("not-json", True)


def test_a_document_without_a_flow_gives_none(tmp_path):
    report = check(tmp_path, {"Resources": {}, "about": "StartAction"})
    assert {one.rule for one in report.findings} == {"not-a-flow"}


@pytest.mark.parametrize("wrap", [json.dumps, lambda flow: [flow]], ids=["string", "list"])
def test_a_flow_that_is_wrapped_once_too_often_is_a_broken_export(tmp_path, wrap):
    assert {one.rule for one in check(tmp_path, wrap(GREETING)).findings} == {"not-a-flow"}


def test_a_flow_is_not_searched_for_others():
    (one,) = flow_values({"flow": GREETING | {"Metadata": {"before": GREETING}}})
    assert one.pointer == ("flow",)


EXAMPLES = Path(__file__).parents[4] / "contract_tests" / "examples"
PLACE_OR_TYPE = {"content-too-long", "duplicate-key", "flow-type", "logging-off", "not-a-flow", "not-json"}
"""Rules that look at the file itself, or that want to know the flow's type, which a template says otherwise."""


def findings(path: Path) -> set[tuple[str, str | None, str]]:
    """What is found in a file, without the places."""
    report = Checker().check(gather([str(path)]))
    return {(one.rule, one.action, one.message) for one in report.findings if one.rule not in PLACE_OR_TYPE}


@pytest.mark.parametrize("name", ["wrapped.json", "wrapped.yaml"])
def test_findings_are_the_same_in_every_kind_of_container(tmp_path, name):
    compared = 0
    for path in sorted(EXAMPLES.glob("*/broken/*.json")):
        try:
            flow = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        if not (isinstance(flow, dict) and "StartAction" in flow and isinstance(flow.get("Actions"), list)):
            continue
        wrapped = {"Resources": {"Main": {"Properties": {"Content": {"Fn::ToJsonString": flow}}}}}
        written = json.dumps(wrapped) if name.endswith("json") else yaml.safe_dump(wrapped, sort_keys=False)
        (tmp_path / name).write_text(written, encoding="utf-8")
        assert findings(tmp_path / name) == findings(path), path
        compared += 1
    assert compared > 50


def test_a_flow_that_is_wrapped_once_more_inside_a_describe_response_is_a_broken_export(tmp_path):
    path = tmp_path / "flow.json"
    path.write_text(json.dumps({"ContactFlow": {"Content": {"Content": json.dumps(GREETING)}}}), "utf-8")
    (source,) = gather([str(path)]).sources
    assert Checker().check(gather([str(path)])).findings
    assert source.label == str(path)
