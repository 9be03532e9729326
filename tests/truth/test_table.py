"""The truth table: when it fails, what it prints, and its short form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from truth import known, printed
from truth.compared import compare, outcome, same
from truth.independent.estimate import Estimate
from truth.measured import Skipped, measure, plans

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def row(distance, *, error=1.0):
    """A comparison that lies so many standard errors off."""
    return compare("plan", "load", "run", Estimate(10.0 + distance * error, error), Estimate(10.0), "SimPy")


def test_at_least_25_plans():
    assert len(plans(24, 2026)) >= 25


def test_names_differ():
    names = [plan.name for plan, _ in plans(24, 2026)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("distance", "within", "certain"), [(1.9, True, True), (2.1, False, True), (4.0, False, False)]
)
def test_inside_or_outside(distance, within, certain):
    found = row(distance)
    assert (found.within, found.certain) == (within, certain)


def test_exact_numbers_must_be_equal():
    assert compare("p", "q", "forecast", Estimate(5.0), Estimate(5.0), "closed form").certain
    assert not compare("p", "q", "forecast", Estimate(5.0), Estimate(5.001), "closed form").certain


def test_as_many_misses_as_chance_allows():
    """Of 100, more than 13 outside their 95 % intervals happen in less than one table of a thousand."""
    fine, miss = row(0.0), row(2.5)
    assert outcome([fine] * 87 + [miss] * 13).holds
    assert not outcome([fine] * 86 + [miss] * 14).holds


def test_one_that_is_far_off_is_enough():
    assert not outcome([row(0.0)] * 99 + [row(4.0)]).holds


def test_a_wrong_need_is_wrong_without_an_interval():
    assert not outcome(
        [same("p", "need of lines", "forecast", 12, "11", fits=False, source="closed form")]
    ).holds


def test_a_plan_whose_file_is_not_there_is_skipped_with_the_reason(tmp_path):
    plan = known.FROM_CASES[0]
    found = measure(plan, tmp_path / "scenarios" / "x.toml", calls=1)
    assert isinstance(found, Skipped)
    assert "x.toml" in found.why
    assert f"{plan.name}: skipped: " in printed.as_text([row(0.0)], [found], 1.0)


def test_the_short_form_agrees():
    done = subprocess.run(
        [sys.executable, "-m", "truth", "--short", "--format", "json", "--workers", "1"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(BENCHMARKS), os.environ.get("PYTHONPATH", "")]),
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    told = json.loads(done.stdout)
    wrong = [each for each in told["rows"] if not each["certain"]]
    assert (wrong, told["agree"], done.returncode) == ([], True, 0)
    assert {each["way"] for each in told["rows"]} == {"forecast", "simulation", "run"}
    assert "lines_000" in done.stderr
