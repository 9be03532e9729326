"""busyhour convert, as people run it."""

import json

import pytest
from click.testing import CliRunner

from busyhour.cli.convert import command
from busyhour.errors import BusyhourError

OLD = {
    "modules": [{"id": "a", "type": "Disconnect", "branches": [], "parameters": []}],
    "start": "a",
    "version": "1",
}


def convert(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


def test_an_old_export_is_converted(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new.json"
    old.write_text(json.dumps(OLD))
    printed = json.loads(convert(old).stdout)
    assert printed["Actions"][0]["Type"] == "DisconnectParticipant"
    assert convert(old, "-o", new).exit_code == 0
    assert json.loads(new.read_text()) == printed


def test_what_connect_would_refuse_in_the_converted_flow_is_listed(tmp_path):
    blank = {
        "id": "b",
        "type": "PlayPrompt",
        "branches": [{"condition": "Success", "transition": "a"}],
        "parameters": [{"name": "Text", "value": ""}],
    }
    old, new = tmp_path / "old", tmp_path / "new.json"
    old.write_text(json.dumps({**OLD, "modules": [blank, *OLD["modules"]], "start": "b"}))
    printed = convert(old)
    assert "converted:15:17: error empty-value" in printed.stderr
    assert json.loads(printed.stdout)["StartAction"] == "b"
    written = convert(old, "-o", new)
    assert written.exit_code == 0
    assert f"{new}:15:17: error empty-value" in written.stderr


def test_nothing_is_listed_where_connect_takes_the_converted_flow(tmp_path):
    old = tmp_path / "old"
    old.write_text(json.dumps(OLD))
    assert convert(old).stderr == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('{"Actions": []}', "is in the 2019-10-30 format already", id="nothing to convert"),
        pytest.param("{}", "is not a contact flow", id="no flow"),
        pytest.param("{", "is not JSON", id="no JSON"),
    ],
)
def test_what_cannot_be_converted_is_said(tmp_path, text, message):
    file = tmp_path / "x.json"
    file.write_text(text)
    with pytest.raises(BusyhourError) as error:
        convert(file)
    assert message in error.value.message


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    old = tmp_path / "old"
    old.write_text(json.dumps(OLD))
    with pytest.raises(BusyhourError, match="cannot be written"):
        convert(old, "-o", tmp_path / "absent" / "new.json")
