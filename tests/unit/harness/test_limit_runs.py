"""Each step of the search is a whole run of the scenario at its own growth and seed, kept in a folder of its own."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from busyhour.cli.run import command
from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness import limit_runs
from busyhour.harness.find_limit import Limit
from busyhour.harness.progress import Silent
from busyhour.harness.run import Options
from busyhour.project import Project
from busyhour.results.record import Arrivals, Outcome, RunRecord, VerdictRecord
from busyhour.rooms import shipped_root
from busyhour.scenarios import reader

ROOT = shipped_root()


def test_the_rate_is_raised_by_growth_with_a_seed_of_its_own_and_every_run_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[float, int]] = []

    def execute(options: Options, folder: Path, progress: Any) -> RunRecord:
        growth = options.scenario.traffic.growth
        ran.append((growth, options.scenario.seed))
        outcome = Outcome.HOLDS if growth < 3.0 else Outcome.DOES_NOT_HOLD
        verdict = VerdictRecord(outcome, [] if growth < 3.0 else ["the 5/s bound"], "s")
        return RunRecord(folder.name, "1", {}, {}, "", "", 1.0, verdict, Arrivals(1, 1, 0, 0))

    monkeypatch.setattr(limit_runs, "execute", execute)
    plan = reader.load(ROOT / "scenarios" / "outbound.toml", root=ROOT, overrides=("traffic.growth=2.0",))
    found = limit_runs.find(Options(plan, Project.at(ROOT)), tmp_path, Silent())
    assert ran[:2] == [(2.0, plan.seed), (3.0, plan.seed + 1)]
    assert found.holds is not None
    assert found.holds < 1.5 <= (found.breaks or 0.0) <= found.holds * 1.05
    assert len({seed for _, seed in ran}) == len(ran) == len(list(tmp_path.glob("step-*/run.json")))
    written = json.loads((tmp_path / limit_runs.LIMIT_FILE).read_text())
    assert written["planned_calls_per_hour"] == pytest.approx(17280)
    assert written["holds_calls_per_hour"] == pytest.approx(17280 * found.holds)
    assert written["cause"] == "the 5/s bound"
    said = "\n".join(limit_runs.lines(found, 17280))
    assert "3 of 3 times" in said
    assert "What binds: the 5/s bound" in said


def test_what_was_not_found_is_said() -> None:
    assert limit_runs.lines(Limit(stopped="nothing held down to 0.01 times the plan"), 100.0) == [
        "No rate held.",
        "The search ended early: nothing held down to 0.01 times the plan.",
    ]


def test_many_runs_against_a_real_account_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(command, ["outbound", "--target", "aws", "--find-limit", "--live"])
    assert isinstance(result.exception, BusyhourError)
    assert result.exception.exit_code is ExitCode.REFUSED
