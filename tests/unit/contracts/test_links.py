"""Flows that refer to each other through templates, files and the names that exports carry."""

import json

import pytest

from busyhour.contracts.check import Checker
from busyhour.contracts.flow_view import Project
from busyhour.contracts.reading.sources import gather
from busyhour.flows.model import FlowType


def content(target: str | None = None, layout: dict | None = None, type: str | None = None) -> dict:
    end = {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
    errors = [{"ErrorType": "NoMatchingError", "NextAction": "end"}]
    go = {
        "Identifier": "go",
        "Type": "TransferToFlow",
        "Parameters": {"ContactFlowId": target},
        "Transitions": {"NextAction": "end", "Errors": errors},
    }
    metadata = {"ActionMetadata": {"go": layout or {}}, **({"type": type} if type else {})}
    actions = [go, end] if target else [end]
    return {
        "Version": "2019-10-30",
        "StartAction": actions[0]["Identifier"],
        "Metadata": metadata,
        "Actions": actions,
    }


def linked(*paths) -> list[tuple[str, str]]:
    checker = Checker()
    views = [checker.subject(source) for source in gather([str(one) for one in paths]).sources]
    return [(one.source.name, target.name) for one, target in Project(views).flow_set.resolved]


@pytest.mark.parametrize(
    "reference",
    [
        "aws_connect_contact_flow.second.arn",
        "aws_connect_contact_flow.second.contact_flow_id",
        'var.flows["Second flow"]',
    ],
)
def test_expressions_of_terraform_link_flows(tmp_path, reference):
    text = json.dumps(content("HERE")).replace('"HERE"', reference)
    (tmp_path / "main.tf").write_text(
        f'resource "aws_connect_contact_flow" "first" {{\n  name = "First"\n  content = jsonencode({text})\n}}\n'
        'resource "aws_connect_contact_flow" "second" {\n  name = "Second flow"\n'
        f"  content = jsonencode({json.dumps(content())})\n}}\n"
    )
    assert linked(tmp_path) == [("First", "Second flow")]


@pytest.mark.parametrize(
    "how", ['file("${path.module}/flows/second.json")', 'templatefile("flows/second.json", {})']
)
def test_files_that_terraform_declares_have_its_name_type_and_address(tmp_path, how):
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/first.json").write_text(json.dumps(content("${aws_connect_contact_flow.second.arn}")))
    (tmp_path / "flows/second.json").write_text(json.dumps(content()))
    (tmp_path / "main.tf").write_text(
        'resource "aws_connect_contact_flow" "second" {\n  name = "Second"\n  type = "CUSTOMER_WHISPER"\n'
        f"  content = {how}\n}}\n"
    )
    assert linked(tmp_path) == [("first", "Second")]
    report = Checker().check(gather([str(tmp_path)]))
    assert {one.flow: one.type for one in report.files} == {
        "first": None,
        "Second": FlowType.CUSTOMER_WHISPER,
    }
    assert ("flow-type", "Second") in {(one.rule, one.flow) for one in report.findings}


@pytest.mark.parametrize(
    "reference", [{"Fn::GetAtt": ["Second", "ContactFlowArn"]}, {"Ref": "Second"}], ids=["get-att", "ref"]
)
def test_functions_of_cloudformation_link_flows(tmp_path, reference):
    def resource(name: str, flow: dict) -> dict:
        parts = json.dumps(flow).split('"HERE"')
        joined = (
            parts[0] if len(parts) == 1 else {"Fn::Join": ["", [parts[0] + '"', reference, '"' + parts[1]]]}
        )
        return {
            "Type": "AWS::Connect::ContactFlow",
            "Properties": {"Name": name, "Type": "CONTACT_FLOW", "Content": joined},
        }

    template = {
        "Resources": {"First": resource("one", content("HERE")), "Second": resource("two", content())}
    }
    (tmp_path / "template.json").write_text(json.dumps(template))
    assert linked(tmp_path / "template.json") == [("one", "two")]


@pytest.mark.parametrize("place", ["${Second.ContactFlowArn}", "${Second}"])
def test_yaml_of_cloudformation_links_flows(tmp_path, place):
    lines = ["Resources:"]
    for name, flow in (("First", content(place)), ("Second", content())):
        lines += [f"  {name}:", "    Type: AWS::Connect::ContactFlow", "    Properties:"]
        lines += [
            f"      Name: {name.lower()}",
            "      Type: CONTACT_FLOW",
            f"      Content: !Sub '{json.dumps(flow)}'",
        ]
    (tmp_path / "template.yaml").write_text("\n".join(lines) + "\n")
    assert linked(tmp_path / "template.yaml") == [("first", "second")]


def test_the_name_in_an_export_links_where_the_named_flow_has_no_id_of_its_own(tmp_path):
    arn = "arn:aws:connect:us-east-1:111122223333:instance/5cafc98e-41d0-4b9b-8d3a-8b1a0b6d6f01/contact-flow/"
    id = "0f6b2c1e-7d5a-4c39-9a56-2f4d1b7e8c90"
    layout = {"ContactFlow": {"id": arn + id, "text": "Second"}}
    (tmp_path / "First.json").write_text(json.dumps(content(arn + id, layout)))
    (tmp_path / "Second.json").write_text(json.dumps(content()))
    other = {"ContactFlow": {"Name": "Other", "Id": "1" + id[1:], "Content": json.dumps(content())}}
    (tmp_path / "Other.json").write_text(json.dumps(other))
    assert linked(tmp_path) == [("First", "Second")]
    named = {"ContactFlow": {"Name": "Second", "Id": "2" + id[1:], "Content": json.dumps(content())}}
    (tmp_path / "Second.json").write_text(json.dumps(named))
    assert linked(tmp_path) == []


@pytest.mark.parametrize(
    ("folder", "type"),
    [
        ("customer_whispers", FlowType.CUSTOMER_WHISPER),
        ("CUSTOMER_QUEUE", FlowType.CUSTOMER_QUEUE),
        ("agent-hold", FlowType.AGENT_HOLD),
        ("flow_modules", FlowType.MODULE),
        ("flows", None),
        ("contact_flows", None),
    ],
)
def test_the_folder_gives_the_type_where_the_export_does_not(tmp_path, folder, type):
    (tmp_path / folder).mkdir()
    path = tmp_path / folder / "one.json"
    path.write_text(json.dumps(content()))
    (source,) = gather([str(path)]).sources
    assert Checker().subject(source).flow_type is type
    path.write_text(json.dumps(content(type="agentWhisper")))
    (source,) = gather([str(path)]).sources
    assert Checker().subject(source).flow_type is FlowType.AGENT_WHISPER
