"""From estimates to outcomes, by hand: estimates whose error is a normal one, so that every chance has a closed form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats

from busyhour.regression.inference.decide import Compared, Outcome, decide
from busyhour.regression.inference.effect import effects
from busyhour.regression.metrics.metric import Estimate
from busyhour.regression.metrics.observation import Observation

NIGHT = [Observation(f"night-{at}", "", {}, 600.0, 100, "holds") for at in range(12)]
TEN_MINUTES = 600.0
FIVE = float(stats.norm.isf(0.05))
"""Standard errors, 1.645, beyond which 5 % lie."""


def estimate(
    size: float, *, new: int = 1, old: int | Sequence[float] = 3, own: float = 0.03, **more: Any
) -> Estimate:
    """`new` runs at `size` against `old` nights at 0; `own`: variance of each within its run.

    With one run, three nights and 0.03 the standard error is 0.2: 0.03 / 1 + 0.03 / 3 = 0.04.
    """
    given: dict[str, Any] = {"tolerance": 0.1, "relative": False} | more
    values = np.array([0.0] * old if isinstance(old, int) else old)
    nights = len(values)
    return Estimate(
        name="metric",
        unit="ms",
        new=np.full(new, size),
        old=values,
        old_runs=NIGHT[:nights],
        least=np.full(new + nights, own),
        **given,
    )


def judged(*estimates: Estimate, rate: float = 0.05, **more: Any) -> list[Compared]:
    return decide(estimates, rate=rate, seconds=TEN_MINUTES, **more)


def test_nothing_to_compare_is_no_comparison() -> None:
    assert judged() == []


def test_the_figures_of_one_metric() -> None:
    (one,) = judged(estimate(1.0))
    assert one.outcome is Outcome.REGRESSED
    assert one.p_regressed == pytest.approx(stats.norm.sf(4.5))
    assert one.p_equivalent == pytest.approx(stats.norm.cdf(4.5))
    assert (one.new, one.old, one.effect, one.tolerance) == (1.0, 0.0, 1.0, 0.1)
    assert (one.low, one.high) == pytest.approx((1.0 - 1.96 * 0.2, 1.0 + 1.96 * 0.2), abs=1e-4)
    assert (one.advice, one.suspected, one.better, one.left_out) == ("", False, False, [])


def test_less_where_less_is_worse_is_a_regression_with_its_sign() -> None:
    (one,) = judged(estimate(-1.0, worse=-1))
    assert one.outcome is Outcome.REGRESSED
    assert (one.effect, one.low) == pytest.approx((-1.0, -1.392), abs=1e-3)
    assert not one.better
    assert judged(estimate(1.0, worse=-1))[0].better


def test_better_is_an_interval_wholly_below_no_change() -> None:
    assert judged(estimate(-0.4))[0].better, "-0.792 to -0.008"
    assert not judged(estimate(-0.39))[0].better, "-0.782 to 0.002"
    assert not judged(estimate(-0.4, both=True))[0].better


def test_what_is_shown_not_to_be_worse_is_equivalent() -> None:
    (one,) = judged(estimate(-0.3))
    assert one.outcome is Outcome.EQUIVALENT
    assert one.p_equivalent == pytest.approx(stats.norm.sf(2.0))
    assert one.p_regressed == pytest.approx(stats.norm.cdf(2.0))


def test_both_directions_are_tested_twice() -> None:
    """Twice the smaller tail for a change; the larger of both tails for the same."""
    (changed,) = judged(estimate(-0.7, both=True))
    assert (changed.outcome, changed.advice) == (Outcome.CHANGED, "")
    assert changed.p_regressed == pytest.approx(2.0 * stats.norm.sf(3.0))
    (same,) = judged(estimate(0.02, both=True, tolerance=0.5))
    assert (same.outcome, same.advice) == (Outcome.EQUIVALENT, "")
    assert same.p_equivalent == pytest.approx(stats.norm.sf(0.48 / 0.2))
    assert same.p_regressed == 1.0
    assert judged(estimate(0.7, both=True))[0].outcome is Outcome.REGRESSED
    assert judged(estimate(0.7, both=True, neutral=True))[0].outcome is Outcome.CHANGED


def test_a_change_follows_from_changed_flows() -> None:
    def flows(one: Estimate) -> str:
        return "the flow main"

    (one,) = judged(estimate(-0.7, both=True), follows=flows)
    assert (one.outcome, one.advice) == (Outcome.FOLLOWS, "follows from the flow main")
    assert judged(estimate(0.7, both=True), follows=flows)[0].outcome is Outcome.REGRESSED


def test_chances_are_adjusted_over_the_metrics_that_can_be_judged() -> None:
    """Benjamini and Hochberg: of two, the smaller chance counts twice; a metric of too few values is none of them."""
    small, large = 0.1 + 0.2 * stats.norm.isf(0.004), 0.1 + 0.2 * stats.norm.isf(0.03)
    first, second, few = judged(estimate(small), estimate(large), estimate(small, too_few=2.5))
    assert (first.p_regressed, second.p_regressed) == pytest.approx((0.008, 0.03))
    assert (few.p_regressed, few.p_equivalent, few.outcome) == (1.0, 1.0, Outcome.UNDECIDED)
    assert few.advice == "too few values; runs of 25 min would have enough"
    assert judged(estimate(small, too_few=1.0))[0].outcome is Outcome.REGRESSED


def test_too_few_nights_are_suspected_at_most() -> None:
    (worse,) = judged(estimate(2.0, old=2))
    assert (worse.outcome, worse.suspected) == (Outcome.UNDECIDED, True)
    assert worse.advice == "too few nights to judge: 2 of at least 3"
    (changed,) = judged(estimate(-2.0, old=2, both=True))
    assert (changed.outcome, changed.suspected) == (Outcome.UNDECIDED, True)
    (well,) = judged(estimate(-2.0, old=2))
    assert (well.outcome, well.suspected) == (Outcome.UNDECIDED, False)
    (follows,) = judged(estimate(-2.0, old=2, both=True), follows=lambda one: "the flow main")
    assert (follows.outcome, follows.suspected) == (Outcome.FOLLOWS, False)
    assert judged(estimate(2.0, old=2, steady=True))[0].outcome is Outcome.REGRESSED


@pytest.mark.parametrize(
    ("size", "both", "rate", "outcome"),
    [
        (0.75, False, 0.05, Outcome.REGRESSED),
        (0.25, False, 0.5, Outcome.REGRESSED),
        (0.25, False, 0.49, Outcome.UNDECIDED),
        (0.125, False, 0.05, Outcome.EQUIVALENT),
        (0.25, True, 0.5, Outcome.EQUIVALENT),
        (0.25, True, 0.49, Outcome.UNDECIDED),
        (-0.75, True, 0.05, Outcome.CHANGED),
    ],
)
def test_without_any_error_the_effect_itself_decides(
    size: float, both: bool, rate: float, outcome: Outcome
) -> None:
    """On the tolerance itself the chance is one half."""
    (one,) = judged(estimate(size, own=0.0, tolerance=0.25, both=both), rate=rate)
    assert one.outcome is outcome


def test_effects_on_a_logarithm_are_shown_as_shares() -> None:
    (one,) = judged(estimate(math.log(3.0), relative=True, old=[math.log(2.0)] * 3))
    assert (one.new, one.old, one.effect) == pytest.approx((3.0, 2.0, 0.5))
    assert one.tolerance == pytest.approx(math.expm1(0.1))
    assert one.low == pytest.approx(1.5 * math.exp(-1.96 * 0.2) - 1.0, abs=1e-4)


def test_a_share_that_no_figure_could_show_is_cut_off() -> None:
    (one,) = judged(estimate(60.0, relative=True))
    assert one.effect == one.high == math.expm1(50.0)


def advice(one: Estimate, **more: Any) -> str:
    (found,) = judged(one, **more)
    assert found.outcome is Outcome.UNDECIDED
    return found.advice


def apart(z: float) -> float:
    """The effect that is worse than the tolerance of 0.1 by z times the error of 0.2."""
    return 0.1 + 0.2 * z


@pytest.mark.parametrize(
    ("one", "text"),
    [
        # z = 1 of 1.645: 2.71 times as long; 0.03 each in 2.03 times 0.0148: 4.06 runs.
        (estimate(-0.1), "runs of 27 min or 5 runs on each side would decide"),
        (estimate(0.3), "runs of 27 min or 5 runs on each side would decide"),
        (estimate(-0.3, both=True, tolerance=0.1), "runs of 27 min or 5 runs on each side would decide"),
        # Two runs: 0.03 / 2 + 0.03 / 3 within 0.0148 is 1.69 times as long; of one run it still is 0.03.
        (estimate(0.3, new=2), "runs of 17 min or 5 runs on each side would decide"),
        # What was never seen falls with the length, not with its root: 1.645 times, 2.01 runs.
        (estimate(-0.1, rare=True), "runs of 16 min or 3 runs on each side would decide"),
        # A tenth longer and one run more at least.
        (estimate(apart(1.64)), "runs of 11 min or 2 runs on each side would decide"),
        (
            estimate(0.1 + 1.64 * math.sqrt(0.016), new=5),
            "runs of 11 min or 6 runs on each side would decide",
        ),
        # 40 times as long is as good as 60 runs, and more than 50 are not named.
        (estimate(apart(FIVE / math.sqrt(40.0))), "runs of 6.7 h would decide"),
        (estimate(apart(FIVE / math.sqrt(49.6))), "runs of 8.3 h would decide"),
        (
            estimate(apart(FIVE / math.sqrt(50.4))),
            "more than 50 runs on each side would be needed to decide",
        ),
        (estimate(apart(FIVE / math.sqrt(33.0))), "runs of 5.5 h or 50 runs on each side would decide"),
        (estimate(apart(FIVE / math.sqrt(33.6))), "runs of 5.6 h would decide"),
        (estimate(0.11), "more than 50 runs on each side would be needed to decide"),
        (estimate(0.25, tolerance=0.25), "more than 50 runs on each side would be needed to decide"),
        (estimate(0.1, own=0.0, tolerance=0.1), "more than 50 runs on each side would be needed to decide"),
    ],
)
def test_what_would_decide(one: Estimate, text: str) -> None:
    assert advice(one) == text


def test_longer_runs_do_not_help_against_nights_that_differ() -> None:
    """Nights of -0.2, 0, 0.2: variance 0.04 of which 0.01 is within; 0.03 x (1 + 1/3) stays however long runs are.

    3.56 degrees of freedom: t = 2.21. Distance 0.2: 0.04 of one run, twice, in (0.2 / 2.21)^2 = 0.0082 is 9.8 runs.
    """
    nights = (-0.2, 0.0, 0.2)
    assert advice(estimate(0.3, own=0.01, old=nights)) == "10 runs on each side would decide"
    (one,) = judged(estimate(0.3, own=0.01, old=nights))
    error = math.sqrt(0.01 + 0.01 / 3 + 0.04)
    df = error**4 / (0.04**2 / 2)
    assert one.high - 0.3 == pytest.approx(stats.t.ppf(0.975, df) * error)
    assert one.p_regressed == pytest.approx(stats.t.sf(0.2 / error, df))


def test_advice_counts_on_the_degrees_of_freedom_of_one_run_more() -> None:
    """Nights of -0.2, 0, 0.2 and nothing within: 2 degrees, of which advice makes 3, t = 2.353 (with 2: 2.920, 18 runs).

    Distance 0.2: 0.04 of one run, twice, in (0.2 / 2.353)^2 = 0.00722 is 11.1 runs.
    """
    assert advice(estimate(0.3, own=1e-9, old=(-0.2, 0.0, 0.2))) == "12 runs on each side would decide"


@pytest.mark.parametrize(
    ("times", "text"),
    [(0.148, "89 s"), (0.15, "2 min"), (8.99, "90 min"), (9.0, "1.5 h"), (239_900 / 600, "66.6 h")],
)
def test_lengths_of_runs_have_the_unit_that_fits(times: float, text: str) -> None:
    few = estimate(1.0, too_few=2.0)
    (one,) = decide([few], rate=0.05, seconds=TEN_MINUTES * times / 2.0)
    assert one.advice == f"too few values; runs of {text} would have enough"


def test_a_night_unlike_the_others_is_named_and_not_in_the_level() -> None:
    nights = (0.0, 0.01, -0.01, 0.0, 9.0, 0.0, 0.01, -0.01)
    (one,) = judged(estimate(0.0, own=1e-4, old=nights))
    assert one.left_out == [NIGHT[4].name]
    assert one.old == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("blocks", "factor"), [(np.inf, 1.0), (25.0, 1 / 0.96), (5.0, 1.25), (1.5, 2.0)])
def test_long_blocks_hide_a_part_of_the_variance_that_is_put_back(blocks: float, factor: float) -> None:
    """Replicates of a run in n/l blocks scatter by 1 - l/n of what runs do, by half at least."""
    rng = np.random.default_rng(1)
    new, old = rng.normal(0.0, 0.1, (1, 500)), rng.normal(0.0, 0.1, (5, 500))
    one = estimate(0.0, own=0.0, old=5, new_replicates=new, old_replicates=old, blocks=blocks)
    (effect,) = effects([one], lambda each, run: 0, known=False)
    drawn = (new.mean(axis=0) - old.mean(axis=0)).var(ddof=1)
    assert effect.within == pytest.approx(drawn * factor)
