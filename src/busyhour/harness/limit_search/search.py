"""Searches the highest call rate that holds: raises the rate in steps until something breaks, then closes in. Pure.

Rates are multiples of the plan. Steps are judged by load alone: the result of the calculation is printed beside it, and a
rate at which nothing broke in runs that are too short for their load holds as far as was shown. A run is a measurement with
chance in it, so the rate that is found is run again with
other seeds; a rate that does not hold every time does not count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import sqrt

from busyhour.errors import BusyhourError
from busyhour.harness.limit_search.causes import Bracket, Step, brackets, causes_of
from busyhour.results.record import Outcome, RunRecord

Measure = Callable[[float, int], RunRecord]
"""Run the scenario at a multiple of its plan; the second argument numbers the runs, for a seed of its own."""

_SAME = 1e-9
"""Two rates whose ratio is off by less are the same rate."""


@dataclass(slots=True)
class Limit:
    """Result of the search."""

    holds: float | None = None
    """The highest multiple of the plan that held each time; None: none did."""
    breaks: float | None = None
    """The lowest multiple that broke; None: none did."""
    cause: str = ""
    """Cause that broke there first."""
    times: int = 0
    """Runs at `holds`, all of which held."""
    stopped: str = ""
    """Why the search ended before it had closed in; empty where it had."""
    not_shown: str = ""
    """Why a run at which nothing broke does not show that its rate holds; empty where all such runs do."""
    interrupted: bool = False
    """Whether a Ctrl-C ended it."""
    steps: list[Step] = field(default_factory=list)

    @property
    def confidence(self) -> float:
        """With 95 % confidence at least this share of all runs at `holds` would hold."""
        return confidence(self.times)

    @property
    def causes(self) -> list[Bracket]:
        """Between which rates each cause begins to bind, the one that binds first coming first."""
        return brackets(self.steps)


def confidence(times: int) -> float:
    """With 95 % confidence at least this share of all runs would hold where `times` of `times` did: 0.05^(1/n).

    The one-sided bound of Clopper and Pearson (1934) where there is no failure.
    """
    return 0.05 ** (1.0 / times) if times else 0.0


def search(
    measure: Measure,
    *,
    likely: Callable[[RunRecord], float | None] = lambda record: None,
    chance: Callable[[RunRecord], float] = lambda record: 0.0,
    factor: float = 1.5,
    resolution: float = 0.05,
    most_runs: int = 16,
    confirm: int = 3,
    ceiling: float = 100.0,
    floor: float = 0.001,
) -> Limit:
    """Find the highest rate that holds.

    Args:
        measure: makes one run.
        likely: where a run that broke shows the limit to be, as a multiple of the plan; None: it does not show. The
            search goes down to there at once, instead of step by step.
        chance: by what share two runs at one rate differ by chance. Rates that are nearer to each other cannot be kept
            apart, so the search does not try.
        factor: between two steps while nothing has broken, or nothing has held.
        resolution: closed in when the rate that breaks is at most this share above the one that holds, or the share of
            chance where that is more.
        most_runs: runs altogether.
        confirm: runs at the rate that is found.
        ceiling: highest multiple of the plan to try.
        floor: lowest.

    Raises:
        BusyhourError: the first run cannot be made. Where a later one cannot, the search ends with what it has.
    """
    found = Limit()
    held: dict[float, int] = {}
    at = 1.0
    invalid = False
    while len(found.steps) < most_runs:
        try:
            record = measure(at, len(found.steps))
        except KeyboardInterrupt:
            found.interrupted, found.stopped = True, "it was interrupted"
            break
        except BusyhourError as error:
            if not found.steps:
                raise
            found.stopped = (
                f"the run at {at:.3g} times the plan could not be made: {error.message.rstrip('.')}"
            )
            break
        outcome = record.verdict.outcome
        causes = causes_of(record)
        found.steps.append(Step(at, outcome, causes, record.run_id))
        if outcome is Outcome.INVALID and not invalid:
            invalid = True  # a busy moment of this machine may pass: once more at the same rate
            continue
        if outcome in (Outcome.INVALID, Outcome.INTERRUPTED):
            found.interrupted = outcome is Outcome.INTERRUPTED
            why = record.verdict.reasons[0].rstrip(".") if record.verdict.reasons else ""
            found.stopped = f"the run at {at:.3g} times the plan is {outcome}: {why}"
            break
        invalid = False
        if outcome is not Outcome.DOES_NOT_HOLD:
            if outcome is Outcome.NOT_SHOWN:
                found.not_shown = record.verdict.reasons[0] if record.verdict.reasons else str(outcome)
            held[at] = held.get(at, 0) + 1
        else:
            held = {rate: times for rate, times in held.items() if rate < at}
            if found.breaks is None or at < found.breaks:
                found.breaks, found.cause = at, causes[0].text
        best, worst = max(held, default=None), found.breaks
        if best is None:
            at = _lower(at, likely(record), factor)
            if at < floor:
                found.stopped = f"nothing held down to {floor:g} times the plan"
                break
        elif worst is None:
            if best >= ceiling and held[best] >= confirm:
                found.stopped = f"nothing broke up to {best:g} times the plan"
                break
            at = min(best * factor, ceiling) if best < ceiling else best
        elif worst / best > factor * (1.0 + _SAME):
            at = best * factor
        elif worst / best - 1.0 > max(resolution, chance(record)):
            at = sqrt(best * worst)
        elif held[best] < confirm:
            at = best
        else:
            break
    else:
        found.stopped = f"{most_runs} runs were made"
    found.holds = max(held, default=None)
    found.times = held[found.holds] if found.holds is not None else 0
    return found


def _lower(at: float, likely: float | None, factor: float) -> float:
    """The next rate below one that broke: where the limit is likely to be, else a step down."""
    return likely if likely is not None and likely < at * (1.0 - _SAME) else at / factor
