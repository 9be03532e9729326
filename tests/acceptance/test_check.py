"""`busyhour check` as a terminal sees it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from busyhour.cli.check import command
from busyhour.errors import BusyhourError

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "contract_tests/examples/version/kept/small-flow.json"
SCHEMA = json.loads((ROOT / "contract_tests/findings.schema.json").read_text())


def check(*arguments, stdin=None):
    return CliRunner().invoke(command, [str(one) for one in arguments], input=stdin, catch_exceptions=False)


@pytest.fixture
def flow():
    return json.loads(SMALL.read_text())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_good_flow_exits_0_and_says_so(folder):
    result = check(SMALL)
    assert result.exit_code == 0
    assert result.output == "1 flow: no errors, no warnings, no notes\n"


def test_an_error_is_one_line_that_an_editor_jumps_to_and_a_way_out(folder, flow):
    flow["Actions"][3]["Transitions"]["Errors"][0]["ErrorType"] = "NoMatchingError"
    Path("menu.json").write_text(json.dumps(flow, indent=2))
    result = check("menu.json")
    assert result.exit_code == 1
    text = Path("menu.json").read_text().splitlines()
    after = next(number for number, line in enumerate(text) if '"ComparisonValue"' in line)
    line = next(number for number, one in enumerate(text, 1) if number > after and '"NoMatchingError"' in one)
    column = text[line - 1].index('"NoMatchingError"') + 1
    lines = result.output.splitlines()
    assert (
        f"menu.json:{line}:{column}: error disallowed-error Compare takes only NoMatchingCondition; NoMatchingError at "
        "Actions[3].Transitions.Errors[0] is rejected on publish. Did you mean 'NoMatchingCondition'? [Check]"
        in lines
    )
    assert "    help: Remove the branch, or use an error type of this action." in lines
    assert lines[-1] == "1 flow: 2 errors, no warnings, no notes"


def test_positions_hold_in_an_export_of_one_line(folder, flow):
    flow["Actions"][0]["Type"] = "PlayPrompt"
    text = json.dumps(flow)
    Path("one-line").write_text(text)
    column = text.index('"PlayPrompt"') + 1
    assert f"one-line:1:{column}: error unknown-type" in check("one-line").output


@pytest.mark.parametrize(
    ("severity", "code"), [("error", 0), ("warning", 0), ("note", 1)], ids=["errors", "warnings", "notes"]
)
def test_the_exit_code_follows_the_chosen_severity(folder, flow, severity, code):
    flow["Metadata"]["ActionMetadata"].pop("Sorry")
    Path("flow.json").write_text(json.dumps(flow))
    assert check("flow.json", "--severity", severity).exit_code == code


def test_json_output_keeps_its_schema(folder, flow):
    flow["Actions"][0]["Parameters"]["FlowLoggingBehavior"] = "Sometimes"
    flow["Actions"].append(
        {"Identifier": "x" * 60, "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
    )
    Path("flow.json").write_text(json.dumps(flow))
    result = check("flow.json", "--format", "json")
    assert result.exit_code == 1
    made = json.loads(result.output)
    Draft202012Validator(SCHEMA).validate(made)
    assert made["summary"] == {"files": 1, "errors": 2, "warnings": 1, "notes": 1}
    assert made["findings"][0]["pointer"] == "/Actions/0/Parameters/FlowLoggingBehavior"
    assert made["findings"][0]["action"] == "Log"


def test_the_findings_schema_is_valid():
    Draft202012Validator.check_schema(SCHEMA)


def test_a_folder_is_searched_and_what_is_no_flow_is_passed_over(folder, flow):
    (folder / "sub").mkdir()
    (folder / "sub" / "Main menu").write_text(json.dumps(flow))
    (folder / "a.json").write_text(json.dumps(flow))
    (folder / "package.json").write_text('{"name": "x"}')
    (folder / "LICENSE").write_text("{}")
    result = check(folder, "-v")
    assert result.exit_code == 0
    assert "2 flows: no errors" in result.output
    assert "a.json: 2019-10-30, CONTACT_FLOW, 9 actions" in result.output
    assert "package.json: skipped, is JSON, but no flow" in result.output


def test_standard_input_is_a_file(flow):
    del flow["StartAction"]
    result = check("-", stdin=json.dumps(flow))
    assert result.exit_code == 1
    assert '<stdin>:1:1: error not-a-flow the flow has no "StartAction"' in result.output


def test_a_describe_response_is_unwrapped_and_its_type_counts(folder, flow):
    del flow["Metadata"]["type"]
    response = {"ContactFlow": {"Name": "Whisper", "Type": "CUSTOMER_WHISPER", "Content": json.dumps(flow)}}
    Path("described.json").write_text(json.dumps(response, indent=2))
    result = check("described.json", "-v")
    assert "described.json: 2019-10-30, CUSTOMER_WHISPER, 9 actions" in result.output
    assert (
        "error flow-type DisconnectParticipant is not allowed in a flow of type CUSTOMER_WHISPER"
        in result.output
    )
    assert "described.json:5:" in result.output


def test_nothing_to_check_says_where_it_looked(folder):
    with pytest.raises(
        BusyhourError, match=r"no flows found in \. \(looked for \*\.json, templates and files without"
    ) as error:
        check()
    assert error.value.exit_code == 2
    with pytest.raises(BusyhourError, match=r"missing\.json: no such file or folder"):
        check("missing.json")


def test_placeholders_are_tolerated_unless_strict(folder, flow):
    flow["Actions"][2]["Parameters"]["LambdaFunctionARN"] = "${LookupArn}"
    Path("template.json").write_text(json.dumps(flow))
    assert check("template.json").exit_code == 0
    strict = check("template.json", "--strict")
    assert strict.exit_code == 1
    assert (
        "error placeholder Actions[2].Parameters.LambdaFunctionARN still holds the placeholder"
        in strict.output
    )


def test_the_list_has_every_rule_with_severity_and_summary():
    result = check("--list")
    files = {path.stem.replace("_", "-") for path in (ROOT / "contract_tests/rules").glob("*.py")}
    rules, _, certainty = result.output.partition("\n\n")
    assert {line.split()[0] for line in rules.splitlines()} == files
    assert "Compare Transitions.NextAction: live, 2026-09-30" in certainty
    narrowed = check("--list", "--select", "missing-condition").output
    assert "CheckVoiceId Transitions.Conditions: live" in narrowed
    assert "NextAction" not in narrowed


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"x"', "{}", '{"Actions": 3}', '{"modules": 1, "start": []}']
)
def test_no_input_however_wrong_shows_a_traceback(folder, text):
    Path("odd.json").write_text(text)
    result = check("odd.json")
    assert result.exit_code == 1
    assert "odd.json:1:" in result.output


def test_one_flow_takes_less_than_half_a_second_from_start_to_end():
    """CPU time, so that a busy machine does not fail it."""
    best = 9.0
    for _ in range(3):
        before = os.times()
        subprocess.run(
            [sys.executable, "-m", "busyhour", "check", str(SMALL)], check=True, capture_output=True
        )
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        best = min(best, spent)
    assert best < 0.5
