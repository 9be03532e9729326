"""Exports of the old designer are judged by the result of their import, not by the errors of Connect's API."""

import json

import pytest

from busyhour.contracts.check import Checker
from busyhour.contracts.finding import Severity
from busyhour.contracts.reading.sources import gather
from busyhour.flows.export.document import load
from busyhour.flows.export.legacy import convert


@pytest.fixture
def old(tmp_path):
    """An old export whose function was blanked before it was published."""
    say = {
        "id": "say",
        "type": "PlayPrompt",
        "branches": [{"condition": "Success", "transition": "end"}],
        "parameters": [{"name": "Text", "value": "Hello"}, {"name": "TextToSpeechType", "value": "text"}],
        "metadata": {},
    }
    ask = {
        "id": "ask",
        "type": "InvokeExternalResource",
        "target": "Lambda",
        "branches": [
            {"condition": "Success", "transition": "say"},
            {"condition": "Error", "transition": "say"},
        ],
        "parameters": [{"name": "FunctionArn", "value": None}, {"name": "TimeLimit", "value": "8"}],
        "metadata": {},
    }
    end = {"id": "end", "type": "Disconnect", "branches": [], "parameters": [], "metadata": {}}
    metadata = {"name": "Old", "type": "contactFlow", "status": "published"}
    document = {"modules": [ask, say, end], "version": "1", "start": "ask", "metadata": metadata}
    path = tmp_path / "old.json"
    path.write_text(json.dumps(document))
    return path


def test_pointers_lead_into_the_file_itself(old):
    document = json.loads(old.read_text())
    findings = [one for one in Checker().check(gather([str(old)])).findings if one.pointer]
    assert {one.rule for one in findings} >= {"empty-value"}
    for one in findings:
        value = document
        for part in one.pointer.split("/")[1:]:
            value = value[int(part)] if isinstance(value, list) else value[part]
        assert one.pointer.startswith("/modules/0")
    assert "/modules/0/parameters/0/value" in {one.pointer for one in findings if one.rule == "empty-value"}


def test_messages_name_the_place_in_the_file_itself(old):
    (one,) = (one for one in Checker().check(gather([str(old)])).findings if one.rule == "empty-value")
    assert one.message.startswith("LambdaFunctionARN (modules[0].parameters[0].value) is an empty")


def severities(path):
    report = Checker().check(gather([str(path)]))
    return {one.severity for one in report.findings if one.rule == "empty-value"}


def test_blanked_values_of_an_old_export_are_accepted(old):
    assert severities(old) == {Severity.WARNING}


def test_blanked_values_of_a_converted_export_are_errors(old, tmp_path):
    new = tmp_path / "new.json"
    new.write_text(json.dumps(convert(load(old)).data))
    assert severities(new) == {Severity.ERROR}
