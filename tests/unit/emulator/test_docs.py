"""docs/emulator.md tells what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from busyhour.cli.emulator import DEFAULT_PORT, command
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.faults.requests import read_faults

PAGE = Path(__file__).resolve().parents[3] / "docs" / "emulator.md"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_options_that_are_named_exist(page):
    known = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    named = {word.strip("`;,.") for word in page.split() if word.strip("`").startswith("--")}
    client = {"--endpoint-url", "--instance-id", "--contact-flow-id"}
    client |= {"--destination-phone-number", "--source-phone-number", "--log-group-name"}
    client |= {"--function-name", "--runtime", "--handler", "--role", "--zip-file"}
    assert named - client <= known


def test_port_and_policy_are_as_told(page):
    assert f"http://127.0.0.1:{DEFAULT_PORT}" in page
    assert ConnectPolicy().reorder_reason in page
    assert f"{ConnectPolicy().ended_kept:,}" in page


def test_the_fault_that_is_shown_is_a_fault(page):
    import json

    (row,) = [line for line in page.splitlines() if line.startswith("| `POST /_busyhour/faults")]
    text = row[row.index("{") : row.index("}") + 1]
    assert read_faults(json.loads(text))


def test_every_fault_in_the_table_is_one(page):
    import json

    (table,) = [part for part in page.split("\n\n") if part.startswith("| fault | entry |")]
    rows = [row.split("`")[-2] for row in table.splitlines()[2:]]
    assert len(rows) == 10
    for row in rows:
        assert read_faults(json.loads(row))


def test_ways_to_answer_are_those_of_the_admin_api(page):
    from busyhour.emulator.app import build
    from busyhour.emulator.messages import Request

    answer = build().admin(Request("GET", "/_busyhour/none", "", {}, b"", "", "", ""))
    known = {
        line.split("`")[1] for line in page.splitlines() if line.startswith("| `") and "/_busyhour/" in line
    }
    for route in known:
        assert route.partition("?")[0] in answer.body.decode(), route
