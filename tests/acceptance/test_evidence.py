"""From a run to the case for AWS Support, and the ledger that remembers what was proven."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

CALLS = "connect.concurrent-active-calls-per-instance"
SHORT = [
    *("--set", "traffic.ramp_up=3s", "--set", "traffic.duration=8s", "--set", "traffic.drain=4s"),
    *("--set", "objectives={}"),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "busyhour.toml").write_text('ledger = "evidence.json"\n')
    return tmp_path


def rows(project: Path) -> dict[str, dict[str, Any]]:
    ledger = json.loads((project / "evidence.json").read_text(encoding="utf-8"))
    return {row["key"]: row for row in ledger["rows"]}


def test_what_binds_is_asked_for_and_what_was_raised_is_proven(
    busyhour: Callable[..., Any], project: Path
) -> None:
    bound = busyhour("run", "peak", *SHORT, "--verify-quotas", "--out", project / "bound", cwd=project)
    assert bound.code == 1, bound.err
    assert "Not proven: Concurrent active calls per instance" in bound.err
    row = rows(project)[CALLS]
    assert (row["verified"]["holds"], row["applied"]["value"]) == (False, 10)
    assert row["needed"]["value"] > 10

    asked = busyhour("request", project / "bound", cwd=project)
    assert asked.code == 0, asked.err
    assert len((project / "bound" / "support.text").read_text(encoding="utf-8")) <= 8000
    assert (project / "bound" / "support.pdf").read_bytes().startswith(b"%PDF")

    short = busyhour("run", "peak_raised", *SHORT, "--verify-quotas", "--out", project / "short", cwd=project)
    assert short.code == 4, short.out
    assert not rows(project)[CALLS]["verified"]["holds"], "8 s of calls of 35 s prove nothing"

    whole = ("--set", "objectives={}", "--verify-quotas", "--out", project / "raised")
    raised = busyhour("run", "peak_raised", *whole, cwd=project, seconds=400)
    row = rows(project)[CALLS]
    assert row["verified"]["holds"], raised.err
    assert row["verified"]["target"] == "emulator"
    assert row["applied"]["value"] >= row["needed"]["value"]
    assert "Evidence ledger" in (project / "raised" / "report.html").read_text(encoding="utf-8")

    shown = busyhour("quotas", "ledger", cwd=project)
    assert "yes: peak" in shown.out
