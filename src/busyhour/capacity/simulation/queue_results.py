"""Queues in the simulation: waits, abandonment and occupancy, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from busyhour.capacity.simulation.confidence_intervals import Interval


@dataclass(frozen=True, slots=True)
class QueueForecast:
    """One queue: what the simulation saw. `intervals` are 95 % intervals by field; of one that is missing the runs show none."""

    name: str
    agents: int | None
    offered: float
    service_level: float | None
    abandoned_share: float | None
    turned_away: float
    mean_wait: float
    longest_wait: float
    """Of all runs."""
    largest_size: int
    """Of all runs."""
    occupancy: float | None
    intervals: Mapping[str, Interval] = field(default_factory=dict)
