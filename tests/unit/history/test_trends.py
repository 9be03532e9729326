from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from support.synthetic_runs import System, run

from busyhour.history.entry import Night
from busyhour.history.trends import night_of, trends
from busyhour.project import Project
from busyhour.regression.settings import Tolerances, tolerances
from busyhour.results import store
from busyhour.results.entries import Arrivals
from busyhour.results.record import Outcome, RunRecord, VerdictRecord

CI = ("GITHUB_SHA", "CI_COMMIT_SHA", "CODEBUILD_RESOLVED_SOURCE_VERSION")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with one flow and one run; no CI, no git."""
    for name in CI:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "busyhour.toml").write_text('flows = ["flows/*.json"]\n', encoding="utf-8")
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "main.json").write_text("{}", encoding="utf-8")
    record = RunRecord("r", "0", {"name": "x"}, {"kind": "emulator"}, "2026-01-01", "", 1.0, VerdictRecord(Outcome.HOLDS), Arrivals(1, 1, 0, 0))  # fmt: skip
    store.write_run(tmp_path / "r", record)
    return Project.at(tmp_path)


def test_the_verdict_of_compare_goes_into_the_night(project: Project) -> None:
    folder = project.root / "r"
    assert night_of(folder, project).regressed is None
    for verdict in (True, False):
        (folder / "compare.json").write_text(json.dumps({"regressed": verdict}), encoding="utf-8")
        assert night_of(folder, project).regressed is verdict


def test_a_flow_that_changes_has_another_fingerprint(project: Project) -> None:
    before = night_of(project.root / "r", project).flows
    (project.root / "flows" / "main.json").write_text("{ }", encoding="utf-8")
    after = night_of(project.root / "r", project).flows
    assert before.keys() == after.keys() == {"main.json"}
    assert before != after


def test_the_commit_is_the_given_one_or_cis_or_gits_or_unknown(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project.root / "r"
    assert night_of(folder, project).revision == ""
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "x"]):
        subprocess.run(["git", *arguments], cwd=project.root, check=True)
    assert len(night_of(folder, project).revision) == 40
    monkeypatch.setenv("CI_COMMIT_SHA", "abc")
    assert night_of(folder, project).revision == "abc"
    assert night_of(folder, project, "mine").revision == "mine"


def test_a_trend_is_a_metric_that_changed_by_enough() -> None:
    nights = []
    for k in range(16):
        one = run(System(seconds=60, latency_ms=40.0 if k < 8 else 60.0, run_noise=0.0), k)
        one.started = f"2026-01-{k + 1:02d}"
        nights.append(Night(one, revision="a" if k < 8 else "b"))
    found = trends(nights, "p50", 0.03)
    (only,) = found
    assert only.metric == "latency p50: lambda:Invoke"
    assert only.started == "2026-01-09"
    assert only.beside == ["commit a to b"]
    assert trends(nights, "p50", 0.9) == []


def test_tolerances_come_from_the_project_wherever_its_settings_stand(tmp_path: Path) -> None:
    assert tolerances(Project(tmp_path)) == Tolerances()
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text("[tool.busyhour.compare]\nlatency = 0.2\n", encoding="utf-8")
    assert tolerances(Project.at(tmp_path)) == Tolerances(latency=0.2)
    (tmp_path / "busyhour.toml").write_text("[compare]\nheadroom = 1\n", encoding="utf-8")
    assert tolerances(Project.at(tmp_path)) == Tolerances(headroom=1.0)


def test_of_many_metrics_that_did_not_change_none_is_reported() -> None:
    """Each metric by itself is wrong one time in a hundred; all of them together stay under a rate of one in twenty."""
    said = 0
    for seed in range(6):
        nights = []
        for k in range(24):
            one = run(System(seconds=30, run_noise=0.03), 1000 * seed + k)
            one.started = f"2026-01-{k + 1:02d}"
            nights.append(Night(one))
        said += bool(trends(nights, "", 0.0))
    assert said <= 1
