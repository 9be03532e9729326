"""Options of `busyhour check`: selection, formats, baselines, fixes, templates and settings of a project."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from busyhour.cli.check import command
from busyhour.contracts.formats import FORMATS
from busyhour.errors import BusyhourError

EXAMPLES = Path(__file__).parents[3] / "contract_tests" / "examples"
QUEUE = EXAMPLES / "queue_full_silent" / "broken" / "straight-to-the-end.json"
LOOP = EXAMPLES / "busy_loop" / "kept" / "counted.json"


def check(*arguments, stdin=None):
    return CliRunner().invoke(command, [str(one) for one in arguments], input=stdin, catch_exceptions=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "queue.json").write_text(QUEUE.read_text())
    return tmp_path


def rules(result):
    return [one["rule"] for one in json.loads(result.stdout)["findings"]]


def test_every_format_of_the_table_is_offered_and_prints(folder):
    assert {"text", "json", "sarif", "junit", "github"} <= set(FORMATS)
    for form in FORMATS:
        result = check("queue.json", "--format", form)
        assert "queue-full-silent" in result.stdout, form
        assert result.exit_code == 0


def test_select_and_ignore_take_rules_and_groups(folder):
    assert rules(check("queue.json", "--format=json", "--select=queue-full-silent")) == ["queue-full-silent"]
    assert "queue-full-silent" in rules(check("queue.json", "--format=json", "--select=resilience"))
    assert "queue-full-silent" not in rules(check("queue.json", "--format=json", "--ignore=resilience"))
    with pytest.raises(BusyhourError, match="Did you mean 'resilience'"):
        check("queue.json", "--select=resiliance")


def test_the_list_is_of_the_rules_that_would_run(folder):
    rules_of_the_group = check("--list", "--select=resilience").stdout.partition("\n\n")[0]
    lines = rules_of_the_group.splitlines()
    assert "queue-full-silent" in "\n".join(lines)
    assert all(
        line.split()[2] == "resilience" and line.split()[1] in ("error", "warning", "note") for line in lines
    )


def test_a_project_decides_what_counts_and_its_flows_are_the_default(folder):
    Path("busyhour.toml").write_text('flows = ["*.json"]\n[check]\nseverity = "warning"\n')
    assert check().exit_code == 1
    assert check("--severity", "error").exit_code == 0
    assert check("--ignore", "queue-full-silent").exit_code == 0
    Path("busyhour.toml").write_text('[check.levels]\nqueue-full-silent = "error"\n')
    assert check("queue.json").exit_code == 1


def test_a_baseline_accepts_what_was_there_and_nothing_new(folder):
    written = check("queue.json", "--write-baseline", "accepted.json", "--expires", "30d")
    assert (written.exit_code, written.stdout) == (0, "")
    assert "accepted.json: accepts 1 finding until 2" in written.stderr
    assert check("queue.json", "--baseline", "accepted.json", "--severity=warning").exit_code == 0
    text = Path("queue.json").read_text()
    Path("queue.json").write_text("\n\n" + text)
    assert check("queue.json", "--baseline", "accepted.json", "--severity=warning").exit_code == 0
    Path("queue.json").write_text(text.replace("To the queue", "Transfer"))
    moved = check("queue.json", "--baseline", "accepted.json", "--severity=warning")
    assert moved.exit_code == 1
    assert (
        "accepted.json: matches nothing any more: queue-full-silent in queue [To the queue]" in moved.stderr
    )


def test_an_expired_baseline_says_so_and_accepts_nothing(folder):
    check("queue.json", "--write-baseline", "accepted.json", "--expires", "2026-01-01")
    result = check("queue.json", "--baseline", "accepted.json", "--severity=warning")
    assert result.exit_code == 1
    assert "has expired" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--write-baseline", "b.json", "--expires", "soon"], "--expires soon"),
        (["--expires", "30d"], "--expires is for new baselines"),
        (["--baseline", "none.json"], "no such baseline"),
        (["--write-baseline", "nowhere/b.json"], "cannot be written"),
        (["--write-baseline", "queue.json/b.json"], "cannot be written"),
    ],
)
def test_bad_options_say_why(folder, arguments, said):
    with pytest.raises(BusyhourError, match=said):
        check("queue.json", *arguments)


def test_fix_mends_the_file_and_then_checks_it(folder):
    after = '"NextAction": "Thrice"'
    sound = LOOP.read_text().replace(after, after + ',\n        "Errors": []', 1)
    Path("loop.json").write_text(sound.replace('"Errors": []', '"Errors": null', 1))
    assert check("loop.json").exit_code == 1
    result = check("loop.json", "--fix")
    assert result.exit_code == 0
    assert "Log: Errors null is an empty list" in result.stderr
    assert Path("loop.json").read_text() == sound


def test_flows_in_templates_are_checked_in_place(folder):
    body = QUEUE.read_text().replace('"Identifier": "Sorry"', '"Identifier": "Sory"')
    Path("main.tf").write_text(
        f'resource "aws_connect_contact_flow" "main" {{\n  name = "Main"\n  content = <<EOT\n{body}EOT\n}}\n'
    )
    result = check("main.tf")
    assert result.exit_code == 1
    assert "main.tf:" in result.stdout
    assert "dangling-target" in result.stdout


def test_standard_input_may_be_a_describe_response(folder):
    response = {"ContactFlow": {"Name": "Main", "Type": "CONTACT_FLOW", "Content": QUEUE.read_text()}}
    result = check("-", "--format=json", stdin=json.dumps(response))
    assert {(one["flow"], one["path"]) for one in json.loads(result.stdout)["findings"]} == {
        ("Main", "<stdin>")
    }


def test_what_a_flow_suppresses_is_said_aloud_when_asked(folder):
    flow = json.loads(Path("queue.json").read_text())
    asked = {"ignore": ["queue-full-silent"], "reason": "this queue has no limit"}
    flow["Metadata"]["ActionMetadata"]["To the queue"]["busyhour"] = asked
    Path("queue.json").write_text(json.dumps(flow))
    result = check("queue.json", "--severity=warning", "-v")
    assert result.exit_code == 0
    assert "queue-full-silent left out: this queue has no limit" in result.stderr
