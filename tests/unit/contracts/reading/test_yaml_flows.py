"""Flows that a template writes as YAML are read, with CloudFormation's functions as placeholders."""

from __future__ import annotations

import pytest

from busyhour.contracts.check import Checker
from busyhour.contracts.finding import Severity
from busyhour.contracts.reading.sources import gather
from busyhour.flows.model import FlowType

TEMPLATE = """\
Resources:
  Main:
    Type: AWS::Connect::ContactFlow
    Properties:
      Name: main
      Type: CUSTOMER_WHISPER
      Content:
        Fn::ToJsonString:
          Version: 2019-10-30
          StartAction: greet
          Actions:
            - Identifier: greet
              Type: MessageParticipant
              Parameters:
                Text: !Sub "Hello from ${Company}"
                SkipWhenDTMFBufferEnabled: 'false'
              Transitions: {NextAction: end}
            - Identifier: end
              Type: EndFlowExecution
              Parameters: {}
              Transitions: {}
"""


def check(tmp_path, text, name="main.yaml"):
    """The report on a file with this text."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    return Checker().check(gather([str(tmp_path / name)]))


@pytest.mark.parametrize(
    "content",
    ["Fn::ToJsonString:", "!ToJsonString"],
    ids=["long", "short"],
)
def test_a_flow_in_yaml_is_read(tmp_path, content):
    report = check(tmp_path, TEMPLATE.replace("Fn::ToJsonString:", content))
    assert [(file.flow, file.type, file.actions) for file in report.files] == [
        ("main", FlowType.CUSTOMER_WHISPER, 2)
    ]
    assert not report.at_least(Severity.ERROR)


def test_findings_have_their_position_in_the_template(tmp_path):
    text = TEMPLATE.replace("NextAction: end", "NextAction: gone")
    (found,) = [one for one in check(tmp_path, text).findings if one.severity == "error"]
    assert found.rule == "dangling-target"
    assert text.splitlines()[found.line - 1][found.column - 1 :] == "gone}"


@pytest.mark.parametrize("value", ["false", "8", "yes"])
def test_a_value_without_the_quotes_that_connect_wants_is_found(tmp_path, value):
    report = check(tmp_path, TEMPLATE.replace("'false'", value))
    assert [one.rule for one in report.at_least(Severity.ERROR)] == ["string-scalar"]


@pytest.mark.parametrize(("written", "value"), [(".inf", ".inf"), ("2019-10-30", "2019-10-30"), ("~", None)])
def test_a_number_that_json_lacks_stays_text(tmp_path, written, value):
    text = TEMPLATE.replace("'false'", written)
    (source,) = gather([str(_written(tmp_path, text))]).sources
    assert source.document.data["Actions"][0]["Parameters"]["SkipWhenDTMFBufferEnabled"] == value


def test_a_reference_is_a_placeholder(tmp_path):
    text = TEMPLATE.replace('!Sub "Hello from ${Company}"', "!GetAtt Company.Name")
    (source,) = gather([str(_written(tmp_path, text))]).sources
    assert source.document.data["Actions"][0]["Parameters"]["Text"] == "${Company.Name}"


def test_a_duplicate_key_is_found(tmp_path):
    text = TEMPLATE.replace("StartAction: greet", "StartAction: greet\n          StartAction: greet")
    assert "duplicate-key" in {one.rule for one in check(tmp_path, text).findings}


def test_flows_as_text_and_as_yaml_in_one_file_are_read_once_each(tmp_path):
    block = '  Other:\n    Type: AWS::Connect::ContactFlow\n    Properties:\n      Name: other\n      Content: |\n        {"Version": "2019-10-30", "StartAction": "a",\n         "Actions": [{"Identifier": "a", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}\n'
    assert sorted(file.flow for file in check(tmp_path, TEMPLATE + block).files) == ["main", "other"]


@pytest.mark.parametrize(
    "broken",
    [
        TEMPLATE.replace("Parameters: {}", "Parameters: {"),
        TEMPLATE + "\t- {",
        TEMPLATE.replace("Parameters: {}", "Parameters: &a [*a]"),
        TEMPLATE.replace("Parameters: {}", "Parameters: " + "[" * 150 + "]" * 150),
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        )
        + TEMPLATE,
    ],
    ids=["bracket", "tab", "in itself", "deep", "many"],
)
def test_unreadable_yaml_is_reported(tmp_path, broken):
    report = check(tmp_path, broken)
    assert [(one.rule, "YAML around the flow" in one.message) for one in report.findings] == [
        ("not-json", True)
    ]


def _written(tmp_path, text):
    path = tmp_path / "main.yaml"
    path.write_text(text, encoding="utf-8")
    return path
