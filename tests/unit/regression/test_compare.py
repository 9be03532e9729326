"""Regressed, equivalent, undecided: planted changes are found, those within tolerance never called a regression."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.synthetic_runs import System, run

from busyhour.errors import BusyhourError, ExitCode
from busyhour.regression.compare import Comparison, compare
from busyhour.regression.inference.decide import Compared, Outcome
from busyhour.regression.metrics.observation import Demand, Observation, QuotaUse, Share, from_json
from busyhour.regression.settings import Tolerances
from busyhour.results.codec import encode

SYSTEM = System(seconds=400)


def against(
    system: System, seed: int = 0, nights: int = 3, tolerances: Tolerances | None = None
) -> Comparison:
    old = [run(SYSTEM, seed + 100 + night) for night in range(nights)]
    return compare([run(system, seed)], old, tolerances or Tolerances())


def the(found: Comparison, name: str) -> Compared:
    return next(one for one in found.metrics if one.name.startswith(name))


def nights(count: int = 3, **members: object) -> list[Observation]:
    """Baseline nights with these members."""
    old = [run(SYSTEM, 100 + night) for night in range(count)]
    for one in old:
        for name, value in members.items():
            setattr(one, name, value)
    return old


def regressed(found: Comparison) -> list[str]:
    return [one.name for one in found.metrics if one.outcome is Outcome.REGRESSED]


@pytest.mark.parametrize("seed", range(8))
def test_two_nights_of_one_system_show_no_regression(seed: int) -> None:
    assert regressed(against(SYSTEM, seed=1000 * seed)) == []


@pytest.mark.parametrize(
    ("changed", "metric"),
    [
        ({"latency_ms": 52.0}, "latency p50"),
        ({"throttle_share": 0.01}, "request_throttle_share"),
        ({"invocations_per_call": 2.6}, "Lambda invocations"),
        ({"tail_share": 0.04}, "latency p99"),
        ({"flow_seconds": 17.0}, "time in flow mean"),
    ],
)
def test_a_planted_regression_is_found_where_it_is(changed: dict[str, float], metric: str) -> None:
    found = against(replace(SYSTEM, **changed))  # type: ignore[arg-type]  # one float field by name
    assert the(found, metric).outcome is Outcome.REGRESSED
    assert found.regressed


def test_a_heavier_tail_leaves_the_median_alone() -> None:
    found = against(replace(SYSTEM, tail_share=0.04))
    assert the(found, "latency p50").outcome is not Outcome.REGRESSED


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("changed", [{"latency_ms": 41.0}, {"throttle_share": 0.001}])
def test_less_than_the_tolerance_is_never_a_regression(changed: dict[str, float], seed: int) -> None:
    assert regressed(against(replace(SYSTEM, **changed), seed=1000 * seed)) == []  # type: ignore[arg-type]  # as above


def test_the_tolerance_of_the_project_decides() -> None:
    worse = replace(SYSTEM, latency_ms=52.0)
    assert (
        the(against(worse, tolerances=Tolerances(latency=0.6)), "latency p50").outcome is Outcome.EQUIVALENT
    )


def test_an_improvement_is_equivalent_and_said_to_be_better() -> None:
    one = the(against(replace(SYSTEM, latency_ms=28.0)), "latency p50")
    assert one.outcome is Outcome.EQUIVALENT
    assert one.better
    assert one.effect < -0.2


def test_the_interval_holds_the_effect_and_the_effect_is_what_was_planted() -> None:
    one = the(against(replace(SYSTEM, latency_ms=52.0)), "latency p50")
    assert one.low < one.effect < one.high
    assert one.low < 0.3 < one.high


def test_the_interval_covers_no_change_about_as_often_as_it_says() -> None:
    covered = total = 0
    for k in range(24):
        found = against(SYSTEM, seed=5000 + 500 * k, nights=2)
        for name in ("latency p50", "Lambda invocations", "time in flow mean"):
            one = the(found, name)
            total += 1
            covered += one.low <= 0.0 <= one.high
    assert covered / total > 0.9


def test_a_short_run_is_undecided_with_advice_on_what_would_decide() -> None:
    short = replace(SYSTEM, seconds=20, calls_per_second=2.0)
    found = compare([run(short, 1)], [run(short, seed) for seed in (5, 6, 7)], Tolerances())
    p99, median = the(found, "latency p99"), the(found, "latency p50")
    assert p99.outcome is Outcome.UNDECIDED
    assert "too few values" in p99.advice
    assert "min" in p99.advice
    assert median.outcome is Outcome.UNDECIDED
    assert "would decide" in median.advice


def test_the_advice_on_what_would_decide_is_right() -> None:
    """Zero blocked calls of 50: the advice is about the run length at which zero would be proof."""
    new = run(SYSTEM, 1)
    new.seconds = 60.0

    def blocked(calls: float) -> Compared:
        new.shares = {"blocked calls": Share(0, calls)}
        return the(compare([new], nights(shares=new.shares), Tolerances()), "blocked calls")

    one = blocked(200)
    assert one.outcome is Outcome.UNDECIDED
    minutes = float(one.advice.split("runs of ")[1].split(" min")[0])
    assert blocked(200 * minutes).outcome is Outcome.EQUIVALENT
    assert blocked(200 * minutes / 4).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(("calls", "outcome"), [(50, Outcome.UNDECIDED), (5000, Outcome.EQUIVALENT)])
def test_no_blocked_call_among_few_proves_nothing(calls: int, outcome: Outcome) -> None:
    new = run(SYSTEM, 2)
    new.shares = {"blocked calls": Share(0, calls)}
    found = compare([new], nights(shares=new.shares), Tolerances())
    assert the(found, "blocked calls").outcome is outcome


def test_less_headroom_is_worse() -> None:
    old, new = nights(quotas={"q": QuotaUse("calls", 1000.0, 300.0, 0.7)}), run(SYSTEM, 2)
    new.quotas = {"q": QuotaUse("calls", 1000.0, 600.0, 0.4)}
    one = the(compare([new], old, Tolerances()), "headroom")
    assert one.outcome is Outcome.REGRESSED
    assert one.effect == pytest.approx(-0.3)
    new.quotas = {"q": QuotaUse("calls", 1000.0, 100.0, 0.9)}
    assert the(compare([new], old, Tolerances()), "headroom").better


def test_one_slow_function_of_three_is_found_by_its_name() -> None:
    """In their sum it hides: it gets a fifth of the invocations and is the fastest."""
    shares = ("look", 0.5, 1.0), ("open", 0.3, 2.0)
    before = replace(SYSTEM, functions=(*shares, ("fast", 0.2, 0.3)))
    after = replace(SYSTEM, functions=(*shares, ("fast", 0.2, 0.42)))
    old = [run(before, 100 + night) for night in range(3)]
    found = compare([run(after, 1)], old, Tolerances())
    assert "latency p50: function fast" in regressed(found)
    assert {name.rpartition(" ")[2] for name in regressed(found)} == {"fast"}
    assert not any("lambda:Invoke" in one.name for one in found.metrics)


def test_runs_of_a_version_that_does_not_tell_functions_apart_are_compared_by_their_sum() -> None:
    new = run(replace(SYSTEM, functions=(("look", 1.0, 1.0),)), 1)
    found = compare([new], nights(), Tolerances())
    assert the(found, "latency p50").name == "latency p50: lambda:Invoke"


def test_less_branch_coverage_is_worse_and_the_same_flows_are_equivalent() -> None:
    old, new = run(SYSTEM, 1), run(SYSTEM, 2)
    old.coverage, new.coverage = Share(160, 164), Share(150, 164)
    one = the(compare([new], [old], Tolerances()), "branch coverage")
    assert (one.outcome, one.low) == (Outcome.REGRESSED, pytest.approx(-10 / 164))
    new.coverage = Share(160, 164)
    assert the(compare([new], [old], Tolerances()), "branch coverage").outcome is Outcome.EQUIVALENT
    new.coverage = None
    (missing,) = compare([new], [old], Tolerances()).missing
    assert missing.startswith("branch coverage: 1 of 1 baseline runs have it")


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (Demand(1.6, 0.1), Outcome.EQUIVALENT),  # the same flows and callers: the same number
        (Demand(2.6, 0.1), Outcome.REGRESSED),
        (Demand(1.7, 0.2), Outcome.UNDECIDED),
    ],
)
def test_what_a_call_asks_by_the_forecast_is_compared(after: Demand, outcome: Outcome) -> None:
    old, new = run(SYSTEM, 1), run(SYSTEM, 2)
    old.demand, new.demand = {"Lambda invocations": Demand(1.6, 0.1)}, {"Lambda invocations": after}
    assert the(compare([new], [old], Tolerances()), "demand per call").outcome is outcome


def test_runs_that_differ_as_a_whole_from_night_to_night_widen_the_interval() -> None:
    calm = against(SYSTEM, nights=6)
    restless = replace(SYSTEM, run_noise=0.15)
    old = [run(restless, 100 + night) for night in range(6)]
    wild = compare([run(restless, 0)], old, Tolerances())
    width = {True: the(wild, "latency p50"), False: the(calm, "latency p50")}
    assert width[True].high - width[True].low > 2 * (width[False].high - width[False].low)


def test_more_candidate_runs_narrow_the_interval() -> None:
    old = [run(SYSTEM, 100 + night) for night in range(4)]
    one = the(compare([run(SYSTEM, 1)], old, Tolerances()), "latency p50")
    four = the(compare([run(SYSTEM, seed) for seed in range(1, 5)], old, Tolerances()), "latency p50")
    assert four.high - four.low < one.high - one.low


def test_a_new_finding_is_a_regression_and_a_gone_one_is_named() -> None:
    old, new = run(SYSTEM, 1), run(SYSTEM, 2)
    old.findings, new.findings = ["dangling_target: main: Menu: gone"], ["unknown_type: main: X: new"]
    found = compare([new], [old], Tolerances())
    assert found.regressed
    assert found.new_findings == new.findings
    assert found.gone_findings == old.findings
    assert "new finding unknown_type" in found.summary


@pytest.mark.parametrize("key", ["seed", "name", "duration", "target"])
def test_runs_of_different_plans_are_refused_unless_forced(key: str) -> None:
    old, new = run(SYSTEM, 1), run(SYSTEM, 2)
    old.identity[key] = "another"
    with pytest.raises(BusyhourError, match=f"{key} is") as refused:
        compare([new], [old], Tolerances())
    assert "--force" in (refused.value.hint or "")
    assert any(key in note for note in compare([new], [old], Tolerances(), force=True).notes)


def test_a_run_that_proves_nothing_is_refused_with_its_own_exit_code() -> None:
    old, new = run(SYSTEM, 1), run(SYSTEM, 2)
    new.outcome = "invalid"
    with pytest.raises(BusyhourError, match="invalid") as refused:
        compare([new], [old], Tolerances())
    assert refused.value.exit_code is ExitCode.INVALID_RUN


def test_what_only_one_run_has_is_named_not_dropped() -> None:
    old, new = run(SYSTEM, 1), run(SYSTEM, 2)
    old.windows = None
    old.missing = ["latency: load.json has no windows"]
    del old.ratios["Lambda invocations per call"]
    found = compare([new], [old], Tolerances())
    said = " ".join(found.not_compared)
    assert "no windows" in said
    assert "Lambda invocations per call" in said


def test_the_order_is_that_of_concern() -> None:
    outcomes = [one.outcome for one in against(replace(SYSTEM, latency_ms=52.0)).metrics]
    order = [Outcome.REGRESSED, Outcome.CHANGED, Outcome.UNDECIDED, Outcome.EQUIVALENT]
    assert [order.index(outcome) for outcome in outcomes] == sorted(order.index(o) for o in outcomes)


def test_the_same_runs_give_the_same_answer() -> None:
    assert encode(against(SYSTEM)) == encode(against(SYSTEM))


def test_an_observation_survives_json() -> None:
    one = run(SYSTEM, 3)
    assert from_json(json.loads(json.dumps(encode(one)))) == one
