"""Each step of the search is a whole run of the scenario at its own growth and seed, kept in a folder of its own."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from busyhour.cli.run import command
from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness.limit_search import runs
from busyhour.harness.progress import Silent
from busyhour.harness.run import Options
from busyhour.project import Project
from busyhour.report.sections.limit_search import sentences
from busyhour.results.entries import Arrivals
from busyhour.results.record import Outcome, RunRecord, VerdictRecord
from busyhour.scenarios import reader
from busyhour.shipped import shipped_root

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

    monkeypatch.setattr(runs, "execute", execute)
    plan = reader.load(ROOT / "scenarios" / "outbound.toml", root=ROOT, overrides=("traffic.growth=2.0",))
    found, whole = runs.find(Options(plan, Project.at(ROOT)), tmp_path, Silent())
    assert ran[:2] == [(2.0, plan.seed), (3.0, plan.seed + 1)]
    assert found.holds is not None
    assert found.holds < 1.5 <= (found.breaks or 0.0) <= found.holds * 1.05
    assert len({seed for _, seed in ran}) == len(ran) == len(list(tmp_path.glob("step-*/run.json")))
    written = json.loads((tmp_path / runs.LIMIT_FILE).read_text())
    assert written["planned_calls_per_hour"] == pytest.approx(17280)
    assert written["holds_calls_per_hour"] == pytest.approx(17280 * found.holds)
    assert written["cause"] == "the 5/s bound"
    assert whole is not None
    assert (whole.verdict.outcome, whole.run_id) == (Outcome.HOLDS, tmp_path.name)
    assert "calls/h hold" in whole.verdict.summary
    assert whole.limit is not None
    assert whole.limit.times == 3
    shown = next(run for run in whole.limit.runs if run.run_id == whole.limit.shown)
    assert shown.factor == found.holds
    assert whole.notes[0] == f"Figures are those of the run {shown.run_id}, one of {len(ran)} of the search."
    said = "\n".join(sentences(whole.limit))
    assert "3 of 3 times" in said
    assert "What binds: the 5/s bound" in said


def searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *outcomes: Outcome | BaseException, exceeds: bool = False
) -> Any:
    """The search over runs that come out so, one after the other; a limit of the forecast is at 1,000 calls/h."""
    todo = list(outcomes)
    rates: list[float] = []

    def execute(options: Options, folder: Path, progress: Any) -> RunRecord:
        rates.append(options.scenario.traffic.growth)
        now = todo.pop(0)
        if isinstance(now, BaseException):
            raise now
        verdict = VerdictRecord(now, [] if now is Outcome.HOLDS else ["too much"], "s")
        first = {
            "key": "a",
            "name": "Lines",
            "value": 5.0,
            "origin": "scenario",
            "needed": 9.0,
            "calls_per_hour": 1000.0,
            "verdict": "exceeds" if exceeds else "within",
        }
        forecast = {"limits": [first, {"key": "b", "calls_per_hour": None, "verdict": "within"}]}
        arrivals = Arrivals(1, 1, 0, 0)
        return RunRecord(
            folder.name, "1", {"name": "s"}, {}, "", "", 1.0, verdict, arrivals, forecast=forecast
        )

    monkeypatch.setattr(runs, "execute", execute)
    plan = reader.load(ROOT / "scenarios" / "outbound.toml", root=ROOT, overrides=("headroom=0.2",))
    return *runs.find(Options(plan, Project.at(ROOT)), tmp_path, Silent()), rates


def test_below_the_plan_the_search_begins_where_the_forecast_sees_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks, holds = Outcome.DOES_NOT_HOLD, Outcome.HOLDS
    _, whole, rates = searched(tmp_path, monkeypatch, breaks, holds, KeyboardInterrupt())
    assert rates[1] == pytest.approx(1000 * 0.8 / 8640, rel=1e-5), "less the headroom"
    assert whole is not None
    assert whole.verdict.outcome is Outcome.DOES_NOT_HOLD, "of the plan"


def test_ctrl_c_keeps_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, whole, _ = searched(tmp_path, monkeypatch, Outcome.HOLDS, KeyboardInterrupt())
    assert (found.interrupted, found.holds, found.times) == (True, 1.0, 1)
    assert whole is not None
    assert whole.verdict.reasons == ["The search ended early: it was interrupted."]
    assert json.loads((tmp_path / runs.LIMIT_FILE).read_text())["stopped"] == "it was interrupted"


def test_a_plan_that_a_limit_does_not_carry_by_calculation_does_not_hold_whatever_the_search_saw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, whole, _ = searched(tmp_path, monkeypatch, Outcome.HOLDS, KeyboardInterrupt(), exceeds=True)
    assert whole is not None
    assert whole.verdict.outcome is Outcome.DOES_NOT_HOLD
    assert (
        whole.verdict.reasons[0]
        == "By calculation Lines does not carry the plan: the plan needs 9, 5 scenario."
    )


def test_too_short_runs_do_not_show_that_the_plan_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, whole, _ = searched(tmp_path, monkeypatch, Outcome.NOT_SHOWN, KeyboardInterrupt())
    assert whole is not None
    assert whole.verdict.outcome is Outcome.NOT_SHOWN


def test_ctrl_c_in_the_first_run_leaves_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, whole, _ = searched(tmp_path, monkeypatch, KeyboardInterrupt())
    assert (found.interrupted, whole) == (True, None)


def test_a_run_that_cannot_be_made_ends_the_search_and_not_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = BusyhourError("The emulator ended before it was ready.")
    found, whole, _ = searched(tmp_path, monkeypatch, Outcome.HOLDS, broken)
    assert (found.holds, found.times) == (1.0, 1)
    assert whole is not None
    assert (
        found.stopped
        == "the run at 1.5 times the plan could not be made: The emulator ended before it was ready"
    )
    with pytest.raises(BusyhourError, match="before it was ready"):
        searched(tmp_path, monkeypatch, broken)


def test_many_runs_against_a_real_account_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(command, ["outbound", "--target", "aws", "--find-limit", "--live"])
    assert isinstance(result.exception, BusyhourError)
    assert result.exception.exit_code is ExitCode.REFUSED
