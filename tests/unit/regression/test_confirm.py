"""What regressed is called so only when repeats of the run show it too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.synthetic_runs import System, run

from busyhour.regression.compare import Comparison
from busyhour.regression.confirm import confirm, settle
from busyhour.regression.inference.decide import Outcome
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.settings import Tolerances

SYSTEM = System(seconds=300)
SLOW = replace(SYSTEM, latency_ms=56.0)
OLD = [run(SYSTEM, 100 + night) for night in range(3)]
MEDIAN = "latency p50: lambda:Invoke"


def outcome(found: Comparison, name: str = MEDIAN) -> Outcome:
    return next(one.outcome for one in found.metrics if one.name == name)


class Repeats:
    """Gives the runs that were made up, and counts the requested ones."""

    def __init__(self, *runs: Observation) -> None:
        self.runs = runs
        self.asked = 0

    def __iter__(self) -> Iterator[Observation]:
        for one in self.runs:
            self.asked += 1
            yield one


def test_what_repeats_show_too_is_confirmed_by_the_first_of_them() -> None:
    repeats = Repeats(run(SLOW, 2), run(SLOW, 3))
    found = confirm(run(SLOW, 1), OLD, Tolerances(), repeats)
    assert repeats.asked == 1
    assert found.confirmation is not None
    assert MEDIAN in found.confirmation.confirmed
    assert found.confirmation.repeats == ["generated-2"]
    assert found.regressed
    assert "confirmed in 1 repeat" in found.summary


def test_what_does_not_come_back_is_gone_and_no_regression() -> None:
    repeats = Repeats(run(SYSTEM, 2), run(SYSTEM, 3))
    found = confirm(run(SLOW, 1), OLD, Tolerances(), repeats)
    assert found.confirmation is not None
    assert MEDIAN in found.confirmation.gone
    assert not found.confirmation.confirmed
    assert not found.regressed
    assert outcome(found) is Outcome.EQUIVALENT
    assert found.summary.startswith("generated: no regression; ")
    assert "gone in" in found.summary


def test_what_repeats_cannot_decide_is_not_called_a_regression() -> None:
    """The repeats are about at the tolerance: never confirmed, never gone, and there are no more of them."""
    repeats = Repeats(*(run(replace(SYSTEM, latency_ms=42.0), seed) for seed in (2, 3)))
    found = confirm(run(SLOW, 1), OLD, Tolerances(), repeats)
    assert repeats.asked == 2
    assert found.confirmation is not None
    assert MEDIAN in found.confirmation.open
    assert outcome(found) is Outcome.UNDECIDED
    assert not found.regressed


def test_nothing_is_repeated_where_nothing_regressed() -> None:
    repeats = Repeats(run(SYSTEM, 2))
    found = confirm(run(SYSTEM, 1), OLD, Tolerances(), repeats)
    assert (repeats.asked, found.confirmation) == (0, None)


def test_without_a_repeat_that_proves_anything_the_first_verdict_stands() -> None:
    found = confirm(run(SLOW, 1), OLD, Tolerances(), Repeats())
    assert found.regressed
    assert found.confirmation is None


def test_a_new_finding_needs_no_repeat() -> None:
    new = run(SYSTEM, 1)
    new.findings = ["dangling-target: main: Menu: gone"]
    repeats = Repeats(run(SYSTEM, 2))
    found = confirm(new, OLD, Tolerances(), repeats)
    assert repeats.asked == 0
    assert found.regressed


def test_what_the_run_did_not_show_is_not_looked_for_in_repeats() -> None:
    repeat = run(replace(SLOW, invocations_per_call=2.6), 2)
    found = settle([run(SLOW, 1)], [repeat], OLD, Tolerances())
    assert outcome(found, "Lambda invocations per call") is not Outcome.REGRESSED


def test_a_metric_that_repeats_do_not_have_stays_open() -> None:
    repeat = run(SLOW, 2)
    repeat.windows = None
    found = settle([run(SLOW, 1)], [repeat], OLD, Tolerances())
    assert found.confirmation is not None
    assert MEDIAN in found.confirmation.open
    (advice,) = [one.advice for one in found.metrics if one.name == MEDIAN]
    assert advice == "the repeats could not measure it"


@pytest.mark.parametrize("seed", [0, 10])
def test_a_bad_hour_alarms_without_repeats_and_not_with_them(seed: int) -> None:
    """The machine was slow for one run; the system is what it was."""
    bad = run(SLOW, seed + 1000)
    assert settle([bad], [], OLD, Tolerances()).regressed
    assert not confirm(
        bad, OLD, Tolerances(), Repeats(run(SYSTEM, seed + 1), run(SYSTEM, seed + 2))
    ).regressed
