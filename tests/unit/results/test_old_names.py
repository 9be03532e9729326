"""Records of older versions: members that have new names today are read under these."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from busyhour.results.codec import encode
from busyhour.results.entries import Arrivals
from busyhour.results.old_names import with_current_names
from busyhour.results.record import Outcome, RunRecord, VerdictRecord
from busyhour.results.store import read_run


def record(forecast: object) -> dict[str, object]:
    made = RunRecord("r", "0.1", {}, {}, "s", "e", 1.0, VerdictRecord(Outcome.HOLDS), Arrivals(0, 0, 0, 0))
    return {**encode(made), "forecast": forecast}


def test_a_record_of_an_older_version_is_read(tmp_path: Path):
    old = record(
        {
            "calls_per_hour": 60.0,
            "quotas": [
                {
                    "key": "k",
                    "turned_away_theory": 0.1,
                    "turned_away_simulated": 0.2,
                    "turned_away_half_width": 0.01,
                    "measured": {"peak": 3, "turned_away": 0.3, "turned_away_half_width": 0.02},
                },
                {"key": "l", "turned_away_theory": None, "measured": None},
            ],
            "queues": [{"name": "q", "turned_away": 2.0, "intervals": {"turned_away": [1.0, 3.0]}}],
            "ladder": [{"key": "k", "value": 10.0}],
        }
    )
    (tmp_path / "run.json").write_text(json.dumps(old))
    assert read_run(tmp_path).forecast == {
        "calls_per_hour": 60.0,
        "quotas": [
            {
                "key": "k",
                "rejected_theory": 0.1,
                "rejected_simulated": 0.2,
                "rejected_half_width": 0.01,
                "measured": {"peak": 3, "rejected_share": 0.3, "rejected_share_half_width": 0.02},
            },
            {"key": "l", "rejected_theory": None, "measured": None},
        ],
        "queues": [{"name": "q", "blocked": 2.0, "intervals": {"blocked": [1.0, 3.0]}}],
        "limits": [{"key": "k", "value": 10.0}],
    }


def test_the_new_name_counts_where_both_are_given():
    read = with_current_names({"forecast": {"ladder": [1], "limits": [2]}})
    assert read == {"forecast": {"limits": [2]}}


@pytest.mark.parametrize(
    "data",
    [{}, {"forecast": None}, {"forecast": []}, {"forecast": {"quotas": None, "queues": [3]}}],
)
def test_what_is_no_forecast_is_left_to_the_decoder(data: dict[str, object]):
    assert with_current_names(data) == data
