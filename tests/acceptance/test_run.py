"""`busyhour run`, as a user runs it: the emulator in one process, Locust in another, a report and an exit code."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from busyhour.shipped import shipped_root

Busyhour = Callable[..., Any]
ROOT = shipped_root()
PATIENT = ("--set", 'objectives."latency_p95:lambda".at_most=20s')  # other tests run beside this one
SHORT = ("--set", "traffic.duration=12s", "--set", "traffic.drain=4s", *PATIENT)
STEEP = ("--set", "traffic.duration=14s", "--set", "traffic.ramp_up=8s", "--set", "traffic.drain=3s")


def quota(record: dict[str, Any], code: str) -> dict[str, Any]:
    (found,) = (one for one in record["quotas"] if one["code"] == code)
    return found


def total(record: dict[str, Any], series: str) -> float:
    (found,) = (one for one in record["series"] if one["name"] == series)
    return sum(value or 0.0 for value in found["v"])


def test_a_smoke_run_of_the_helpdesk_has_everything_that_is_promised_and_can_be_rendered_again(
    busyhour: Busyhour, tmp_path: Path
) -> None:
    done = busyhour("run", "helpdesk", "--smoke", *SHORT, "--out", tmp_path / "run", cwd=ROOT)
    record = done.record(tmp_path / "run")
    assert done.code == 0, done.out
    assert "NOT SHOWN" in done.out
    assert done.out.rstrip().splitlines()[-1].startswith("helpdesk is not shown: A smoke run")
    schema = json.loads((ROOT / "reports" / "run.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(record, schema)
    arrivals = record["arrivals"]
    assert arrivals["planned"] == arrivals["started"] == total(record, "arrivals started") > 20
    assert (arrivals["late"], arrivals["dropped"], arrivals["lost"]) == (0, 0, 0)
    assert record["calls"]["invocations_per_call"]["helpdesk-lookup"] == 1
    assert {o["service"] for o in record["operations"]} == {"lambda"}
    concurrent = quota(record, "L-12AB7C57")
    assert (concurrent["value"], concurrent["origin"], concurrent["verdict"]) == (
        200.0,
        "emulator",
        "holds",
    )
    assert quota(record, "L-CF0CBE56")["peak"] > 0, "the handler's reads reached the table"
    assert record["findings"] == []
    assert record["forecast"]["limits"]
    watched = {metric["name"]: metric for metric in record["metrics"]}
    for name in (
        *("ConcurrentCalls", "MissedCalls", "QueueSize", "LongestQueueWaitTime", "ContactFlowErrors"),
        *("CallRecordingUploadError", "ThrottledCalls", "CallsBreachingConcurrencyQuota"),
    ):
        assert (watched[name]["value"] is not None) != bool(watched[name]["why_not"]), name
    assert watched["ConcurrentCalls"]["value"] == concurrent["peak"]
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "Not shown" in page
    assert "<svg" in page
    for name, start in (
        ("text", "╭"),
        ("markdown", "# helpdesk"),
        ("json", "{"),
        ("html", "<!doctype html>"),
    ):
        done = busyhour("report", tmp_path / "run", "--format", name, "-o", "-", cwd=ROOT)
        assert done.code == 0, done.err
        assert done.out.startswith(start)


@pytest.mark.slow
def test_a_peak_at_default_quotas_names_what_bound_first_and_when(busyhour: Busyhour, tmp_path: Path) -> None:
    done = busyhour("run", "peak", *STEEP, "--out", tmp_path / "run", cwd=ROOT)
    record = done.record(tmp_path / "run")
    assert done.code == 1
    first = record["verdict"]["reasons"][0]
    bound = sorted(
        (q for q in record["quotas"] if q["verdict"] == "binds"), key=lambda q: float(q["first_rejected_at"])
    )
    assert {q["code"] for q in bound} >= {"L-12AB7C57"}
    assert first.startswith(f"{bound[0]['name']} ({bound[0]['value']:g} ")
    assert " bound at 0:" in first
    assert f"peak does not hold: {first}" in done.out
    assert quota(record, "L-12AB7C57")["value"] == 10.0
    assert record["arrivals"]["started"] == record["arrivals"]["planned"]


@pytest.mark.slow
def test_the_same_peak_with_raised_quotas_carries_it_as_far_as_so_short_a_test_shows(
    busyhour: Busyhour, tmp_path: Path
) -> None:
    done = busyhour("run", "peak_raised", *STEEP, "--out", tmp_path / "run", cwd=ROOT)
    record = done.record(tmp_path / "run")
    assert done.code == 4, record["verdict"]
    assert record["verdict"]["outcome"] == "not shown"
    assert quota(record, "L-12AB7C57")["value"] == 250.0
    assert quota(record, "L-12AB7C57")["rejected"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["helpdesk", "outbound", "peak_raised"])
def test_a_shipped_scenario_that_holds_shows_it(busyhour: Busyhour, tmp_path: Path, name: str) -> None:
    done = busyhour("run", name, *PATIENT, "--out", tmp_path / "run", cwd=ROOT, seconds=400)
    record = done.record(tmp_path / "run")
    assert done.code == 0, done.out
    shown = record["shown"]
    assert (shown["stationary"], shown["why"]) == (True, [])
    assert shown["ended"] > 0.9 * record["arrivals"]["started"] or record["scenario"]["drive"] == "voice"


@pytest.mark.slow
def test_two_workers_start_the_same_schedule(busyhour: Busyhour, tmp_path: Path) -> None:
    done = busyhour("run", "helpdesk", *SHORT, "--workers", "2", "--out", tmp_path / "run", cwd=ROOT)
    record = done.record(tmp_path / "run")
    assert record["generator"]["workers"] == 2
    assert record["arrivals"]["planned"] == record["arrivals"]["started"]
    assert total(record, "arrivals started") == record["arrivals"]["planned"]


def test_ctrl_c_ends_live_calls_and_reports_what_was_measured(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "busyhour", "run", "helpdesk", "--out", str(tmp_path / "run")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    progress = tmp_path / "run" / "progress.jsonl"
    deadline = time.monotonic() + 60
    while not progress.exists() or progress.read_text().count("\n") < 5:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130, out
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["verdict"]["outcome"] == "interrupted"
    assert 0 < record["arrivals"]["started"] < record["arrivals"]["planned"]
    assert "Traceback" not in out


def test_a_busy_port_is_named(busyhour: Busyhour, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = busyhour("run", "helpdesk", "--port", str(port), "--out", tmp_path, cwd=ROOT)
    assert done.code == 2
    assert f"error: Port {port} on 127.0.0.1 is in use." in done.err
    assert "hint: " in done.err


def test_against_aws_is_refused_with_every_reason_and_calls_nothing(
    busyhour: Busyhour, tmp_path: Path
) -> None:
    done = busyhour(
        "run", "outbound", "--target", "aws", "--live", cwd=ROOT, AWS_ENDPOINT_URL="http://127.0.0.1:9"
    )
    assert done.code == 3
    assert "Refused: " in done.err
    assert "sets no max_calls" in done.err
    assert "names no approval record" in done.err


def test_a_projects_own_rules_run_where_it_is_trusted_and_else_nothing_is_run(
    busyhour: Busyhour, tmp_path: Path
) -> None:
    """A rule that leaves a mark and is none: the run ends where the flows are checked."""
    rules, mark = tmp_path / "contract_tests" / "rules", tmp_path / "mark"
    rules.mkdir(parents=True)
    (tmp_path / "busyhour.toml").write_text("")
    (rules / "own.py").write_text(f"open({str(mark)!r}, 'w')\n")
    command = ("run", str(ROOT / "scenarios" / "helpdesk.toml"), "--smoke", "--out", tmp_path / "run")
    left_out = busyhour(*command, cwd=tmp_path)
    assert left_out.code == 2
    assert "own.py: this rule was left out" in left_out.err
    assert not (tmp_path / "run").exists()
    both = busyhour(*command, "--trust", "--shipped-rules-only", cwd=tmp_path)
    assert both.code == 2
    assert not mark.exists()
    trusted = busyhour(*command, "--trust", cwd=tmp_path)
    assert mark.exists(), trusted.err
    assert trusted.code == 2, "the file has no rule in it"
