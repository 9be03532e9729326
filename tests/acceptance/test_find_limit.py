"""`busyhour run --find-limit` to its end: the rate that it finds is the one that the quotas' arithmetic gives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from busyhour.quotas.table import quota_table
from busyhour.quotas.table.bursts import burst_with
from busyhour.shipped import shipped_root

Busyhour = Callable[..., Any]
ROOT = shipped_root()
SHORT = ("--set", "traffic.arrivals=even", "--set", "headroom=0")


def searched(busyhour: Busyhour, folder: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = busyhour("run", *arguments, "--find-limit", "--out", folder, cwd=ROOT, seconds=900)
    assert done.code == code, done.out + done.err
    record: dict[str, Any] = done.record(folder)
    schema = json.loads((ROOT / "reports" / "run.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(record, schema)
    limit: dict[str, Any] = record["limit"]
    assert limit == json.loads((folder / "limit.json").read_text(encoding="utf-8"))
    assert limit["stopped"] == "", limit
    assert limit["times"] >= 3
    assert limit["confidence"] == pytest.approx(0.05 ** (1 / limit["times"]))
    assert limit["breaks_calls_per_hour"] <= limit["holds_calls_per_hour"] * 1.0501
    assert {run["run_id"] for run in limit["runs"]} == {path.name for path in folder.glob("step-*")}
    said = " ".join(done.out.split())
    assert f"Holds at {limit['holds_calls_per_hour']:,.0f} calls/h" in said
    assert f"{limit['times']} of {limit['times']} times: with 95 % confidence" in said
    assert "of at most 16" in done.err
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "The highest rate that holds" in page
    assert limit["shown"] in page
    return limit


@pytest.mark.slow
def test_lambda_holds_up_to_its_concurrency_divided_by_its_duration(
    busyhour: Busyhour, tmp_path: Path
) -> None:
    """40 executions of 2 s: 20 a second by Little's law; a run in which all 40 are busy counts as at the limit."""
    limit = searched(
        busyhour,
        tmp_path / "search",
        "lookup",
        *SHORT,
        *("--set", "traffic.calls_per_hour=28800", "--set", "traffic.duration=9s"),
        *("--set", "functions.helpdesk-lookup.latency=2s"),
        *("--set", "functions.helpdesk-lookup.cold_start=1ms"),
        *("--set", 'objectives."latency_p99:lambda".at_most=6s', "--set", "quotas.L-B99A9384=40"),
    )
    known = 40 / 2 * 3600
    assert known * 0.88 <= limit["holds_calls_per_hour"] <= known
    assert limit["cause"] == "Concurrent executions (40 count)"
    first = limit["causes"][0]
    assert first["name"] == limit["cause"]
    assert first["holds_calls_per_hour"] < first["breaks_calls_per_hour"] <= known * 1.05


@pytest.mark.slow
def test_starts_hold_up_to_the_rate_of_the_api_and_its_burst(busyhour: Busyhour, tmp_path: Path) -> None:
    """5 starts a second flow into a bucket that is full at first: over 10 s a tenth of the bucket more than 5 a second."""
    limit = searched(
        busyhour,
        tmp_path / "search",
        "outbound",
        *SHORT,
        *("--set", "traffic.calls_per_hour=14400", "--set", "traffic.duration=10s"),
        *("--set", "traffic.drain=2s"),
        code=4,  # 10 s do not show the calls in progress of calls of half a minute
    )
    bucket = burst_with(*quota_table.load().rate("connect", "StartOutboundVoiceContact"), 5.0)
    known = (5 + bucket / 10) * 3600
    assert known * 0.9 <= limit["holds_calls_per_hour"] <= known * 1.03
    assert limit["cause"] == "Rate of StartOutboundVoiceContact API requests (5 requests/second)"


@pytest.mark.slow
def test_ctrl_c_leaves_a_report_of_what_was_found(tmp_path: Path) -> None:
    folder = tmp_path / "search"
    process = subprocess.Popen(
        [
            *(
                sys.executable,
                "-m",
                "busyhour",
                "run",
                "lookup",
                "--find-limit",
                "--out",
                str(folder),
                *SHORT,
            ),
            *("--set", "traffic.duration=8s"),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "BUSYHOUR_SLIP_P99_MS": "2000", "BUSYHOUR_CPU_SHARE": "2"},
    )
    deadline = time.monotonic() + 120
    while not (folder / "step-02").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130, out
    assert "Traceback" not in out
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["limit"]["times"] == 1
    assert record["limit"]["holds_calls_per_hour"] == 72000
    assert record["limit"]["stopped"]
    assert "The search ended early" in " ".join(out.split())
    assert (folder / "report.html").stat().st_size > 10_000
