"""Branch coverage that a run records: of its own flows, the same every time, bounded."""

from __future__ import annotations

from pathlib import Path

from busyhour.harness.coverage import branches
from busyhour.scenarios import reader

ROOT = Path(__file__).parents[3]


def test_the_examples_flows_are_covered_and_twice_the_same() -> None:
    plan = reader.load(ROOT / "scenarios" / "helpdesk.toml", root=ROOT)
    first, skipped = branches(plan)
    assert skipped == []
    assert {one.flow for one in first} >= {"Helpdesk main"}
    assert all(0 < one.taken <= one.coverable <= one.branches for one in first)
    assert branches(plan) == (first, [])


def test_flows_for_which_there_is_no_time_are_named() -> None:
    plan = reader.load(ROOT / "scenarios" / "helpdesk.toml", root=ROOT)
    made, skipped = branches(plan, seconds=0.0)
    assert made == []
    assert "Helpdesk main" in skipped
