"""Slices of replications: part and whole of a count in each, from which shares and their intervals are estimated."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from busyhour.capacity.simulation.simulate import SimulationResult

CLUMP = 2.0
"""Minimum variance of rare events as a multiple of independent ones: calls reach a limit together."""

Counted = Callable[[SimulationResult], tuple[float, float]]
"""Part and whole counted in a run; both grow with time."""


def sliced(runs: Sequence[SimulationResult], counts: Counted) -> list[list[tuple[float, float]]]:
    """Return part and whole of each slice of each run."""
    found = []
    for run in runs:
        until = [counts(each) for each in (*run.so_far, run)]
        before = [(0.0, 0.0), *until[:-1]]
        found.append([(p - q, w - v) for (p, w), (q, v) in zip(until, before, strict=True)])
    return found
