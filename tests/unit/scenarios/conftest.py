import json
from pathlib import Path

import pytest

MINIMAL = """\
drive = "backend"

[traffic]
calls_per_hour = 3600
duration = "100s"

[flows]
files = ["flows/*.json"]
entry = "main"

[callers]
patience = "60s"
talk = "20s"
wrap_up = "5s"
"""

HANDLER = """\
import os

LIMIT = 3


def lookup(event, context):
    return {"found": "yes"}


async_lookup = lookup
"""


def flow(name, *actions):
    return json.dumps(
        {
            "Version": "2019-10-30",
            "StartAction": actions[0],
            "Metadata": {"name": name},
            "Actions": [{"Identifier": one, "Type": "DisconnectParticipant"} for one in actions],
        }
    )


@pytest.fixture
def deployment(tmp_path, monkeypatch) -> Path:
    """A folder with two flows, a handler and a table, as the current folder, so that messages have short paths."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "main.json").write_text(flow("Main flow", "Main menu", "Ask for a number"))
    (tmp_path / "flows" / "queue.json").write_text(flow("Queue flow", "Hold", "Offer"))
    (tmp_path / "app.py").write_text(HANDLER)
    (tmp_path / "customers.json").write_text('{"TableName": "customers"}')
    (tmp_path / "items.json").write_text("[]")
    return tmp_path


@pytest.fixture
def write(deployment):
    """Writes a scenario file: the minimal one with replacements (old, new) and text added at its end."""

    def write(added="", *replacements):
        text = MINIMAL
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new)
        path = deployment / "s.toml"
        path.write_text(text + added)
        return path

    return write
