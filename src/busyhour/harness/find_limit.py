"""Searches the highest call rate that holds: raises the rate in steps until something breaks, then closes in. Pure.

Rates are multiples of the plan. A run is a measurement with chance in it, so the rate that is found is run again with
other seeds; a rate that does not hold every time does not count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import sqrt

from busyhour.results.record import Outcome, RunRecord

Measure = Callable[[float, int], RunRecord]
"""Run the scenario at a multiple of its plan; the second argument numbers the runs, for a seed of its own."""


@dataclass(frozen=True, slots=True)
class Step:
    """One run of the search."""

    factor: float
    """Of the planned rate."""
    outcome: Outcome
    cause: str
    """What broke, empty where all held."""
    run_id: str


@dataclass(slots=True)
class Limit:
    """What the search found."""

    holds: float | None = None
    """The highest multiple of the plan that held each time; None: none did."""
    breaks: float | None = None
    """The lowest multiple that broke; None: none did."""
    cause: str = ""
    """What broke there first."""
    times: int = 0
    """Runs at `holds`, all of which held."""
    stopped: str = ""
    """Why the search ended before it had closed in; empty where it had."""
    steps: list[Step] = field(default_factory=list)

    @property
    def confidence(self) -> float:
        """With 95 % confidence at least this share of all runs at `holds` would hold: 0.05^(1/n) for n of n runs.

        The one-sided bound of Clopper and Pearson (1934) where there is no failure.
        """
        return 0.05 ** (1.0 / self.times) if self.times else 0.0


def search(
    measure: Measure,
    *,
    factor: float = 1.5,
    resolution: float = 0.05,
    most_runs: int = 16,
    confirm: int = 3,
    ceiling: float = 100.0,
    floor: float = 0.01,
) -> Limit:
    """Find the highest rate that holds.

    Args:
        measure: makes one run.
        factor: between two steps while nothing has broken, or nothing has held.
        resolution: closed in when the rate that breaks is at most this share above the one that holds.
        most_runs: runs altogether.
        confirm: runs at the rate that is found.
        ceiling: highest multiple of the plan to try.
        floor: lowest.
    """
    found = Limit()
    held: dict[float, int] = {}
    at = 1.0
    invalid = False
    while len(found.steps) < most_runs:
        record = measure(at, len(found.steps))
        outcome = record.verdict.outcome
        cause = "" if outcome is Outcome.HOLDS else cause_of(record)
        found.steps.append(Step(at, outcome, cause, record.run_id))
        if outcome is Outcome.INVALID and not invalid:
            invalid = True  # a busy moment of this machine may pass: once more at the same rate
            continue
        if outcome in (Outcome.INVALID, Outcome.INTERRUPTED):
            found.stopped = f"the run at {at:.3g} times the plan is {outcome}: {cause.rstrip('.')}"
            break
        invalid = False
        if outcome is Outcome.HOLDS:
            held[at] = held.get(at, 0) + 1
        else:
            held = {rate: times for rate, times in held.items() if rate < at}
            if found.breaks is None or at < found.breaks:
                found.breaks, found.cause = at, cause
        best, worst = max(held, default=None), found.breaks
        if best is None:
            at /= factor
            if at < floor:
                found.stopped = f"nothing held down to {floor:g} times the plan"
                break
        elif worst is None:
            if best >= ceiling and held[best] >= confirm:
                found.stopped = f"nothing broke up to {best:g} times the plan"
                break
            at = min(best * factor, ceiling) if best < ceiling else best
        elif worst / best - 1.0 > resolution:
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


def cause_of(record: RunRecord) -> str:
    """What broke first: the quota that turned something away first, else the verdict's first reason."""
    binding = [q for q in record.quotas if q.verdict == "binds" and q.first_rejected_at is not None]
    if record.verdict.outcome is Outcome.DOES_NOT_HOLD and binding:
        first = min(binding, key=lambda quota: quota.first_rejected_at or 0.0)
        return f"{first.name} ({first.value:g} {first.unit})"
    return record.verdict.reasons[0] if record.verdict.reasons else str(record.verdict.outcome)
