"""busyhour trace, as people run it."""

import json

import pytest
from click.testing import CliRunner

from busyhour.cli.trace import command
from busyhour.errors import BusyhourError

FLOW = {
    "Version": "2019-10-30",
    "StartAction": "log",
    "Actions": [
        {
            "Identifier": "log",
            "Type": "UpdateFlowLoggingBehavior",
            "Parameters": {"FlowLoggingBehavior": "Enabled"},
            "Transitions": {"NextAction": "f"},
        },
        {
            "Identifier": "f",
            "Type": "InvokeLambdaFunction",
            "Parameters": {"LambdaFunctionARN": "arn:aws:lambda:us-east-1:1:function:lookup"},
            "Transitions": {
                "NextAction": "t",
                "Errors": [{"ErrorType": "NoMatchingError", "NextAction": "say"}],
            },
        },
        {
            "Identifier": "t",
            "Type": "TransferToFlow",
            "Parameters": {"ContactFlowId": "arn:other"},
            "Transitions": {
                "NextAction": "say",
                "Errors": [{"ErrorType": "NoMatchingError", "NextAction": "say"}],
            },
        },
        {
            "Identifier": "say",
            "Type": "MessageParticipant",
            "Parameters": {"Text": "Tier $.External.tier for $.Attributes.who"},
            "Transitions": {"NextAction": "end"},
        },
        {"Identifier": "end", "Type": "DisconnectParticipant", "Transitions": {}},
    ],
}
OTHER = {
    "Version": "2019-10-30",
    "StartAction": "other",
    "Metadata": {"name": "Other"},
    "Actions": [{"Identifier": "other", "Type": "DisconnectParticipant"}],
}


@pytest.fixture
def flow(tmp_path):
    file = tmp_path / "main.json"
    file.write_text(json.dumps(FLOW))
    return file


def trace(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


def test_a_call_is_printed(flow):
    result = trace(flow, "--lambda", 'lookup={"tier": "gold"}', "--attribute", "who=Ann")
    assert result.exit_code == 0
    assert "customer hears 'Tier gold for Ann'" in result.stdout
    assert "note: flow 'arn:other' is not here: add it with --flows, or name it with --alias" in result.stderr


def test_an_answer_may_come_from_a_file(flow, tmp_path):
    (tmp_path / "answer.json").write_text('{"tier": "silver"}')
    assert "Tier silver" in trace(flow, "--lambda", f"lookup=@{tmp_path / 'answer.json'}").stdout


def test_other_flows_are_found_in_a_folder_and_by_alias(flow, tmp_path):
    (tmp_path / "other.json").write_text(json.dumps(OTHER))
    (tmp_path / "no flow.json").write_text("[]")
    result = trace(flow, "--flows", tmp_path, "--alias", "arn:other=Other")
    assert "-- Other --" in result.stdout
    assert "note: left out:" in result.stderr


def test_the_flow_log_is_json_lines(flow):
    lines = trace(flow, "--log").stdout.splitlines()
    assert [json.loads(line)["Identifier"] for line in lines] == ["log", "f", "t", "say", "end"]


def test_a_log_is_replayed(flow, tmp_path):
    log = tmp_path / "flow.log"
    log.write_text(trace(flow, "--log").stdout)
    followed = trace(flow, "--from-log", log)
    assert followed.exit_code == 0
    assert "the export follows the log: 5 of 5 actions" in followed.stdout
    log.write_text(log.read_text().replace('"t"', '"gone"'))
    parted = trace(flow, "--from-log", log)
    assert parted.exit_code == 1
    assert f"{log}:3 ran 'gone' in flow 'main', the export goes to 't'" in parted.stdout


def test_what_was_given_and_not_used_is_said(flow):
    result = trace(flow, "--input", "1")
    assert "note: not asked for: 1" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--lambda", "lookup={oops"], "--lambda lookup: '{oops' is not JSON", id="no JSON"),
        pytest.param(
            ["--lambda", "lookup=@absent.json"],
            "--lambda lookup: absent.json cannot be read",
            id="no answer file",
        ),
        pytest.param(
            ["--lambda", "lookp={}"],
            "--lambda lookp: no flow invokes this function. Did you mean 'lookup'?",
            id="no such function",
        ),
        pytest.param(["--alias", "x=Nothing"], "alias 'x' refers to 'Nothing'", id="alias to nothing"),
        pytest.param(["--from-log", "absent.log"], "absent.log: cannot be read", id="no log"),
        pytest.param(["--flows", "absent.json"], "absent.json:1:1: no such file", id="no such flow"),
    ],
)
def test_bad_input_is_said_without_a_traceback(flow, arguments, message):
    with pytest.raises(BusyhourError) as error:
        trace(flow, *arguments)
    assert message in error.value.message


def test_a_pair_without_an_equals_sign_is_a_usage_error(flow):
    result = trace(flow, "--attribute", "who")
    assert result.exit_code == 2
    assert "'who' is not of the form KEY=VALUE" in result.output
