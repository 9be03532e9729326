"""`busyhour learn --from` against an emulator, as a user types it: three commands from an instance to a forecast."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from busyhour.shipped import shipped_root

from .test_emulator_process import process

Busyhour = Callable[..., Any]


def test_an_instance_without_traffic_says_so_and_what_to_do(busyhour: Busyhour, tmp_path: Path) -> None:
    flows = shipped_root() / "examples" / "helpdesk" / "flows"
    with process(tmp_path, "--flows", str(flows), "--lenient-references") as emulator:
        ended = busyhour("learn", "--from", "2d", "--emulator", emulator.url, "--region", "us-east-1")
    assert ended.code == 4, ended.out + ended.err
    assert "no traffic" in ended.err
    assert "busyhour learn --calls FILE" in ended.err


@pytest.mark.slow
def test_the_last_day_of_an_instance_goes_into_a_scenario(busyhour: Busyhour, tmp_path: Path) -> None:
    project = tmp_path / "project"
    assert busyhour("init", str(project)).code == 0
    scenario = str(shipped_root() / "scenarios" / "helpdesk.toml")
    short = ("--set", "callers.talk=2s", "--set", "callers.wrap_up=1s")
    with process(tmp_path, "--scenario", scenario, *short, "--flow-logs", str(tmp_path / "log")) as emulator:
        for _ in range(40):
            asked = urllib.request.Request(
                f"{emulator.url}/_busyhour/inbound", b"{}", {"Content-Type": "application/json"}
            )
            urllib.request.urlopen(asked, timeout=10).close()
        time.sleep(60)
        words = ("--from", "1d", "--emulator", emulator.url, "--region", "us-east-1", "--format", "json")
        ended = busyhour("learn", *words)
    assert ended.code == 0, ended.out + ended.err
    found = json.loads(ended.out)
    assert sum(found["calls_by_queue"].values()) > 10
    assert found["flow_logs"]["contacts"] == 40
