import json

import pytest

from busyhour.scenarios.flow_names import FlowNames, look, resolve

ACTION = {"Identifier": "a1", "Type": "DisconnectParticipant"}


@pytest.mark.parametrize(
    ("content", "name", "actions"),
    [
        pytest.param({"Actions": [ACTION]}, "file", {"a1"}, id="no-name-of-its-own"),
        pytest.param(
            {"Metadata": {"name": "Main"}, "Actions": [ACTION]}, "Main", {"a1"}, id="console-export"
        ),
        pytest.param(
            {"Metadata": {"ActionMetadata": {"a1": {"displayName": "Bye"}}}, "Actions": [ACTION]},
            "file",
            {"a1", "Bye"},
            id="display-name",
        ),
        pytest.param({"modules": [], "metadata": {"name": "Old"}}, "Old", None, id="older-format"),
        pytest.param(
            {"ContactFlow": {"Name": "Described", "Content": json.dumps({"Actions": [ACTION]})}},
            "Described",
            {"a1"},
            id="describe-response",
        ),
        pytest.param(
            {"ContactFlow": {"Name": "Broken", "Content": "{"}}, "Broken", None, id="broken-content"
        ),
        pytest.param([1], "file", None, id="no-object"),
    ],
)
def test_names_are_found_in_every_kind_of_export(tmp_path, content, name, actions):
    path = tmp_path / "file.json"
    path.write_text(json.dumps(content))
    assert look(path) == FlowNames(name, "file", None if actions is None else frozenset(actions))


@pytest.mark.parametrize("text", ["{", "", '{"a": "\\ud800"', "\x00"])
def test_a_file_that_is_no_json_goes_by_its_stem(tmp_path, text):
    path = tmp_path / "file.json"
    path.write_text(text)
    assert look(path) == FlowNames("file", "file", None)


FLOWS = [FlowNames("Main", "a", None), FlowNames("Main", "b", None), FlowNames("Queue", "c", None)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Main", "Main"), ("a", "Main"), ("b", "b"), ("b.json", "b"), ("c", "Queue"), ("d", None)],
)
def test_a_name_means_the_flow_that_the_flow_library_finds_under_it(name, expected):
    assert resolve(name, FLOWS) == expected
