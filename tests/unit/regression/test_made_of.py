"""What a run was made of: fingerprints of flows and handlers, settings by value, versions, the commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from busyhour.regression import made_of
from busyhour.regression.made_of import MadeOf
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.outside import changes
from busyhour.results.codec import encode
from busyhour.results.entries import Arrivals
from busyhour.results.record import Outcome, RunRecord, VerdictRecord
from busyhour.scenarios import reader

ROOT = Path(__file__).parents[3]
SCENARIO = ROOT / "scenarios" / "helpdesk.toml"


def collected(monkeypatch: pytest.MonkeyPatch, *overrides: str) -> MadeOf:
    monkeypatch.setenv("GITHUB_SHA", "abc")
    return made_of.collect(reader.load(SCENARIO, root=ROOT, overrides=overrides), ROOT)


def of(found: MadeOf) -> Observation:
    return Observation("r", "2026-01-01", {}, 1.0, 1, "holds", made_of=found)


def test_everything_that_a_run_depends_on_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    found = collected(monkeypatch)
    assert found.revision == "abc"
    assert "helpdesk-main.json" in found.flows
    assert {"function helpdesk-lookup", "table helpdesk-customers"} <= found.files.keys()
    assert all(found.flows.values())
    assert all(found.files.values()), "every file could be read"
    assert found.settings["queues.Support.agents"] == "40"
    assert "description" not in found.settings


def test_another_value_of_the_scenario_is_stated_by_value(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = collected(monkeypatch), collected(monkeypatch, "queues.Support.agents=30")
    assert [one.words for one in changes(of(before), of(after))] == [
        "scenario queues.Support.agents 40 to 30"
    ]
    assert changes(of(before), of(before)) == []


def test_a_handler_that_changed_is_named_by_its_function(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = collected(monkeypatch), collected(monkeypatch)
    after.files["function helpdesk-lookup"] = "other"
    assert [one.words for one in changes(of(before), of(after))] == ["function helpdesk-lookup changed"]


def test_a_record_carries_it_with_its_versions_and_an_old_one_has_none() -> None:
    record = RunRecord(
        "r", "0.1.0", {"name": "x"}, {}, "", "", 1.0, VerdictRecord(Outcome.HOLDS), Arrivals(1, 1, 0, 0),
        generator={"versions": {"locust": "2.0", "busyhour": "?"}},
    )  # fmt: skip
    assert made_of.of_record(record) is None
    record.scenario[made_of.KEY] = encode(MadeOf(revision="abc", versions={"python": "3.11.7"}))
    found = made_of.of_record(record)
    assert found is not None
    assert found.versions == {"python": "3.11.7", "busyhour": "0.1.0", "locust": "2.0"}
