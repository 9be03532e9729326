"""Unfinished templates, and foreign text in every place of a flow: an answer, no hang, nothing that a terminal or CI obeys."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from busyhour.cli import cli, main
from busyhour.scenarios import reader
from busyhour.shipped import shipped_root

FLOW = {
    "Version": "2019-10-30",
    "StartAction": "a",
    "Metadata": {},
    "Actions": [
        {
            "Identifier": "a",
            "Type": "MessageParticipant",
            "Parameters": {"Text": "hello"},
            "Transitions": {"NextAction": "b", "Errors": [], "Conditions": []},
        },
        {"Identifier": "c", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ],
}
BEGUN = (
    "content = jsonencode(",
    'resource "aws_connect_contact_flow" "m" {\n content = jsonencode(merge(',
    'resource "aws_connect_contact_flow" "m" {\n content = <<EOT\n',
    'resource "aws_connect_contact_flow" "m" {\n content = <<-EOT\n ${jsonencode(',
    'resource "aws_connect_contact_flow" "m" {\n content = "${format("%s", "',
    "/* ",
    "locals {\n a = [for x in ",
    'a = "%{ if ',
)
LEFT = (
    '{ "Version": "2019-10-30", "Actions": [ }',
    '{ "Version": "2019-10-30", "Actions": [',
    '{ Version = "2019-10-30", Actions = [{',
    '"abc ${x',
    '"\\',
    "x[*].y[",
    "{ for k, v in x : k => v",
    "<<X\n{",
    '"${"${"${',
    "[[[[{{{{((((",
    "}])",
)
FORMATS = ("text", "github", "gitlab", "json", "junit", "sarif")
FOREIGN = (
    "\n::warning::x",
    "\r\n##[error]x",
    "\x1b[31m",
    "\x1b]0;x\x07",
    "\0",
    "\x9b31m",
    "\u202e",
    "[/red]",
)
NAMES = (
    "[/de]",
    "[eu]",
    "[link=http://x]y[/link]",
    "\\u001b[31m",
    "\\n::warning::x",
    "<b>",
    "%s",
    "{x}",
    " ",
)


def checked(path: Path, *options: str):
    return CliRunner().invoke(cli, ["check", str(path), *options])


@pytest.mark.parametrize(("begun", "left"), list(itertools.product(BEGUN, LEFT)))
def test_an_unfinished_template_gets_an_answer(begun, left, tmp_path):
    path = tmp_path / "main.tf"
    path.write_text(begun + left)
    done = checked(path)
    named = "main.tf" in done.output or "main.tf" in str(getattr(done.exception, "message", ""))
    assert done.exit_code != 0
    assert named, done


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("form", FORMATS)
def test_foreign_text_in_a_flow_moves_no_terminal_and_commands_no_ci(form, foreign, tmp_path):
    flow = json.loads(json.dumps(FLOW))
    for action in flow["Actions"]:
        action["Identifier"] += foreign
    flow["Actions"][0]["Type"] += foreign
    flow["Actions"][0]["Transitions"]["NextAction"] += foreign
    path = tmp_path / "flow.json"
    path.write_text(json.dumps(flow))
    said = checked(path, "--format", form).output
    assert said
    unsafe = [one for one in said if one not in "\n\t" and (ord(one) < 32 or 0x7F <= ord(one) < 0xA0)]
    assert not unsafe
    assert "\u202e" not in said
    assert "##[" not in said
    if form != "github":  # its own lines are commands, with foreign text escaped
        assert not [line for line in said.splitlines() if line.startswith("::")]


@pytest.mark.parametrize("name", NAMES)
def test_a_queue_may_have_any_name(name, tmp_path):
    path = tmp_path / "s.toml"
    (tmp_path / "flow.json").write_text(
        json.dumps({**FLOW, "Actions": FLOW["Actions"][1:], "StartAction": "c"})
    )
    path.write_text(
        'seed = 1\ndrive = "backend"\n[traffic]\ncalls_per_hour = 600\nduration = "60s"\n[flows]\nfiles = ["flow.json"]\n'
        f'entry = "flow"\n[callers]\npatience = "60s"\ntalk = "30s"\nwrap_up = "0s"\n[queues."{name}"]\nagents = 20\n'
    )
    assert list(reader.load(path).queues) == [json.loads(f'"{name}"')]


@pytest.mark.parametrize(
    "words",
    [
        "trace {flow} --flows {loop}",
        "check {flow} --write-baseline {loop}",
        "learn --calls {loop}",
        "contract {flow} -o {loop}",
    ],
)
def test_links_that_lead_back_to_themselves_are_bad_input(words, tmp_path, capsys):
    (tmp_path / "loop").symlink_to("loop")
    flow = shipped_root() / "examples" / "helpdesk" / "flows" / "helpdesk-main.json"
    with pytest.raises(SystemExit) as ended:
        main([word.format(flow=flow, loop=tmp_path / "loop") for word in words.split()])
    assert ended.value.code == 2
    assert str(tmp_path / "loop") in capsys.readouterr().err
