"""Outcomes of voice calls from the emulator's own contact events, by the commands of docs/outcomes.md."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from busyhour.shipped import shipped_root

ROOT = shipped_root()
PAGE = ROOT / "docs" / "outcomes.md"
SHORTER = [
    *("traffic.duration=4s", "traffic.calls_per_hour=36000", "quotas.L-4E9BCC96=50"),
    *("callers.answered=1.0", 'callers.answer={ distribution = "constant", mean = "0.5s" }'),
    *("callers.hang_up_rate=0.1", 'callers.menus."Ask for the answer"={ 2 = 0.5, hang_up = 0.5 }'),
    *(
        'callers.wrap_up={ distribution = "constant", mean = "0s" }',
        'callers.talk={ distribution = "constant", mean = "1s" }',
    ),
]
"""Forty calls at 10 a second, four times as many as DescribeContact could be asked about; they are over soon."""

pytestmark = pytest.mark.slow


def documented() -> list[list[str]]:
    """Words of the page's commands."""
    block = re.search(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    return [shlex.split(line.removeprefix("$ ")) for line in block.group(1).splitlines()]


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[str]:
    """URL of the page's emulator, which writes events.jsonl; on a free port."""
    words = documented()[0]
    words = [str(tmp_path / word) if word == "events.jsonl" else word for word in words]
    words[words.index("--port") + 1] = "0"
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", *words, "--ready-file", str(ready)]
    command += [word for setting in SHORTER for word in ("--set", setting)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield str(json.loads(ready.read_text())["url"])
    finally:
        process.terminate()
        process.wait(30)


def drive(url: str, folder: Path, events: Path, drain: str) -> dict[str, Any]:
    """load.json of the page's locust command."""
    words = documented()[1]
    variables = dict(word.split("=", 1) for word in words[: words.index("locust")])
    assert variables == {"BUSYHOUR_CONTACT_EVENTS": "events.jsonl"}
    words = words[words.index("locust") :]
    words[words.index("--host") + 1] = url
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env={
            **os.environ,
            "BUSYHOUR_CONTACT_EVENTS": str(events),
            "BUSYHOUR_OVERRIDES": json.dumps([*SHORTER, f"traffic.drain={drain}"]),
            "BUSYHOUR_RUN_DIR": str(folder),
            "BUSYHOUR_LATE_MS": "1000",
            "BUSYHOUR_SLIP_P99_MS": "2000",
            "BUSYHOUR_CPU_SHARE": "2",
        },
    )
    assert done.returncode == 0, done.stderr
    loaded: dict[str, Any] = json.loads((folder / "load.json").read_text(encoding="utf-8"))
    return loaded


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_every_call_has_the_outcome_that_its_events_tell_and_nobody_was_asked(
    emulator: str, tmp_path: Path
) -> None:
    file = tmp_path / "events.jsonl"
    loaded = drive(emulator, tmp_path, file, "60s")
    ends = [
        event["detail"]
        for event in map(json.loads, file.read_text(encoding="utf-8").splitlines())
        if event["detail"]["eventType"] == "DISCONNECTED"
    ]
    arrivals = loaded["arrivals"]
    assert arrivals["started"] == arrivals["completed"] == len(ends) == 40
    assert arrivals["cut_off"] == 0
    assert loaded["calls"]["ends"] == Counter(detail["disconnectReason"] for detail in ends)
    queued = [detail for detail in ends if "queueInfo" in detail]
    assert loaded["calls"]["queue_wait_ms"]["count"] == len(queued) > 5
    lasted = [
        seconds(detail["disconnectTimestamp"]) - seconds(detail["initiationTimestamp"]) for detail in ends
    ]
    mean = loaded["calls"]["duration_ms"]["mean"] / 1000.0
    assert mean == pytest.approx(sum(lasted) / len(lasted), abs=0.1)
    assert {operation["name"] for operation in loaded["operations"]} == {"StartOutboundVoiceContact"}
    assert loaded["notes"] == []


def test_where_no_event_comes_all_outcomes_are_unknown_and_the_report_says_so(
    emulator: str, tmp_path: Path
) -> None:
    silent = tmp_path / "nothing.jsonl"
    loaded = drive(emulator, tmp_path, silent, "2s")
    assert loaded["arrivals"]["cut_off"] == loaded["arrivals"]["started"] == 40
    (note,) = loaded["notes"]
    assert "known for 0 calls, unknown for 40" in note
    assert str(silent) in note
