"""`busyhour pull` against an emulated instance with the example's flows, as a user types it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from busyhour.flowdiff.diff import diff_flow
from busyhour.flows.export.reader import read_file
from busyhour.quotas.table.quota_table import load
from busyhour.shipped import shipped_root

from .test_emulator_process import Process, process

Busyhour = Callable[..., Any]
FAST = [
    word
    for quota in load()
    if quota.kind == "api_rate" and quota.service == "connect"
    for word in ("--quota", f"{quota.key}=1000")
]
"""Rates at which a pull takes seconds."""


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("emulator")
    scenario = shipped_root() / "scenarios" / "helpdesk.toml"
    with process(folder, "--scenario", str(scenario), "--number", "+12065550142", *FAST) as running:
        yield running


def test_a_pulled_instance_is_a_project_and_a_change_is_drift(
    busyhour: Busyhour, emulator: Process, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    words = ("pull", "--instance", "busyhour", "--region", "us-east-1", "--emulator", emulator.url)
    words = (*words, "--share", "1")

    pulled = busyhour(*words, cwd=project)
    assert pulled.code == 0, pulled.out + pulled.err
    assert "reading them takes about" in pulled.err
    for original in (shipped_root() / "examples" / "helpdesk" / "flows").glob("*.json"):
        before = read_file(original)
        (same,) = (path for path in project.rglob("*.json") if path.stem.casefold() == original.stem)
        assert diff_flow(before.name, before, read_file(same)) == []
    files = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}

    checked = busyhour("check", cwd=project)
    assert "6 flows" in checked.out + checked.err

    assert busyhour(*words, cwd=project).out.splitlines()[-1].startswith("0 differences")
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == files

    index = json.loads((project / "instance" / "index.json").read_text())
    (support,) = (one for one, entry in index["resources"]["queues"].items() if entry["name"] == "Support")
    emulator.client("connect").update_queue_max_contacts(
        InstanceId=index["instance"]["Id"], QueueId=support, MaxContacts=7
    )
    drift = busyhour(*words, "--check", cwd=project)
    assert drift.code == 1
    assert "queue Support: MaxContacts: (none) -> 7" in drift.out
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == files


def test_three_commands_lead_from_an_instance_to_a_forecast(
    busyhour: Busyhour, emulator: Process, tmp_path: Path
) -> None:
    rows = "".join(
        f"2026-11-0{day},{hour}00,{60 + hour},180,30,2\n" for day in (2, 3, 4) for hour in range(8, 18)
    )
    (tmp_path / "acd.csv").write_text(f"row_date,starttime,callsoffered,avg_talk,avg_acw,abncalls\n{rows}")

    words = ("--region", "us-east-1", "--emulator", emulator.url, "--share", "1")
    pulled = busyhour("pull", "--instance", "busyhour", *words, cwd=tmp_path)
    assert pulled.code == 0, pulled.err
    learnt = busyhour("learn", "--calls", "acd.csv", "--into", "scenarios/busyhour.toml", cwd=tmp_path)
    assert learnt.code == 0, learnt.err
    forecast = busyhour("forecast", cwd=tmp_path)
    assert forecast.code in (0, 1), forecast.err
    assert "First bottleneck" in forecast.out
    assert "Agents of queue Support" in forecast.out

    assert busyhour("check", cwd=tmp_path).code == 0
    left = busyhour("scenario", "check", cwd=tmp_path)
    assert left.code == 0, left.out
    assert "0 unused, 0 unreachable, 0 unset" in left.out
    assert "volume" not in left.out


@pytest.mark.slow
def test_the_scenario_of_a_pull_runs_without_an_edit(
    busyhour: Busyhour, emulator: Process, tmp_path: Path
) -> None:
    words = ("--region", "us-east-1", "--emulator", emulator.url, "--share", "1")
    assert busyhour("pull", "--instance", "busyhour", *words, cwd=tmp_path).code == 0
    short = [f"--set={one}" for one in ("test.hold=3s", "test.drain=2s", "traffic.calls_per_hour=7200")]
    run = busyhour("run", "busyhour", "--smoke", *short, "--out", "out", cwd=tmp_path)
    assert run.code == 0, run.out + run.err


def test_the_policy_has_rights_to_read_alone(busyhour: Busyhour, tmp_path: Path) -> None:
    done = busyhour("pull", "--iam-policy", cwd=tmp_path)
    actions = json.loads(done.out)["Statement"][0]["Action"]
    assert "connect:DescribeContactFlow" in actions
    assert all(one.partition(":")[2].startswith(("List", "Get", "Describe", "Search")) for one in actions)


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        ("", "no answer is recorded"),
        ('{"of": ""}\nnot JSON\n', "damaged at byte 11"),
        (
            '{"of": ""}\n{"service": "connect", "operation": "ListInstances", "parameters": {"MaxResults": 10}, '
            '"answer": {"InstanceSummaryList": 5}}\n',
            "InstanceSummaryList must be a list",
        ),
    ],
)
def test_damaged_answers_are_named(busyhour: Busyhour, tmp_path: Path, answers: str, shown: str) -> None:
    (tmp_path / "answers.jsonl").write_text(answers)
    done = busyhour("pull", "--from-answers", tmp_path, "--into", tmp_path / "p", cwd=tmp_path)
    assert done.code == 2, done.err
    assert shown in done.err
