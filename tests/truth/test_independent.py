"""The independent model: it knows nothing of busyhour, and its two halves agree with each other."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import pytest
from truth.independent import formulas, judge
from truth.independent.plan import Plan, Span, Table
from truth.independent.simulated import Simulated

INDEPENDENT = Path(formulas.__file__).parent
ALLOWED = {"__future__", "collections", "dataclasses", "decimal", "functools", "math", "random"}
LIBRARIES = {"numpy", "scipy", "simpy"}
CERTAIN = 3.9


def imported(path):
    """Names of the modules that a file imports from outside its own package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1, f"{path.name} leaves its package"
            if node.level == 0:
                yield node.module or ""
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "__import__":
            yield "__import__"


@pytest.mark.parametrize("path", sorted(INDEPENDENT.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_nothing_of_busyhour(path):
    roots = {name.partition(".")[0] for name in imported(path)}
    assert roots <= ALLOWED | LIBRARIES


def test_blocking_by_the_sum_over_states():
    weights = [20.0**n / math.factorial(n) for n in range(26)]
    assert formulas.lost(20.0, 25) == pytest.approx(weights[-1] / sum(weights), rel=1e-12)


def test_fractions_of_a_line_lie_between_whole_ones():
    below, between, above = (formulas.lost(7.0, lines) for lines in (9, 9.5, 10))
    assert below > between > above


@pytest.mark.parametrize(
    ("load", "lines"),
    [(603.5556, 631), (5.1389, 11)],
    ids=["14,000 calls/h of 155.2 s", "100 calls/h of 185 s"],
)
def test_fewest_lines(load, lines):
    assert formulas.lines_for(load, 0.01) == lines
    assert formulas.lost(load, lines) <= 0.01 < formulas.lost(load, lines - 1)


@pytest.mark.parametrize("burst", [1, 3, 30, 80])
def test_a_bucket_refuses_what_a_simple_simulation_refuses(burst):
    plan = Plan("bucket", 36_000, outbound=True, before=0.001, start_rate=9.5, start_burst=burst)
    seen = Simulated(plan, 1).run()["start throttled"]
    right = formulas.refused_by_bucket(10.0, 9.5, burst)
    assert abs(seen.value - right) < CERTAIN * seen.error


def test_erlang_a_and_the_simulation_agree():
    plan = Plan("queue", 720, agents=9, patience=60, talk=Span("exponential", 45.0))
    seen, right = Simulated(plan, 1).run(), formulas.Impatient(0.2, 45.0, 9, 60.0)
    for name, value in (("abandoned", right.abandoned), ("level", right.level(20.0))):
        assert abs(seen[name].value - value) < CERTAIN * seen[name].error


def test_without_retries_a_function_throttles_as_erlang_says():
    plan = Plan(
        "function", 7_200, invocations=1, latency=Span("lognormal", 0.5, 0.8), executions=2, pauses=()
    )
    seen = Simulated(plan, 1).run()["lambda throttled"]
    assert abs(seen.value - formulas.lost(1.0, 2)) < CERTAIN * seen.error


def test_retries_of_throttled_invocations_meet_fuller_executions():
    plan = Plan("function", 7_200, invocations=1, latency=Span("exponential", 0.5), executions=2)
    seen = Simulated(plan, 1).run()
    assert seen["lambda throttled"].value > formulas.lost(1.0, 2) + CERTAIN * seen["lambda throttled"].error
    assert seen["requests throttled"].value > seen["lambda throttled"].value


@pytest.mark.parametrize(
    ("plan", "verdict"),
    [
        (Plan("few lines", 3_600, before=10.0, lines=14), "does not hold"),
        (Plan("lines near the bound", 3_600, before=10.0, lines=18), ""),
        (Plan("lines enough", 3_600, before=10.0, lines=22), "holds"),
        (Plan("hot key", 720_000, table=Table("UpdateItem", 9_700, 4_000, 1_000, 2.0)), "does not hold"),
        (Plan("agents enough", 360, lines=60, agents=14, patience=60, talk=Span("exponential", 60)), "holds"),
    ],
    ids=lambda each: each.name if isinstance(each, Plan) else "",
)
def test_what_a_plan_must_get(plan, verdict):
    assert judge.clear(plan) == verdict
    assert bool(judge.breaks(plan)) is (verdict == "does not hold")


@pytest.mark.parametrize(
    ("latency", "seconds", "share"),
    [
        (Span("exponential", 2.0), 8.0, math.exp(-4.0)),
        (Span("lognormal", math.exp(0.5), math.sqrt(math.e - 1.0)), 1.0, 0.5),
        (Span("constant", 2.0), 8.0, 0.0),
        (Span("constant", 9.0), 8.0, 1.0),
    ],
)
def test_durations_that_are_longer(latency, seconds, share):
    assert formulas.longer(latency.kind, latency.mean, latency.cv, seconds) == pytest.approx(share)


@pytest.mark.parametrize(
    ("mean", "verdict", "roomy"),
    [(0.6, "holds", True), (1.0, "", False), (1.2, "", False), (2.0, "does not hold", False)],
)
def test_invocations_that_take_longer_than_they_may_end_in_errors_whatever_the_load(mean, verdict, roomy):
    """3 invocations of 8 s at most: 0.0005 %, 0.1 %, 0.4 % and 5 % of the calls; 0.1 % may."""
    plan = Plan("slow", 3_600, invocations=3, latency=Span("exponential", mean), reserved=90)
    assert (judge.clear(plan), judge.roomy(plan)) == (verdict, roomy)


def test_twice_the_room():
    assert judge.roomy(Plan("roomy", 3_600, before=10.0, lines=31))
    assert not judge.roomy(Plan("not quite", 3_600, before=10.0, lines=29))


def test_callers_who_wait_keep_their_lines():
    """Two calls at most, one agent, patience as long as the handling: the four weights of the chain by hand."""
    # In the flow 0.5 erlang, at the agent 0.6: 1, 0.6 and 0.6 * 0.6 / 2 there, each times 0.5^k / k! in the flow.
    full = 0.5**2 / 2 + 0.5 * 0.6 + 0.6**2 / 2
    lost = formulas.lost_while_some_wait(0.01, 50.0, 60.0, 1, 60.0, 2)
    assert lost == pytest.approx(full / (1 + 0.5 + 0.6 + full))


def test_with_an_agent_for_every_line_it_is_erlangs_formula():
    lost = formulas.lost_while_some_wait(0.2, 10.0, 90.0, 30, 60.0, 30)
    assert lost == pytest.approx(formulas.lost(20.0, 30))
