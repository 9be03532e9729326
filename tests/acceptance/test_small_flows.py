"""Small flows, each with the answers that `check`, `explore` and `trace` must give."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from busyhour.cli.check import command as check
from busyhour.cli.explore import command as explore
from busyhour.cli.trace import command as trace

FLOWS = Path(__file__).parent / "small_flows"


def run(command, *arguments):
    result = CliRunner().invoke(command, [str(one) for one in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def findings(*names):
    """(severity, rule) of each error and warning."""
    result = run(check, *(FLOWS / one for one in names), "--format", "json")
    found = ((one["severity"], one["rule"]) for one in json.loads(result.stdout)["findings"])
    return sorted(one for one in found if one[0] != "note")


def text_flow(folder, text):
    document = json.loads((FLOWS / "miss-ssml-not-xml.json").read_text(encoding="utf-8"))
    for action in document["Actions"]:
        if "SSML" in action["Parameters"]:
            action["Parameters"] = {"Text": text}
    path = folder / "text.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("numeric-loopcount.json", []),
        ("legacy-lex-without-region.json", [("warning", "missing-parameter")]),
        ("task-only-transfer.json", []),
        ("showview-loop.json", []),
        ("default-queue-transfer-typed.json", []),
        ("tf-hook-small.tf", []),
        ("agentic-cx.json", []),
        ("agentic-cx-missing-errors.json", [("error", "missing-error"), ("error", "missing-error")]),
        ("miss-ssml-not-xml.json", [("warning", "ssml-invalid")]),
        ("miss-lex-cuts-off.json", [("warning", "input-failure-silent")]),
        (
            "miss-card-in-attribute.json",
            [
                ("warning", "sensitive-logged"),
                ("warning", "sensitive-stored"),
                ("warning", "stored-input-before-input"),
            ],
        ),
        ("keypad-plain.json", []),
        ("keypad-terminator.json", []),
        ("keypad-no-cancel-key.json", []),
        ("keypad-ahead.json", []),
    ],
)
def test_check_finds_what_is_wrong_and_nothing_else(name, expected):
    assert findings(name) == expected


def test_a_short_interrupt_before_a_transfer_is_found_with_the_flow_that_waits():
    found = findings("interrupt-10s-main.json", "interrupt-10s-queue.json")
    assert ("warning", "interrupt-too-short") in found
    assert not [one for one in found if one[0] == "error"]


@pytest.mark.parametrize(("length", "expected"), [(6000, []), (6001, [("error", "parameter-value")])])
def test_a_text_has_at_most_6000_characters(tmp_path, length, expected):
    assert findings(text_flow(tmp_path, "x" * length)) == expected


def test_a_text_that_is_too_long_is_to_be_shortened(tmp_path):
    assert "help: Shorten it" in run(check, text_flow(tmp_path, "x" * 6001)).output


@pytest.mark.parametrize(
    ("length", "heard"), [(6000, "customer hears 'xxx"), (6001, "customer hears 'Sorry.'")]
)
def test_a_response_of_more_than_6000_characters_is_not_played(tmp_path, length, heard):
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps({"text": "x" * length}), encoding="utf-8")
    assert heard in run(trace, FLOWS / "long-answer.json", "--lambda", f"lookup=@{answer}").stdout


@pytest.mark.parametrize(
    "name",
    ["showview-loop.json", "tf-hook-small.tf", "agentic-cx.json", "task-only-transfer.json"],
)
def test_explore_takes_every_branch_without_a_failure(name):
    result = run(explore, FLOWS / name, "--examples", "5")
    assert result.exit_code == 0, result.stdout
    assert "(100.0%)" in result.stdout.splitlines()[-1]
    assert "0 failures" in result.stdout.splitlines()[-1]


def test_a_transfer_flow_without_its_type_is_entered_by_transfer(tmp_path):
    document = json.loads((FLOWS / "default-queue-transfer-typed.json").read_text(encoding="utf-8"))
    del document["Metadata"]["type"]
    untyped = tmp_path / "untyped.json"
    untyped.write_text(json.dumps(document), encoding="utf-8")
    for path in (untyped, FLOWS / "default-queue-transfer-typed.json"):
        last = run(explore, path, "--examples", "5").stdout.splitlines()[-1]
        assert "12 of 12 coverable transitions taken (100.0%), 3 unreachable" in last


@pytest.mark.parametrize(
    ("name", "keys", "stored"),
    [
        ("plain", "1004#", "1004"),
        ("plain", "10*2004#", "2004"),
        ("terminator", "12#34*9", "12#34"),
        ("no-cancel-key", "12*34#", "12*34"),
        ("ahead", "^1004#", "1004"),
    ],
)
def test_the_terminator_and_the_cancel_key_are_not_stored(name, keys, stored):
    assert f"birthday = '{stored}'" in run(trace, FLOWS / f"keypad-{name}.json", "-i", keys).stdout
