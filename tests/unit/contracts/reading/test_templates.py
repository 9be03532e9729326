"""Flows inside CloudFormation and Terraform files: found, named, typed, and every finding in its place there."""

import json
from pathlib import Path

import pytest

from busyhour.contracts.check import Checker
from busyhour.contracts.reading.sources import gather
from busyhour.contracts.reading.templates import open_template
from busyhour.errors import BusyhourError
from busyhour.flows.model import FlowType

FLOW = {
    "Version": "2019-10-30",
    "StartAction": "Greet",
    "Metadata": {"entryPointPosition": {"x": 0, "y": 0}, "ActionMetadata": {}},
    "Actions": [
        {
            "Identifier": "Greet",
            "Type": "MessageParticipant",
            "Parameters": {"Text": 'Say "hello", it\'s ${Company}'},
            "Transitions": {"NextAction": "Hang up", "Errors": [], "Conditions": []},
        },
        {
            "Identifier": "Hang up",
            "Type": "DisconnectParticipant",
            "Parameters": {},
            "Transitions": {"NextAction": "MARK"},
        },
    ],
}
TEXT = json.dumps(FLOW, indent=2)
LINE = json.dumps(FLOW)


def indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())


CLOUDFORMATION = """\
Resources:
  Other:
    Type: AWS::S3::Bucket
  Main:
    Type: AWS::Connect::ContactFlow
    Properties:
      Name: !Sub "${Stage}-main"
      Type: CONTACT_FLOW
      Content: %s
      InstanceArn: !Ref Instance
"""
BLOCK = CLOUDFORMATION % ("!Sub |\n" + indented(TEXT, 8))
QUOTED = CLOUDFORMATION % json.dumps(LINE)
SINGLE = CLOUDFORMATION % ("'" + LINE.replace("'", "''") + "'")
TERRAFORM = """\
resource "aws_connect_queue" "sales" {
  name = "sales"
}

resource "aws_connect_contact_flow" "main" {
  instance_id = var.instance
  name        = "Main"
  type        = "CONTACT_FLOW"
  content     = %s
}

resource "aws_connect_queue" "other" {
  name = "other"
}
"""
HEREDOC = TERRAFORM % ("<<-EOT\n" + indented(TEXT, 4) + "\n  EOT")
ESCAPED = TERRAFORM % json.dumps(LINE)
ENCODED = (
    TERRAFORM
    % """jsonencode({
    Version     = "2019-10-30" # the only one
    StartAction = "Greet"
    Metadata    = { entryPointPosition = { x = 0, y = 0 } }
    Actions = [
      {
        Identifier = "Greet"
        Type       = "MessageParticipant"
        Parameters = { "Text" : "Call ${lookup(var.names, "main")} or ${upper("x")}" }
        Transitions = { NextAction = "Hang up", Errors = [], Conditions = [] }
      },
      /* the end */
      {
        Identifier  = "Hang up",
        Type        = "DisconnectParticipant",
        Parameters  = {},
        Transitions = { NextAction = "MARK" }
      }
    ]
  })"""
)
JSON = json.dumps(
    {
        "Resources": {
            "Main": {
                "Type": "AWS::Connect::ContactFlow",
                "Properties": {"Name": "Main", "Type": "CONTACT_FLOW", "Content": LINE},
            }
        }
    },
    indent=1,
)
SUB = JSON.replace(json.dumps(LINE), json.dumps({"Fn::Sub": LINE}))
half = LINE.index("MARK")
JOIN = JSON.replace(json.dumps(LINE), json.dumps({"Fn::Join": ["", [LINE[: half - 40], LINE[half - 40 :]]]}))

QUOTED_KEYS = TERRAFORM % (
    "jsonencode(" + indented(TEXT.replace('"Say ', 'var.greeting, # "'), 4).lstrip() + ")"
)
JSON_ENCODED = TERRAFORM % f"jsonencode({TEXT})"
PIECES = (LINE[: half - 40], LINE[half - 40 :])


def single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


JOINED = {
    "in-brackets": "!Join ['', [" + ", ".join(map(single, PIECES)) + "]]",
    "in-double-quotes": '!Join ["", [' + ", ".join(map(json.dumps, PIECES)) + "]]",
    "over-lines": "!Join\n        - ''\n        - - " + "\n          - ".join(map(single, PIECES)),
    "as-blocks": "!Join\n        - ''\n        - - |\n"
    + "\n          - |\n".join(indented(one, 14) for one in PIECES),
    "by-lines": '!Join\n        - "\\n"\n        - - '
    + "\n          - ".join(map(single, TEXT.splitlines())),
    "long-form": "\n        Fn::Join:\n          - ''\n          - [" + ", ".join(map(single, PIECES)) + "]",
    "of-subs": "!Join ['', [!Sub " + ", !Sub ".join(map(single, PIECES)) + "]]",
}

TEMPLATES = {
    **{f"join-{name}.yaml": CLOUDFORMATION % text for name, text in JOINED.items()},
    "block.yaml": BLOCK,
    "quoted.yml": QUOTED,
    "single.template": SINGLE,
    "heredoc.tf": HEREDOC,
    "escaped.tf": ESCAPED,
    "encoded.tf": ENCODED,
    "quoted-keys.tf": QUOTED_KEYS,
    "json-encoded.tf": JSON_ENCODED,
    "plain.json": JSON,
    "sub.json": SUB,
    "join.json": JOIN,
}


def check(tmp_path: Path, name: str, text: str):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return Checker().check(gather([str(path)]))


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_flow_is_found_with_its_name_and_type(tmp_path, name):
    (file,) = check(tmp_path, name, TEMPLATES[name]).files
    assert file.actions == 2
    assert file.type is FlowType.CONTACT_FLOW
    assert file.flow in ("Main", "${Stage}-main")


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_finding_has_the_position_of_its_text_in_the_file(tmp_path, name):
    text = TEMPLATES[name]
    report = check(tmp_path, name, text)
    (finding,) = [one for one in report.findings if one.rule == "dangling-target"]
    line = text.splitlines()[finding.line - 1]
    at = line.index("MARK")
    # The value begins at its quote, which some templates escape.
    assert line[finding.column - 1 : at].strip('\\"') == ""
    assert at - 3 <= finding.column - 1 < at


@pytest.mark.parametrize(
    "filled_in",
    ["!GetAtt Queue.Arn", "!Ref QueueArn", '{"Fn::GetAtt": [Queue, Arn]}', "!ImportValue 'q, [1]'"],
)
@pytest.mark.parametrize("brackets", [True, False])
def test_functions_between_the_joined_parts_are_placeholders(tmp_path, filled_in, brackets):
    flow = json.loads(LINE)
    flow["Actions"][0] = {
        "Identifier": "Greet",
        "Type": "UpdateContactTargetQueue",
        "Parameters": {"QueueId": "HERE"},
        "Transitions": {
            "NextAction": "Hang up",
            "Errors": [{"NextAction": "Hang up", "ErrorType": "NoMatchingError"}],
        },
    }
    before, after = json.dumps(flow).split("HERE")
    parts = (single(before), filled_in, single(after))
    written = (
        f"!Join ['', [{', '.join(parts)}]]"
        if brackets
        else "!Join\n        - ''\n        - - " + "\n          - ".join(parts)
    )
    report = check(tmp_path, "main.yaml", CLOUDFORMATION % written)
    assert {one.rule for one in report.findings}.isdisjoint({"not-json", "parameter-value", "empty-value"})
    (source,) = gather([str(tmp_path / "main.yaml")]).sources
    assert source.document.data["Actions"][0]["Parameters"]["QueueId"].startswith("${")


def test_two_flows_in_one_file_are_two_flows(tmp_path):
    other = (
        BLOCK.replace("  Main:", "  Second:").replace("${Stage}-main", "second").replace("Resources:\n", "")
    )
    report = check(tmp_path, "two.yaml", BLOCK + other)
    assert [file.flow for file in report.files] == ["${Stage}-main", "second"]


def test_a_module_resource_gives_a_module(tmp_path):
    report = check(
        tmp_path, "m.tf", HEREDOC.replace("aws_connect_contact_flow", "aws_connect_contact_flow_module")
    )
    assert report.files[0].type is FlowType.MODULE


def test_a_placeholder_for_a_number_does_not_stop_the_reading(tmp_path):
    text = HEREDOC.replace('"Text": ', '"Wait": ${var.seconds}, "Text": ')
    assert check(tmp_path, "n.tf", text).files[0].actions == 2


def test_quotes_inside_a_placeholder_do_not_end_the_string(tmp_path):
    text = HEREDOC.replace("${Company}", '${var.names["main"]}')
    assert check(tmp_path, "q.tf", text).files[0].actions == 2


def test_invalid_json_content_is_reported_at_its_position(tmp_path):
    text = BLOCK.replace('"Type": "MessageParticipant",', '"Type": "MessageParticipant"')
    report = check(tmp_path, "broken.yaml", text)
    (finding,) = [one for one in report.findings if one.rule == "not-json"]
    assert "the content of the flow is not JSON" in finding.message
    assert text.splitlines()[finding.line - 1].strip() == '"Parameters": {'


def test_files_without_a_flow_are_skipped_in_a_folder(tmp_path):
    (tmp_path / "docker.yaml").write_text("services: {}\n")
    (tmp_path / "main.tf").write_text(HEREDOC)
    gathered = gather([str(tmp_path)])
    assert [Path(one.label).name for one in gathered.sources] == ["main.tf"]
    assert [Path(one).name for one in gathered.skipped] == ["docker.yaml"]


def test_a_named_file_without_a_flow_is_an_error(tmp_path):
    path = tmp_path / "docker.yaml"
    path.write_text("services: {}\n")
    with pytest.raises(BusyhourError, match="no flows found"):
        gather([str(path)])


@pytest.mark.parametrize("cut", range(0, len(ENCODED), 37))
def test_a_truncated_template_does_not_crash(tmp_path, cut):
    for name in ("encoded.tf", "block.yaml", "quoted.yml", "join-in-brackets.yaml", "join-as-blocks.yaml"):
        path = tmp_path / name
        path.write_text(TEMPLATES[name][:cut], encoding="utf-8")
        Checker().check(
            gather([str(path), str(Path(__file__).parents[4] / "examples/helpdesk/flows/helpdesk-main.json")])
        )


@pytest.mark.parametrize(
    "literal",
    [
        '{ "Version": "2019-10-30", "Actions": [ }',
        '{ "StartAction": "a", "Actions": [ ) ] }',
        '{ "StartAction": "a", "Actions": [ , ] }',
        '{ "StartAction": "a", "Actions": = }',
        "{ StartAction = ], Actions = [] }",
        "{ Actions = [[[ }",
    ],
)
def test_a_literal_of_terraform_without_a_value_ends_the_reading(tmp_path, literal):
    path = tmp_path / "main.tf"
    path.write_text(f"content = jsonencode({literal})\n", encoding="utf-8")
    found = open_template(path, "main.tf")
    assert all(one.document is None for one in found)
    assert [str(one.unreadable).split(":")[0] for one in found] == [str(path)]
    assert all("main.tf:1:" in str(one.unreadable) for one in found)


@pytest.mark.parametrize(
    "template",
    [
        'content = jsonencode({ StartAction = "a\\ud800", Actions = [] })\n',
        'content = <<EOT\n{"Version": "2019-10-30", "StartAction": "\\ud800", "Actions": []}\nEOT\n',
        f'content = <<EOT\n{{"Version": {"9" * 5000}, "StartAction": "", "Actions": []}}\nEOT\n',
    ],
)
def test_half_a_character_and_an_endless_number_are_findings(tmp_path, template):
    path = tmp_path / "main.tf"
    path.write_text(template, encoding="utf-8")
    report = Checker().check(gather([str(path)]))
    assert report.findings
    "".join(finding.message for finding in report.findings).encode()
