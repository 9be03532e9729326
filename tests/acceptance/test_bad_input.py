"""Bad input ends with a message that names value, problem, place and way out, and with the right exit code."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from busyhour.shipped import shipped_root

Busyhour = Callable[..., Any]
ROOT = shipped_root()


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """A team's own folder: a copy of the example, a short scenario."""
    shutil.copytree(ROOT / "examples" / "helpdesk", tmp_path / "examples" / "helpdesk")
    (tmp_path / "scenarios").mkdir()
    text = (ROOT / "scenarios" / "helpdesk.toml").read_text(encoding="utf-8")
    text = text.replace('hold = "100s"', 'hold = "5s"').replace('drain = "45s"', 'drain = "2s"')
    (tmp_path / "scenarios" / "desk.toml").write_text(text, encoding="utf-8")
    (tmp_path / "busyhour.toml").write_text("", encoding="utf-8")
    return tmp_path


def edit(team: Path, old: str, new: str) -> None:
    path = team / "scenarios" / "desk.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "calls_per_hour",
            "calls_per_hur",
            ["scenarios/desk.toml:", "calls_per_hur", "Did you mean 'calls_per_hour'?"],
            id="wrong key",
        ),
        pytest.param(
            'hold = "5s"',
            'hold = "5 parsecs"',
            ["scenarios/desk.toml:", "5 parsecs", "not a duration", '"90s"'],
            id="wrong unit",
        ),
        pytest.param(
            "flows/*.json",
            "flows/main.jsn",
            ["scenarios/desk.toml:", "flows/main.jsn", "no such file"],
            id="missing flow",
        ),
        pytest.param(
            "L-12AB7C57",
            "L-12AB7C58",
            ["No quota 'L-12AB7C58' is known", "Did you mean 'L-12AB7C57'?", "busyhour quotas"],
            id="unknown quota code",
        ),
        pytest.param(
            "helpdesk.py:lookup",
            "helpdesk.py:lokup",
            ["helpdesk.py:lokup", "Did you mean 'lookup'?"],
            id="missing handler",
        ),
        pytest.param(
            'entry = "helpdesk-main"',
            'entry = "helpdesk-mian"',
            ["helpdesk-mian", "Did you mean 'helpdesk-main'?"],
            id="unknown entry flow",
        ),
    ],
)
def test_a_wrong_scenario_is_refused(
    busyhour: Busyhour, team: Path, old: str, new: str, expected: list[str]
) -> None:
    edit(team, old, new)
    done = busyhour("run", "desk", cwd=team)
    assert done.code == 2
    for words in expected:
        assert words in done.err
    assert "hint: " in done.err
    assert not (team / "reports").exists(), "nothing was begun"


def test_a_flow_that_is_not_json_is_named_with_its_place(busyhour: Busyhour, team: Path) -> None:
    (team / "examples/helpdesk/flows/helpdesk-queue.json").write_text(
        '{"Version": "2019-10-30",\n "Actions": [}', "utf-8"
    )
    done = busyhour("run", "desk", cwd=team)
    assert done.code == 2
    assert "helpdesk-queue.json:2:" in done.err


@pytest.mark.slow
def test_a_legacy_export_is_run_through_its_conversion(busyhour: Busyhour, team: Path) -> None:
    """The old designer's export says "Bye." and disconnects."""
    legacy = {
        "modules": [
            {
                "id": "one",
                "type": "PlayPrompt",
                "branches": [{"condition": "Success", "transition": "two"}],
                "parameters": [
                    {"name": "Text", "value": "Bye.", "namespace": None},
                    {"name": "TextToSpeechType", "value": "text"},
                ],
                "metadata": {"position": {"x": 1, "y": 2}},
            },
            {
                "id": "two",
                "type": "Disconnect",
                "branches": [],
                "parameters": [],
                "metadata": {"position": {"x": 3, "y": 2}},
            },
        ],
        "version": "1",
        "type": "contactFlow",
        "start": "one",
        "metadata": {
            "entryPointPosition": {"x": 0, "y": 0},
            "name": "old",
            "type": "contactFlow",
            "status": "published",
        },
    }
    (team / "examples/helpdesk/flows/old").write_text(json.dumps(legacy), encoding="utf-8")
    edit(team, '"../examples/helpdesk/flows/*.json"]', '"../examples/helpdesk/flows/*"]')
    edit(team, 'entry = "helpdesk-main"', 'entry = "old"')
    done = busyhour("run", "desk", "--set", "objectives.throttles.at_most=0", "--out", team / "run", cwd=team)
    record = done.record(team / "run")
    assert record["calls"]["ends"]["CONTACT_FLOW_DISCONNECT"] == record["arrivals"]["started"]


HANDLER = """
import time

def lookup(event, context):
    {body}

def open_ticket(event, context):
    return {{}}

def ticket_status(event, context):
    return {{}}
"""


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        pytest.param("raise ValueError('no such caller')", True, id="raises", marks=pytest.mark.slow),
        pytest.param("time.sleep(60)", True, id="hangs", marks=pytest.mark.slow),
    ],
)
def test_a_handler_that_fails_is_measured_and_reported(
    busyhour: Busyhour, team: Path, body: str, errors: bool
) -> None:
    (team / "examples/helpdesk/lambda/helpdesk.py").write_text(HANDLER.format(body=body), encoding="utf-8")
    done = busyhour(
        "run",
        "desk",
        "--set",
        "traffic.drain=12s",
        "--set",
        "objectives.error_share.at_most=0.01",
        "--out",
        team / "run",
        cwd=team,
    )
    record = done.record(team / "run")
    assert done.code == 1, done.out
    assert record["arrivals"]["started"] == record["arrivals"]["planned"]
    assert any("error_share" in reason for reason in record["verdict"]["reasons"])
    (invoke,) = (o for o in record["operations"] if o["service"] == "lambda")
    assert invoke["errors"] > 0, invoke


def test_a_run_folder_that_cannot_be_written_is_said_before_anything_starts(
    busyhour: Busyhour, team: Path
) -> None:
    (team / "file").write_text("", encoding="utf-8")
    done = busyhour("run", "desk", "--out", team / "file" / "run", cwd=team)
    assert done.code == 2
    assert "cannot be written" in done.err
    assert "--out" in done.err


@pytest.mark.slow
def test_a_full_disk_for_the_report_keeps_what_was_measured(busyhour: Busyhour, team: Path) -> None:
    """report.html is a link to /dev/full, so that writing it fails as on a full disk."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")

    def fill() -> None:
        """What lies in the folder before the run is moved aside: the link is made while it drives."""
        while not (team / "run" / "target.json").exists():
            time.sleep(0.05)
        (team / "run" / "report.html").symlink_to("/dev/full")

    threading.Thread(target=fill, daemon=True).start()
    done = busyhour("run", "desk", "--out", team / "run", cwd=team)
    assert done.code in (4, 5)  # what was measured is kept; nothing is shown by it
    assert "report.html: cannot be written: No space left on device" in done.err
    assert str(team / "run" / "run.json") in done.err
    assert done.record(team / "run")["arrivals"]["started"] > 0
