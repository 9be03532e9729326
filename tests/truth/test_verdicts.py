"""Verdicts on random plans, judged by closed forms that know nothing of busyhour."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from truth import drawn
from truth.written import written

from busyhour.scenarios.reader import load

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def test_every_drawn_plan_is_a_scenario_that_can_be_read(tmp_path: Path) -> None:
    for number in range(240):
        plan = drawn.plan(number)
        assert load(written(plan, tmp_path)).plan.calls_per_hour == pytest.approx(plan.calls_per_hour)


@pytest.mark.parametrize(
    ("plans", "due_at_least"), [(4, 1), pytest.param(240, 70, marks=pytest.mark.slow, id="slow")]
)
def test_no_verdict_is_wrong_and_where_one_is_due_it_is_the_right_one(plans: int, due_at_least: int) -> None:
    """Never HOLDS over a broken objective, never DOES NOT HOLD with twice the room, and 95 % of clear cases decided."""
    done = subprocess.run(
        [sys.executable, "-m", "truth.verdicts", "--plans", str(plans)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(BENCHMARKS), os.environ.get("PYTHONPATH", "")]),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=3000,
    )
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["due"] >= due_at_least
    assert found["right"] >= 0.95 * found["due"], found["not_right"]
    assert done.returncode == 0
