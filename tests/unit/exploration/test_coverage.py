"""Branch coverage that a run records: of its own flows, the same every time, bounded."""

from __future__ import annotations

from pathlib import Path

from busyhour.exploration.coverage import branches
from busyhour.scenarios import reader

ROOT = Path(__file__).parents[3]
PLAN = reader.load(ROOT / "scenarios" / "helpdesk.toml", root=ROOT)
FILES = [str(path) for path in PLAN.flows.files]


def test_the_examples_flows_are_covered_and_twice_the_same() -> None:
    first, skipped = branches(FILES, PLAN.flows.aliases)
    assert skipped == []
    assert {one.flow for one in first} >= {"Helpdesk main"}
    assert all(0 < one.taken <= one.coverable <= one.branches for one in first)
    assert branches(FILES, PLAN.flows.aliases) == (first, [])


def test_flows_for_which_no_steps_are_left_are_named() -> None:
    made, skipped = branches(FILES, PLAN.flows.aliases, steps=0)
    assert made == []
    assert "Helpdesk main" in skipped
