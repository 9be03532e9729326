"""What was simulated is learnt again: shares, times and volumes of a day on the emulator, within their intervals."""

import json
import shutil

import pytest

from busyhour import cli
from busyhour.scenarios.reader import load
from busyhour.shipped import shipped_root

from . import recorded_day as day


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with the helpdesk's scenario; its functions are models."""
    for folder in ("examples", "scenarios"):
        shutil.copytree(shipped_root() / folder, tmp_path / folder)
    (tmp_path / "busyhour.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def learn(*words):
    with pytest.raises(SystemExit) as ended:
        cli.main(["learn", "--records", "records.jsonl", "--flow-logs", "flows.jsonl", *words])
    assert not ended.value.code


def truths():
    """The simulated values by the name that learn gives them."""
    known = {
        "talk, holds included": day.TALK.mean,
        "after-call work": day.WRAP_UP.mean,
        "patience": day.PATIENCE.mean,
        "Helpdesk ticket status/Ask for the ticket number: silence": day.SILENT,
    }
    for menu, behaviour in day.MENUS.items():
        known |= {f"Helpdesk main/{menu}: {choice}": share for choice, share in behaviour.choices.items()}
    return known


def coverage(document):
    """Pairs of name and whether the interval has the simulated value; hours of both queues too."""
    known = truths()
    for one in [*document["values"], *document["flow_logs"]["values"]]:
        truth = day.OPEN if one["name"].startswith("hours of") else known.get(one["name"])
        if truth is not None:
            yield one["name"], one["low"] <= truth <= one["high"]


def test_shares_and_times_of_a_morning(project, capsys):
    day.record(project, day.centre(3, (2, 4)), day.poisson([(2_700.0, 160.0)], seed=3))
    learn("--format", "json")
    seen = dict(coverage(json.loads(capsys.readouterr().out)))
    assert len(seen) == 15
    assert sum(seen.values()) >= 14, seen


@pytest.mark.slow
def test_intervals_hold_the_simulated_values_as_often_as_they_say(project, capsys):
    hits = []
    for seed in range(20):
        for name in ("records.jsonl", "flows.jsonl"):
            (project / name).unlink(missing_ok=True)
        day.record(project, day.centre(seed=seed), day.poisson([(14_400.0, 200.0)], seed=seed))
        learn("--format", "json")
        hits += [hit for _, hit in coverage(json.loads(capsys.readouterr().out))]
    assert sum(hits) >= 0.9 * len(hits), (sum(hits), len(hits))


@pytest.mark.slow
def test_the_busiest_rate_that_was_learnt_is_the_one_that_was_simulated(project, capsys):
    quarters = [(900.0, rate) for rate in (1_200.0, 2_400.0, 4_800.0, 12_000.0, 4_800.0, 2_400.0, 1_200.0)]
    scenario = day.centre(1, (300, 700), quotas={"connect.concurrent-active-calls-per-instance": 5_000})
    day.record(project, scenario, day.poisson(quarters, seed=1))
    learn("--into", "scenarios/helpdesk.toml")
    capsys.readouterr()
    learnt = load(project / "scenarios" / "helpdesk.toml", root=project)
    assert learnt.plan.calls_per_hour == pytest.approx(12_000, rel=0.05)
