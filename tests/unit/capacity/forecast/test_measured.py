"""What runs measured, beside the forecast of the same plan."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from busyhour.capacity.forecast.build import CALLS, forecast
from busyhour.capacity.forecast.measured import find_runs, records_of, wilson, with_measurement
from busyhour.capacity.forecast.model import Forecast
from busyhour.capacity.render.text import text
from busyhour.errors import BusyhourError
from busyhour.results import store
from busyhour.results.entries import Arrivals, QuotaRecord
from busyhour.results.record import Outcome, RunRecord, VerdictRecord


@pytest.fixture(scope="module")
def plain(small: Any) -> Forecast:
    made = small.scenario(calls_per_hour=600.0, duration=3600.0)
    return forecast(made, machine=small.machine(small.prompt(30)), calls=200)


def run(found: Forecast, run_id: str = "small-2", peak: float | None = 11.0, **more: Any) -> RunRecord:
    quota = QuotaRecord(
        *(
            CALLS,
            "connect",
            "Calls",
            "L-12AB7C57",
            "instance",
            "count",
            10.0,
            "applied (instance)",
            "now",
            10.0,
        ),
        *(
            peak,
            5.0,
            more.pop("source", "measured by the emulator"),
            more.pop("rejected", 0),
            None,
            1.1,
            -0.1,
            "binds",
        ),
    )
    plan = more.pop("plan", {"calls_per_hour": found.calls_per_hour, "planned_calls": found.planned_calls})
    return RunRecord(
        run_id,
        "0",
        {"name": "small"},
        {},
        more.pop("started", "2026-01-02T00:00:00Z"),
        "",
        3600.0,
        VerdictRecord(more.pop("outcome", Outcome.DOES_NOT_HOLD)),
        Arrivals(600, 600, 0, 0),
        quotas=[quota],
        forecast=plan,
    )


def measured(found: Forecast) -> Any:
    return next(quota.measured for quota in found.quotas if quota.key == CALLS)


def test_a_run_of_the_plan_stands_beside_theory_and_simulation(plain: Forecast):
    found = with_measurement(plain, [run(plain, rejected=60)])
    seen = measured(found)
    assert (seen.run, seen.peak, seen.runs, seen.half_width) == ("small-2", 11.0, 1, None)
    assert seen.rejected_share == pytest.approx(0.1)
    assert 0.02 < seen.rejected_share_half_width < 0.03
    shown = Console(width=220, record=True)
    with shown.capture() as out:
        text(found, shown)
    assert "11 (1 run)" in out.get()
    assert "10.0% ± 2.4%" in out.get()
    assert found.as_json["quotas"][0]["measured"]["peak"] == 11.0


def test_several_runs_give_an_interval(plain: Forecast):
    runs = [run(plain, f"small-{n}", peak) for n, peak in ((3, 10.0), (2, 12.0), (1, 11.0))]
    seen = measured(with_measurement(plain, runs))
    assert (seen.run, seen.peak, seen.mean, seen.runs) == ("small-3", 10.0, 11.0, 3)
    # Student's t with two degrees of freedom: 4.303 x 1 / sqrt(3).
    assert seen.half_width == pytest.approx(2.484, abs=0.01)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"plan": {"calls_per_hour": 60.0, "planned_calls": 60.0}}, "planned 60 calls/h"),
        ({"plan": {}}, "had another plan"),
        ({"outcome": Outcome.INVALID}, "was invalid or interrupted"),
    ],
)
def test_a_run_of_another_plan_is_not_shown_and_noted(plain: Forecast, more: dict[str, Any], said: str):
    found = with_measurement(plain, [run(plain, **more)])
    assert measured(found) is None
    assert said in found.notes[-1]


def test_a_missing_run_is_noted(plain: Forecast):
    assert "no run of the scenario" in with_measurement(plain, []).notes[-1]


def test_a_forecast_in_a_run_is_no_measurement(plain: Forecast):
    assert measured(with_measurement(plain, [run(plain, source="forecast")])) is None
    assert measured(with_measurement(plain, [run(plain, peak=None)])) is None


def test_a_disagreement_of_measurement_and_forecast_is_noted(plain: Forecast):
    apart = with_measurement(plain, [run(plain, peak=40.0)])
    assert any(
        "measurement and forecast disagree" in note and "40 in small-2" in note for note in apart.notes
    )
    near = with_measurement(plain, [run(plain, peak=11.0)])
    assert not any("part" in note for note in near.notes)
    # A quota that blocked calls hides how many there would have been.
    full = with_measurement(plain, [run(plain, peak=40.0, rejected=9)])
    assert not any("part" in note for note in full.notes)


def test_runs_that_do_not_count_are_counted(plain: Forecast):
    found = with_measurement(plain, [run(plain), run(plain, "small-1", plan={})])
    assert any(note.startswith("1 more run of small not counted") for note in found.notes)


def test_the_newest_runs_of_the_scenario_are_found(plain: Forecast, tmp_path: Path):
    for n in range(1, 4):
        store.write_run(tmp_path / f"small-2026010{n}T000000Z", run(plain, f"small-{n}"))
    store.write_run(tmp_path / "other-20260105T000000Z", run(plain))
    store.write_run(
        tmp_path / "small-talk-20260105T000000Z", replace(run(plain), scenario={"name": "small-talk"})
    )
    broken = tmp_path / "small-20260109T000000Z"
    broken.mkdir()
    (broken / store.RUN_FILE).write_text("{", encoding="utf-8")
    (tmp_path / "small-20260110T000000Z").mkdir()
    records, notes = find_runs(tmp_path, "small")
    assert [record.run_id for record in records] == ["small-3", "small-2", "small-1"]
    assert len(notes) == 1
    assert "not JSON" in notes[0]
    assert find_runs(tmp_path / "nowhere", "small") == ([], [])


def test_named_runs_are_read_newest_first(plain: Forecast, tmp_path: Path):
    for n in (1, 2):
        store.write_run(tmp_path / f"r{n}", run(plain, f"r{n}", started=f"2026-01-0{n}T00:00:00Z"))
    assert [r.run_id for r in records_of([tmp_path / "r1", tmp_path / "r2"])] == ["r2", "r1"]
    with pytest.raises(BusyhourError):
        records_of([tmp_path / "r3"])


def test_an_interval_of_a_share_never_leaves_the_shares():
    share, wide = wilson(0, 100)
    assert (share, 0.0 < wide < 0.04) == (0.0, True)
    assert wilson(50, 100)[1] == pytest.approx(0.0962, abs=1e-3)
