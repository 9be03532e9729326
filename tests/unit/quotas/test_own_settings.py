"""Limits that the plan exceeds and that no request to AWS raises: named with need and way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from busyhour.cli.request import command
from busyhour.quotas.own_settings import own_settings
from busyhour.results import store


def row(
    key: str, kind: str, name: str, *, needed: float | None = 8.0, verdict: str = "exceeds"
) -> dict[str, Any]:
    return {
        "key": key,
        "name": name,
        "kind": kind,
        "value": 6.0,
        "unit": "executions",
        "origin": "scenario",
        "needed": needed,
        "calls_per_hour": 4536.0,
        "verdict": verdict,
        "binds_at_plan": verdict == "exceeds",
        "calculation": "3 erlang: 8",
        "requirement": {"model": "executions"},
    }


RESERVED = row("function.look-up.v2.reserved", "setting", "Reserved concurrency of look-up.v2")


def test_a_reserved_concurrency_comes_with_its_need_and_the_command(run_record: Any) -> None:
    [one] = own_settings(run_record(limits=[RESERVED]))
    assert one.words.startswith("Reserved concurrency of look-up.v2: present value 6 executions, needed 8.")
    assert (
        "aws lambda put-function-concurrency --function-name look-up.v2 --reserved-concurrent-executions 8 "
        "--region us-east-1"
    ) in one.words
    assert "not a request to AWS Support" in one.words


@pytest.mark.parametrize(
    ("key", "kind", "way_out"),
    [
        ("queue.Support.capacity", "setting", "update-queue-max-contacts"),
        ("queue.Support.agents", "staffing", "no AWS setting raises it"),
        ("limits.crm", "external", "its operator raises it"),
        ("table.items.write.partition", "partition", "spread the keys"),
        ("table.items.write", "setting", "aws dynamodb update-table"),
    ],
)
def test_each_kind_has_a_way_out_of_its_own(run_record: Any, key: str, kind: str, way_out: str) -> None:
    [one] = own_settings(run_record(limits=[row(key, kind, "It")]))
    assert way_out in one.way_out


def test_what_carries_the_plan_and_what_is_a_quota_is_left_out(run_record: Any, limit_row: Any) -> None:
    kept = row("function.other.reserved", "setting", "Reserved concurrency of other", verdict="within")
    assert own_settings(run_record(limits=[kept, limit_row("L-12AB7C57", 10, 40)])) == []


def test_request_prints_it_in_text_and_json(
    run_record: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store.write_run(tmp_path, run_record(limits=[RESERVED]))

    def printed(*more: str) -> str:
        return CliRunner().invoke(command, [str(tmp_path), *more], catch_exceptions=False).output

    assert "- Reserved concurrency of look-up.v2: present value 6 executions, needed 8." in printed()
    [setting] = json.loads(printed("--format", "json"))["own_settings"]
    assert (setting["present"], setting["needed"]) == (6.0, 8.0)
