"""Load that a run reached, by measurement, beside the load of its plan. Pure."""

from __future__ import annotations

import math

from busyhour.harness.verdict.reach import CALLS, RATE, REACHED, Reach, figure
from busyhour.results.entries import Arrivals, Series
from busyhour.results.record import Shown

MOST_CUT_OFF = 0.5
"""Largest share of the calls that the end of the test may end: more calls must live their whole life than are cut off."""
_AGREES = 0.05
"""Share by which the measured load may be below the calculated one: calls are as long as they are in the run."""
_DEVIATIONS = 3.0


def shown(
    found: Reach, arrivals: Arrivals, in_progress: Series | None, started: Series | None, *, smoke: bool
) -> Shown:
    """Measured load of the run beside its plan's.

    Args:
        found: by calculation, before the start.
        arrivals: counts of the run.
        in_progress: measured calls in progress.
        started: measured calls started, per second.
        smoke: the run was one that shows no capacity.
    """
    series = started if found.unit == RATE else in_progress
    values = _within(series, found.window or (found.busiest, found.busiest))
    per = 3600.0 if found.unit == RATE else 1.0
    reached = math.fsum(values) / len(values) * per if values else None
    why = ["A smoke run shows nothing of the capacity."] if smoke else []
    why += found.why
    if not why:
        why += _not_measured(found, arrivals, reached)
    measured = reached is not None and reached >= _least(found, arrivals)
    return Shown(
        unit=found.unit,
        planned=found.planned,
        reachable=found.reachable,
        factor=found.factor,
        reached=reached,
        peak=max(values) * per if values else None,
        ended=arrivals.completed,
        cut_off=arrivals.cut_off,
        stationary=found.window is not None
        and found.reachable >= REACHED * found.factor * found.planned
        and measured,
        sufficient_hold=found.sufficient_hold,
        why=why,
    )


def beyond(found: Reach, shown: Shown) -> float:
    """Multiple of the plan that the measured load shows; 1 where it differs from the plan by no more than chance."""
    if shown.reached is None or not found.planned or found.factor != 1.0:
        return 1.0
    most = found.planned + _DEVIATIONS * _deviation(found) + math.sqrt(found.planned)
    return shown.reached / found.planned if shown.reached > most else 1.0


def _not_measured(found: Reach, arrivals: Arrivals, reached: float | None) -> list[str]:
    """Reasons for which the measured run did not get to where the calculation has it."""
    reasons = []
    if reached is None:
        reasons.append(f"The {found.unit} were not measured while the plan's load was to be reached.")
    elif reached < _least(found, arrivals):
        reasons.append(
            f"{figure(reached)} {found.unit} were reached in the mean, the plan has {figure(found.planned)}."
        )
    if found.unit == CALLS and arrivals.cut_off > MOST_CUT_OFF * arrivals.started:
        reasons.append(
            f"The end of the test cut off {arrivals.cut_off:,} of {arrivals.started:,} calls; "
            f"{arrivals.completed:,} ended by themselves."
        )
    return reasons


def _least(found: Reach, arrivals: Arrivals) -> float:
    """Lowest measured mean that differs from the plan's load by no more than chance."""
    accepted = 1.0 - arrivals.blocked / arrivals.started if arrivals.started else 1.0
    below = max(_DEVIATIONS * _deviation(found), _AGREES * found.planned)
    return (found.planned - below) * (accepted if found.unit == CALLS else 1.0)


def _deviation(found: Reach) -> float:
    """Standard deviation of the mean over the window of a Poisson number with exponential memory."""
    start, end = found.window or (0.0, 0.0)
    length = max(1.0, end - start)
    if found.unit == RATE:
        return 0.0 if found.even else math.sqrt(found.planned / 3600.0 / length) * 3600.0
    return math.sqrt(found.planned * min(1.0, 2.0 * found.memory / length))


def _within(series: Series | None, window: tuple[float, float] | None) -> list[float]:
    """Values of a series within a window; of a short window the nearest second's."""
    if series is None or window is None:
        return []
    start, end = window
    if end - start < 1.0:
        start = end - 1.0
    return [
        v for t, v in zip(series.t, series.v, strict=True) if v is not None and start - 0.5 <= t <= end - 0.5
    ]
