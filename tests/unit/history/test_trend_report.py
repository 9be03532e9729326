"""The nights up to a run, as its report shows them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.synthetic_runs import System, run

from busyhour.history import trend_report
from busyhour.history.entry import Night
from busyhour.history.store import History
from busyhour.project import Project

SYSTEM = System(seconds=40, run_noise=0.0)


def night(at: int, slow_from: int = 99) -> Night:
    one = run(replace(SYSTEM, latency_ms=60.0 if at >= slow_from else 40.0), at)
    one.started = f"2026-03-{at + 1:02d}T03:00:00+00:00"
    return Night(one, revision="new" if at >= slow_from else "old", flows={"a.json": str(at >= slow_from)})


def test_every_metric_of_every_night_with_its_change_and_what_changed_beside() -> None:
    data = trend_report.as_data([night(at, slow_from=8) for at in range(16)])
    assert [one["started"][:10] for one in data["nights"]] == [f"2026-03-{at + 1:02d}" for at in range(16)]
    assert all(len(metric["values"]) == 16 for metric in data["metrics"])
    change = next(one for one in data["changes"] if one["metric"] == "latency p50: lambda:Invoke")
    assert change["index"] == 8
    assert change["beside"] == ["commit old to new", "flow a.json changed"]
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_up_to_a_run_are_the_valid_nights_of_its_plan_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    last = night(5)
    monkeypatch.setattr(trend_report, "night_of", lambda path, project: last)
    assert trend_report.up_to(tmp_path, project) == {}, "there is no history, and none is made"
    assert not project.history_file.exists()
    other, void, repeat = night(6), night(1), night(2)
    other.observation.identity = {"name": "generated", "seed": 7}
    void.observation.outcome = "invalid"
    repeat.repeat_of = "generated-0"
    with History.open(project.history_file) as history:
        history.add([night(0), void, repeat, other, night(3), night(5), night(9)])
    shown = trend_report.up_to(tmp_path, project)
    assert [one["run_id"] for one in shown["nights"]] == ["generated-0", "generated-3", "generated-5"]
    last.observation.outcome = "invalid"
    assert trend_report.up_to(tmp_path, project) == {}
