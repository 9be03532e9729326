"""The property that a go-live is staked on: no verdict on a random plan contradicts the closed forms at its held rate.

Each plan is forecast and run through the project's own path in virtual time, with a test of any length. Holding times,
lines, agents, reserved concurrency, tables and the length of the test are drawn from a seed.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from truth import drawn, verdicts
from truth.independent import judge
from truth.independent.plan import Plan, Span

FAST, SLOW = 18, 240


def verdict_on(plan):
    return verdicts.judged(plan, long_enough=False)


def tried(count, seed):
    return [
        verdicts.judged(plan, long_enough=long_enough) for plan, long_enough in verdicts.plans(count, seed)
    ]


def assert_sound(found):
    """Nothing is wrong, and saying nothing is no way out."""
    assert [each for each in found if each.wrong] == []
    due = [each for each in found if each.counts]
    assert len(due) >= len(found) / 6
    right = [each for each in due if each.right]
    assert len(right) >= verdicts.DECIDED * len(due), [each for each in due if not each.right]


def test_some_random_plans():
    assert_sound(tried(FAST, seed=11))


@pytest.mark.slow
def test_many_random_plans():
    assert_sound(tried(SLOW, seed=2026))


@pytest.mark.parametrize("part", [0.02, 0.2, 1.0])
def test_a_centre_that_blocks_one_caller_in_six_never_holds(part):
    """14,000 calls/h of 155.2 s are 603.6 erlang; 500 lines lose 17.9 % of them, however short the test is."""
    plan = Plan(
        "long_calls",
        1_400,
        invocations=1,
        latency=Span("constant", 0.2),
        after=5.0,
        lines=50,
        agents=90,
        patience=120,
        talk=Span("exponential", 150.0),
        error_goes_on=True,
        hold=1_800.0 * part,
    )
    assert judge.breaks(plan) == ["lines"]
    assert verdict_on(plan).verdict == "does not hold"


@pytest.mark.parametrize("part", [0.01, 0.1, 1.0])
def test_a_roomy_plan_is_never_said_not_to_hold(part):
    plan = Plan("roomy", 3_600, before=20.0, lines=80)
    assert judge.roomy(plan)
    found = verdict_on(replace(plan, hold=part * judge.settled_after(plan)))
    assert found.verdict in ({"holds"} if part == 1.0 else {"holds", "not shown"})


def test_every_family_is_drawn():
    names = {plan.name.partition("_")[0] for plan, _ in verdicts.plans(len(drawn.FAMILIES), 1)}
    assert names == set(drawn.FAMILIES)
