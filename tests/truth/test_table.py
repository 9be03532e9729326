"""The truth table: when it fails, what it prints, and its short form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from truth import known, printed
from truth.calculated import Stated
from truth.compared import compare, outcome, same
from truth.independent.estimate import Estimate
from truth.independent.plan import Plan, Span
from truth.independent.reference import Reference
from truth.measured import Skipped, measure, needs_judged, plans, verdict_judged

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def row(distance, *, error=1.0):
    """A comparison that is `distance` standard errors off."""
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


TEN_ERLANGS = Plan("lines", 3_600, before=10.0, lines=18)
"""18 lines block 0.7 % of 10 erlang, 17 block 1.3 %; 1 % of 9 erlang takes 17, of 11 takes 19."""


def needs(need, load, error=0.0):
    """Rows by quantity of a need of lines, stated for a load with a standard error."""
    rows = needs_judged(TEN_ERLANGS, {"lines": Stated(need, Estimate(load, error))}, Reference(TEN_ERLANGS))
    return {row.quantity: (row.reference, row.certain) for row in rows}


@pytest.mark.parametrize(("need", "right"), [(17, False), (18, True), (19, False)])
def test_the_need_of_an_exact_load_is_one_number(need, right):
    assert needs(need, 10.0) == {"need of lines": ("18", right)}


@pytest.mark.parametrize(
    ("need", "load", "right"), [(16, 8.2, False), (17, 9.0, True), (19, 11.0, True), (20, 11.9, False)]
)
def test_the_need_of_a_sampled_load_is_one_of_those_of_the_true_load_with_the_stated_error(need, load, right):
    error = load * 0.1 / 3.9
    assert needs(need, load, error)["need of lines"] == ("17 to 19", right)


@pytest.mark.parametrize(("need", "right"), [(17, False), (18, True), (19, False)])
def test_a_wide_interval_excuses_no_need_that_is_not_that_of_the_stated_load(need, right):
    assert needs(need, 10.0, 0.2)["need of lines at the stated load"] == ("18", right)


@pytest.mark.parametrize(
    ("spread", "low", "high"), [(0.0, 13, 13), (0.05, 11, 15)], ids=["exact load", "5 % standard error"]
)
def test_agents_for_the_loads_within_an_interval(spread, low, high):
    queue = Plan("queue", 720, agents=9, patience=60, talk=Span("exponential", 60.0))
    found = Reference(queue).needs()["agents"](spread)
    assert (found.low, found.high) == (low, high)


@pytest.mark.parametrize("way", ["forecast", "run"])
@pytest.mark.parametrize(
    ("lines", "verdict", "right"),
    [
        (14, "holds", False),
        (14, "does not hold", True),
        (14, "not shown", True),
        (14, "invalid", False),
        (22, "does not hold", False),
        (22, "holds", True),
    ],
)
def test_a_verdict_against_the_independent_model(way, lines, verdict, right):
    plan = Plan("lines", 3_600, before=10.0, lines=lines)  # 18 lines are needed
    assert verdict_judged(plan, way, verdict, Reference(plan, calls=1_000)).certain is right


@pytest.mark.parametrize(
    ("lines", "verdict", "right"),
    [(18, "does not hold", True), (18, "holds", True), (16, "holds", False), (16, "does not hold", True)],
)
def test_a_run_may_miss_by_chance_a_bound_that_the_plan_is_near_but_never_meet_one_that_breaks(
    lines, verdict, right
):
    plan = Plan("lines", 3_600, before=10.0, lines=lines)
    assert verdict_judged(plan, "run", verdict, Reference(plan, calls=1_000)).certain is right


def test_a_run_whose_flow_names_no_valid_function_gets_its_verdict():
    """The flow of this plan keeps its template's text for the name of a function."""
    plan, path = next(each for each in known.files() if each[0].name == "no_call_reaches_a_queue")
    if not path.exists():
        pytest.skip(f"there is no {path}")
    found = measure(plan, path, calls=1)
    assert not isinstance(found, Skipped)
    assert [(row.way, row.value) for row in found] == [
        ("forecast", "does not hold"),
        ("run", "does not hold"),
    ]


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
    verdicts = sorted((each["plan"], each["way"]) for each in told["rows"] if each["quantity"] == "verdict")
    names = sorted({each["plan"] for each in told["rows"]})
    assert verdicts == [(name, way) for name in names for way in ("forecast", "run")]
    assert "lines_000" in done.stderr
