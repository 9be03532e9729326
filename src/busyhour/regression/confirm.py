"""Confirm regressions in repeats of the run before they are reported.

A run that is worse in some metric may have met a bad hour of the machine. Its repeats are an independent
sample: what regressed is compared with the same baseline by the repeats alone, so that the selection is not
counted twice (data splitting: Cox 1975, "A note on data-splitting for the evaluation of significance
levels"), with a false discovery rate over the suspects only. A suspect is confirmed if it regresses in the
repeats too, dismissed if they show that it does not, and open otherwise; open ones are not reported as
regressed. Each confirmed metric passed the test of the run before, so repeats can only lower the share of
false discoveries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from busyhour.regression.compare import FAILING, Comparison, Confirmation, compare, in_order
from busyhour.regression.inference.decide import Compared, Outcome
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.settings import Tolerances


def settle(
    new: Sequence[Observation],
    repeats: Sequence[Observation],
    old: Sequence[Observation],
    tolerances: Tolerances,
    *,
    force: bool = False,
) -> Comparison:
    """Compare `new` with `old`, and what regressed in it again by its `repeats`.

    Without repeats as `compare`.

    Raises:
        BusyhourError: as in `compare`.
    """
    first = compare(new, old, tolerances, force=force)
    suspects = suspected(first)
    if not repeats or not suspects:
        return first
    again = compare(repeats, old, tolerances, force=force, only=suspects)
    seen = {one.name: one for one in again.metrics}
    metrics = [seen.get(one.name, _unseen(one)) if one.name in suspects else one for one in first.metrics]

    def named(*outcomes: Outcome) -> list[str]:
        return [one.name for one in metrics if one.name in suspects and one.outcome in outcomes]

    confirmation = Confirmation(
        repeats=[run.run_id for run in repeats],
        confirmed=named(*FAILING),
        gone=named(Outcome.EQUIVALENT, Outcome.FOLLOWS),
        open=named(Outcome.UNDECIDED),
    )
    return replace(first, metrics=in_order(metrics), confirmation=confirmation)


def suspected(found: Comparison) -> list[str]:
    """Return the metrics that regressed or changed in the run itself.

    Findings and quotas need no confirmation.
    """
    return found.named(*FAILING)


def _unseen(one: Compared) -> Compared:
    return replace(one, outcome=Outcome.UNDECIDED, advice="the repeats could not measure it")


def confirm(
    new: Observation, old: Sequence[Observation], tolerances: Tolerances, repeats: Iterable[Observation]
) -> Comparison:
    """Take repeats of the run until every suspect is confirmed or dismissed.

    Args:
        new: the run.
        old: baseline runs, at least one.
        tolerances: largest tolerated change for the worse.
        repeats: makes the next repeat on demand; it ends when there are no more.

    Raises:
        BusyhourError: as in `compare`.
    """
    found = settle([new], [], old, tolerances)
    if not suspected(found):
        return found
    taken: list[Observation] = []
    for one in repeats:
        taken.append(one)
        found = settle([new], taken, old, tolerances)
        if found.confirmation is None or not found.confirmation.open:
            break
    return found
