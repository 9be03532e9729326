"""What a nightly verdict must not miss, and what must not alarm: bursts, bad nights, few nights, missing data, changes outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from support.synthetic_runs import System, run

from busyhour.errors import BusyhourError, ExitCode
from busyhour.regression.compare import Comparison, compare
from busyhour.regression.inference.decide import TOO_FEW_NIGHTS, Outcome
from busyhour.regression.made_of import MadeOf
from busyhour.regression.metrics.observation import Limit, Observation, Parts, QuotaUse, Share
from busyhour.regression.settings import Tolerances

FUNCTIONS = (("lookup", 0.5, 1.0), ("open", 0.3, 1.6), ("status", 0.2, 0.5))
SHIPPED = System(seconds=100, calls_per_second=2.5, functions=FUNCTIONS)
"""As short as the scenario that is shipped."""
SLOWER = replace(SHIPPED, latency_ms=48.0)


def nights(system: System = SHIPPED, count: int = 5, seed: int = 0) -> list[Observation]:
    return [run(system, 1000 * seed + night) for night in range(count)]


def burst(one: Observation, *, share: float, seconds: int, at: int = 40) -> Observation:
    """The run with throttles in a few seconds."""
    parts = one.rates["request_throttle_share"]
    above = list(parts.above)
    for second in range(at, at + seconds):
        above[second] = round(parts.below[second] * share)
    one.rates["request_throttle_share"] = Parts(above, parts.below)
    return one


def found(new: Observation, old: Sequence[Observation], tolerances: Tolerances | None = None) -> Comparison:
    return compare([new], old, tolerances or Tolerances())


def outcome(comparison: Comparison, name: str) -> Outcome:
    return next(one.outcome for one in comparison.metrics if one.name == name)


# ------------------------------------------------------------------------------------------------------- bursts


@pytest.mark.parametrize(("share", "seconds"), [(0.5, 6), (1.0, 3), (0.4, 10)])
@pytest.mark.parametrize("seed", range(3))
def test_seconds_of_throttles_against_none_on_five_nights_are_found(
    share: float, seconds: int, seed: int
) -> None:
    new = burst(run(SHIPPED, 1000 * seed + 500), share=share, seconds=seconds)
    assert "request_throttle_share in its worst seconds" in found(new, nights(seed=seed)).named(
        Outcome.REGRESSED
    )


def test_a_burst_is_found_though_one_baseline_night_had_one_too() -> None:
    old = nights()
    burst(old[2], share=0.5, seconds=8, at=10)
    assert found(burst(run(SHIPPED, 500), share=0.5, seconds=6), old).regressed
    assert not found(run(SHIPPED, 500), old).regressed


def test_a_single_throttled_request_is_no_burst() -> None:
    new = run(SHIPPED, 500)
    burst(new, share=0.0, seconds=1).rates["request_throttle_share"].above[40] = 1.0
    assert not found(new, nights()).regressed


# -------------------------------------------------------------------------------------------------- bad nights


@pytest.mark.parametrize("bad", [None, 1.2, 3.0])
def test_20_percent_more_latency_is_found_as_often_with_a_bad_night_in_the_history(bad: float | None) -> None:
    times = 0
    for seed in range(12):
        old = nights(seed=seed)
        if bad is not None:
            old[0] = run(replace(SHIPPED, latency_ms=40.0 * bad), 1000 * seed + 77)
        times += found(run(SLOWER, 1000 * seed + 500), old).regressed
    assert times >= 6


@pytest.mark.parametrize("bad", [0.6, 1.5, 3.0])
def test_a_bad_night_in_the_history_does_not_alarm_and_is_named(bad: float) -> None:
    for seed in range(3):
        old = nights(seed=seed)
        old[1] = run(replace(SHIPPED, latency_ms=40.0 * bad), 1000 * seed + 77)
        comparison = found(run(SHIPPED, 1000 * seed + 500), old)
        assert not comparison.regressed
        assert any(note.startswith(f"{old[1].name} is an outlier among") for note in comparison.notes)


# -------------------------------------------------------------------------------------------------- few nights


@pytest.mark.parametrize(
    "system",
    [
        replace(SHIPPED, memory=0.995, wander=0.2),  # the level wanders slowly within the night
        replace(SHIPPED, run_noise=0.15),  # nights differ
    ],
)
@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_nights_never_make_a_regression(system: System, count: int) -> None:
    for seed in range(6):
        assert not found(run(system, 1000 * seed + 500), nights(system, count, seed)).regressed


def test_too_few_nights_are_stated_and_what_looks_worse_is_not_green() -> None:
    alike, worse = (
        found(run(system, 500), nights(count=2)) for system in (SHIPPED, replace(SHIPPED, latency_ms=120.0))
    )
    assert alike.verdict == TOO_FEW_NIGHTS
    assert alike.exit_code is ExitCode.OK
    assert {one.advice for one in alike.metrics if one.advice.startswith(TOO_FEW_NIGHTS)} == {
        "too few nights to judge: 2 of at least 3"
    }
    assert not worse.regressed
    assert worse.exit_code is ExitCode.INVALID_RUN
    assert "looks worse, too few nights to judge: 2 of at least 3" in worse.summary


def test_one_night_is_enough_for_latencies_where_the_project_states_how_nights_differ() -> None:
    worse = run(replace(SHIPPED, latency_ms=120.0), 500)
    assert "latency p50: function lookup" in found(worse, nights(count=1), Tolerances(run_noise=0.03)).named(
        Outcome.REGRESSED
    )


@pytest.mark.slow
@pytest.mark.parametrize("count", [3, 5])
@pytest.mark.parametrize(
    "system", [SHIPPED, replace(SHIPPED, memory=0.98, wander=0.2), replace(SHIPPED, run_noise=0.05)]
)
def test_false_alarms_stay_under_one_in_twenty_however_nights_wander(system: System, count: int) -> None:
    """Of 100 nights at most 10 alarm: with a rate of 0.05 more do in one case of a hundred."""
    alarms = sum(
        found(run(system, 1000 * seed + 500), nights(system, count, seed)).regressed for seed in range(100)
    )
    assert alarms <= 10


# ------------------------------------------------------------------------------------------------ missing data


def test_a_run_without_load_json_shows_nothing_and_names_what_is_missing() -> None:
    new = run(SHIPPED, 500)
    new.windows, new.samples = None, {}
    comparison = found(new, nights())
    assert comparison.exit_code is ExitCode.INVALID_RUN
    assert [one.partition(":")[0] for one in comparison.missing] == ["latency", "time in flow"]
    assert comparison.summary.startswith(
        "generated: not shown: missing: latency: 5 of 5 baseline runs have it"
    )


@pytest.mark.parametrize("kind", ["rates", "shares", "samples", "quotas", "ratios"])
def test_a_metric_of_every_baseline_night_that_is_missing_tonight_is_a_finding(kind: str) -> None:
    new = run(SHIPPED, 500)
    setattr(new, kind, {})
    comparison = found(new, nights())
    assert comparison.missing
    assert comparison.exit_code is ExitCode.INVALID_RUN


def test_a_baseline_night_without_latencies_blinds_no_other() -> None:
    old = nights()
    old[0].windows = None
    assert "latency p50: function lookup" in found(run(replace(SHIPPED, latency_ms=80.0), 500), old).named(
        Outcome.REGRESSED
    )


def test_a_regression_comes_before_what_is_missing() -> None:
    new = run(replace(SHIPPED, latency_ms=80.0), 500)
    new.samples = {}
    assert found(new, nights()).exit_code is ExitCode.DOES_NOT_HOLD


# --------------------------------------------------------------------------------------------------- behaviour


@pytest.mark.parametrize("after", [0.1, 0.0, 1.0])
def test_fewer_invocations_per_call_are_a_change_that_fails_the_night(after: float) -> None:
    before = replace(SHIPPED, invocations_per_call=1.5)
    new = run(replace(before, invocations_per_call=max(after, 0.05)), 500)
    if after == 0.0:
        ratio = new.ratios["Lambda invocations per call"]
        new.ratios = {"Lambda invocations per call": Parts([0.0] * len(ratio.below), ratio.below)}
    comparison = found(new, nights(before))
    assert outcome(comparison, "Lambda invocations per call") is Outcome.CHANGED
    assert comparison.exit_code is ExitCode.DOES_NOT_HOLD
    assert "Lambda invocations per call changed" in comparison.summary


def test_calls_that_reach_an_agent_may_neither_rise_nor_fall() -> None:
    old = nights()
    for one in old:
        one.shares = {"calls that reach an agent": Share(150, 250)}
    for count in (100, 200):
        new = run(SHIPPED, 500)
        new.shares = {"calls that reach an agent": Share(count, 250)}
        assert outcome(found(new, old), "calls that reach an agent") is Outcome.CHANGED


def test_a_change_that_follows_from_another_flow_is_stated_and_not_judged() -> None:
    before = replace(SHIPPED, invocations_per_call=1.5)
    old, new = nights(before), run(replace(before, invocations_per_call=0.5), 500)
    for one in old:
        one.made_of = MadeOf(flows={"main.json": "a"}, settings={"queues.Support.agents": "40"})
    new.made_of = MadeOf(flows={"main.json": "b"}, settings={"queues.Support.agents": "30"})
    comparison = found(new, old)
    (metric,) = [each for each in comparison.metrics if each.name == "Lambda invocations per call"]
    assert metric.outcome is Outcome.FOLLOWS
    assert metric.advice == "follows from flow main.json changed, scenario queues.Support.agents 40 to 30"
    assert comparison.exit_code is ExitCode.OK

    # On later nights the new flow's own nights are the baseline, and the old ones show how nights differ.
    since = run(replace(before, invocations_per_call=0.5), 501)
    since.made_of = new.made_of
    assert outcome(found(new, [*old, since]), "Lambda invocations per call") is not Outcome.CHANGED
    fallen = run(replace(before, invocations_per_call=0.1), 502)
    fallen.made_of = new.made_of
    assert outcome(found(fallen, [*old, since]), "Lambda invocations per call") is Outcome.CHANGED


def test_another_commit_alone_explains_nothing() -> None:
    before = replace(SHIPPED, invocations_per_call=1.5)
    old, new = nights(before), run(replace(before, invocations_per_call=0.5), 500)
    for one in old:
        one.made_of = MadeOf(revision="aaaa", files={"function lookup": "1"})
    new.made_of = MadeOf(revision="bbbb", files={"function lookup": "2"})
    comparison = found(new, old)
    assert outcome(comparison, "Lambda invocations per call") is Outcome.CHANGED
    assert comparison.outside == ["commit aaaa to bbbb", "function lookup changed"]


# ----------------------------------------------------------------------------------------------------- outside


def test_a_quota_cut_is_a_finding_by_value_whatever_was_measured_under_it() -> None:
    old, new = nights(), run(SHIPPED, 500)
    for one in old:
        one.quotas = {"q": QuotaUse("Concurrent active calls", 200.0, 90.0, 0.55)}
    new.quotas = {"q": QuotaUse("Concurrent active calls", 100.0, 90.0, 0.10)}
    comparison = found(new, old)
    assert comparison.cuts == ["quota Concurrent active calls 200 to 100"]
    assert comparison.exit_code is ExitCode.DOES_NOT_HOLD
    assert "quota Concurrent active calls 200 to 100" in comparison.summary


def test_a_quota_that_nothing_used_and_one_that_was_raised_are_stated_too() -> None:
    old, new = nights(), run(SHIPPED, 500)
    for one in old:
        one.limits = {"a": Limit("Queues per instance", 50.0), "b": Limit("Flows per instance", 100.0)}
    new.limits = {"a": Limit("Queues per instance", 60.0), "b": Limit("Flows per instance", 80.0)}
    comparison = found(new, old)
    assert comparison.outside == ["quota Queues per instance 50 to 60"]
    assert comparison.cuts == ["quota Flows per instance 100 to 80"]


def test_versions_and_settings_are_stated_by_value() -> None:
    old, new = nights(), run(SHIPPED, 500)
    for one in old:
        one.made_of = MadeOf(versions={"python": "3.11.7", "busyhour": "0.1.0"}, settings={"seed": "1"})
    new.made_of = MadeOf(
        versions={"python": "3.12.1", "busyhour": "0.2.0"}, settings={"seed": "1", "headroom": "0.2"}
    )
    assert found(new, old).outside == [
        "busyhour 0.1.0 to 0.2.0",
        "python 3.11.7 to 3.12.1",
        "scenario headroom not set to 0.2",
    ]


# -------------------------------------------------------------------------------------------- what is comparable


def test_runs_that_showed_too_little_are_compared_when_plan_and_test_are_equal() -> None:
    old, new = nights(), run(SHIPPED, 500)
    for one in (*old, new):
        one.outcome = "not shown"
        one.identity |= {"plan": {"calls_per_hour": 9000.0}, "test": {"hold": 40.0, "smoke": True}}
    assert found(new, old).exit_code is ExitCode.OK
    new.identity["test"] = {"hold": 40.0, "smoke": False}
    with pytest.raises(BusyhourError, match="test is"):
        found(new, old)


def test_forecasts_of_versions_that_knew_no_plan_are_not_mixed_with_those_that_do() -> None:
    old, new = nights(), run(SHIPPED, 500)
    for one in old:
        one.quotas = {"q": QuotaUse("Queues", 100.0, None, 0.5)}
    new.quotas = {"q": QuotaUse("Queues", 100.0, None, 0.1)}
    assert outcome(found(new, old), "headroom: Queues") is Outcome.REGRESSED
    new.identity |= {"plan": {"calls_per_hour": 9000.0}}
    comparison = found(new, old)
    assert not any(one.name == "headroom: Queues" for one in comparison.metrics)
    assert any("headroom of Queues" in reason for reason in comparison.not_compared)


def test_nights_that_share_a_folders_name_have_different_names_of_their_own() -> None:
    old, new = nights(count=3), run(SHIPPED, 500)
    for day, one in enumerate((*old, new), start=1):
        one.run_id, one.started = "tonight", f"2026-03-{day:02d}T03:00:00+00:00"
    comparison = found(new, old)
    names = [*comparison.new, *comparison.old]
    assert len(set(names)) == 4
    assert all(name.startswith("2026-03-0") and "-generated-" in name for name in names)
