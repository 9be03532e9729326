"""What is read where: programs that have flows in them are checked when named, and pointed out in a folder."""

from __future__ import annotations

import io
import json

import pytest
from click.testing import CliRunner

from busyhour.cli.check import command
from busyhour.contracts.reading.sources import IN_A_PROGRAM, gather
from busyhour.errors import BusyhourError

FLOW = {
    "Version": "2019-10-30",
    "StartAction": "end",
    "Actions": [{"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}],
}
AS_JSON = json.dumps(FLOW, indent=2)
PROGRAMS = {
    "object.ts": f"export const flow = (arn: string) => ({AS_JSON});\n",
    "template.js": f"module.exports = `{AS_JSON}`;\n",
    "quoted.js": f"const flow = {json.dumps(AS_JSON)};\n",
    "text.py": f"FLOW = '''{AS_JSON}'''\n",
    "raw.go": f"package flows\n\nvar main = `{AS_JSON}`\n",
    "page.md": f"# The flow\n\n```json\n{AS_JSON}\n```\n",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_flow_in_a_program_that_is_named_is_checked(tmp_path, name):
    path = tmp_path / name
    path.write_text(PROGRAMS[name], encoding="utf-8")
    (source,) = gather([str(path)]).sources
    assert source.document.data["StartAction"] == "end"


def test_an_embedded_flow_that_is_not_json_gets_a_hint(tmp_path):
    path = tmp_path / "flow.js"
    path.write_text(
        "const flow = {\n  StartAction: 'end', Actions: [{Transitions: {}}]};\n", encoding="utf-8"
    )
    (source,) = gather([str(path)]).sources
    assert source.document is None
    assert (source.unreadable.position.line, source.unreadable.position.column) == (2, 3)
    assert "not written as JSON" in source.unreadable.problem
    assert "JSON.stringify" in source.unreadable.hint


def test_embedded_flows_with_and_without_json_are_both_reported(tmp_path):
    path = tmp_path / "flows.ts"
    other = "interface Flow { StartAction: string }\nconst b = { StartAction: `end`, Actions: [] };\n"
    path.write_text(PROGRAMS["object.ts"] + other, encoding="utf-8")
    first, second = gather([str(path)]).sources
    assert first.document.data["StartAction"] == "end"
    assert second.unreadable.position.line == path.read_text().splitlines().index(other.splitlines()[1]) + 1


def test_a_broken_export_is_not_read_as_a_program(tmp_path):
    path = tmp_path / "broken.json"
    path.write_text(AS_JSON.replace(",", "", 1), encoding="utf-8")
    (source,) = gather([str(path)]).sources
    assert "is not JSON" in source.unreadable.problem


def test_programs_in_a_folder_are_pointed_out(tmp_path):
    (tmp_path / "main.json").write_text(AS_JSON, encoding="utf-8")
    (tmp_path / "deploy.ts").write_text(PROGRAMS["object.ts"], encoding="utf-8")
    (tmp_path / "other.ts").write_text("export const StartAction = 1;\n", encoding="utf-8")
    gathered = gather([str(tmp_path)])
    assert [source.label for source in gathered.sources] == [str(tmp_path / "main.json")]
    assert gathered.skipped == {str(tmp_path / "deploy.ts"): IN_A_PROGRAM}
    said = CliRunner().invoke(command, [str(tmp_path)])
    assert f"deploy.ts: skipped, {IN_A_PROGRAM}" in said.stderr


def test_a_folder_whose_only_flows_are_in_programs_names_them(tmp_path):
    (tmp_path / "deploy.ts").write_text(PROGRAMS["object.ts"], encoding="utf-8")
    with pytest.raises(BusyhourError, match="no flows found") as raised:
        gather([str(tmp_path)])
    assert "deploy.ts" in raised.value.hint


def test_standard_input_is_searched_too(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps([FLOW, FLOW])))
    assert len(gather(["-"]).sources) == 2
