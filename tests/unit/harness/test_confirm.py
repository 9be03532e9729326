"""`busyhour run --confirm` behind the command: which folders are read and made, and what is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.synthetic_runs import System, run

from busyhour.harness import confirm as module
from busyhour.harness.confirm import hold_against
from busyhour.harness.run import Options
from busyhour.project import Project
from busyhour.regression import verdicts
from busyhour.regression.metrics.observation import Observation
from busyhour.results.entries import Arrivals
from busyhour.results.record import Outcome, RunRecord, VerdictRecord

SYSTEM = System(seconds=300)
SLOW = replace(SYSTEM, latency_ms=56.0)


class Said:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def stage(self, text: str) -> None:
        self.lines.append(text)

    say = stage

    def load(self, tick: object) -> None: ...


def record(outcome: Outcome = Outcome.HOLDS) -> RunRecord:
    return RunRecord(
        "r", "0", {}, {}, "", "", 1.0, VerdictRecord(outcome, summary="said"), Arrivals(1, 1, 0, 0)
    )


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs come from a table by their folder's name instead of from a load."""
    runs: dict[str, Observation] = {f"n{night}": run(SYSTEM, 100 + night) for night in range(3)}
    outcomes: dict[str, Outcome] = {}

    def execute(options: Options, folder: Path, progress: Any) -> RunRecord:
        made = record(outcomes.get(folder.name, Outcome.HOLDS))
        runs[folder.name].outcome = made.verdict.outcome.value
        return made

    monkeypatch.setattr(module, "execute", execute)
    monkeypatch.setattr(module, "read", lambda path: runs[path.name])
    monkeypatch.setattr("busyhour.history.baseline.read", lambda path: runs[path.name])
    (tmp_path / "tonight").mkdir()
    said = Said()

    def hold(*names: str, most: int = 2) -> Any:
        options = Options(scenario=None, project=Project(tmp_path))  # type: ignore[arg-type]  # nothing is driven
        return hold_against(options, tmp_path / "tonight", said, names=names or ("n0", "n1", "n2"), most=most)

    hold.runs, hold.outcomes, hold.said, hold.folder = runs, outcomes, said, tmp_path / "tonight"  # type: ignore[attr-defined]  # beside it
    return hold


def test_a_regression_is_repeated_in_folders_below_the_run_and_both_are_kept(centre: Any) -> None:
    centre.runs |= {"tonight": run(SLOW, 1), "tonight-repeat-1": run(SLOW, 2)}
    held = centre()
    assert held.found.regressed
    assert not held.unproven
    assert [one.name for one in verdicts.repeat_folders(centre.folder)] == ["tonight-repeat-1"]
    kept = verdicts.read_verdict(centre.folder)
    assert kept is not None
    assert kept.regressed
    assert kept.confirmation == held.found.confirmation


def test_a_run_like_those_before_is_not_repeated(centre: Any) -> None:
    centre.runs["tonight"] = run(SYSTEM, 1)
    assert not centre().found.regressed
    assert verdicts.repeat_folders(centre.folder) == []


def test_repeats_that_prove_nothing_are_bounded_and_leave_it_unproven(centre: Any) -> None:
    centre.runs |= {name: run(SLOW, 2) for name in ("tonight", "tonight-repeat-1", "tonight-repeat-2")}
    centre.outcomes |= {"tonight-repeat-1": Outcome.INVALID, "tonight-repeat-2": Outcome.INVALID}
    held = centre()
    assert held.unproven
    assert len(verdicts.repeat_folders(centre.folder)) == 2


def test_ctrl_c_in_a_repeat_ends_the_repeats(centre: Any) -> None:
    centre.runs |= {name: run(SLOW, 2) for name in ("tonight", "tonight-repeat-1")}
    centre.outcomes["tonight-repeat-1"] = Outcome.INTERRUPTED
    held = centre()
    assert held.interrupted
    assert len(verdicts.repeat_folders(centre.folder)) == 1


def test_an_invalid_run_and_a_first_night_are_not_compared_and_say_so(centre: Any) -> None:
    centre.runs["tonight"] = run(SYSTEM, 1)
    assert centre("history") is None
    centre.runs["tonight"].outcome = "invalid"
    assert centre() is None
    assert "there is none of this plan yet" in centre.said.lines[0]
    assert "this one is invalid" in centre.said.lines[1]


def test_folders_of_other_names_are_not_repeats(tmp_path: Path) -> None:
    for name in ("x-repeat-10", "x-repeat-2", "x-repeat-old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}", encoding="utf-8")
    assert [one.name for one in verdicts.repeat_folders(tmp_path)] == ["x-repeat-2", "x-repeat-10"]
