"""Results of queues in the simulation: waits, abandonment and occupancy, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from busyhour.capacity.simulation.confidence_intervals import Interval


@dataclass(frozen=True, slots=True)
class QueueForecast:
    """Simulation results of one queue.

    `intervals` are 95 % intervals by field; a field without one could not be estimated.
    """

    name: str
    agents: int | None
    offered: float
    service_level: float | None
    abandoned_share: float | None
    blocked: float
    mean_wait: float
    longest_wait: float
    """Sum over all runs."""
    largest_size: int
    """Sum over all runs."""
    occupancy: float | None
    intervals: Mapping[str, Interval] = field(default_factory=dict)
