"""Statistics of one queue."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

IN_TIME, LATE, ABANDONED = range(3)
"""Ends of a wait: answered within the threshold, answered later, abandoned."""


@dataclass(frozen=True, slots=True)
class QueueStatistics:
    """Counts and times of one queue since the start or the last reset.

    offered = contacts that entered the queue. Each was answered, abandoned, rejected (queue full),
    moved (left for another queue, or by its flow) or is still waiting. Times in seconds.
    """

    name: str
    agents: int | None
    offered: int
    answered: int
    answered_in_time: int
    abandoned: int
    rejected: int
    moved: int
    waiting: int
    largest_size: int
    largest_size_at: float
    longest_wait: float
    mean_wait: float
    """Mean wait of answered contacts, in seconds."""
    busy_seconds: float
    observed_seconds: float
    waits: array[float]
    """Wait of every answered contact in seconds, in the order of answers."""

    @property
    def service_level(self) -> float | None:
        """Share of answered and abandoned contacts that were answered within the threshold.

        None without such contacts.
        """
        total = self.answered + self.abandoned
        return self.answered_in_time / total if total else None

    @property
    def abandoned_share(self) -> float | None:
        """Share of answered and abandoned contacts that were abandoned; None without such contacts."""
        total = self.answered + self.abandoned
        return self.abandoned / total if total else None

    @property
    def occupancy(self) -> float | None:
        """Share of staffed time that agents talked or wrapped up; None without staffed time."""
        staffed = (self.agents or 0) * self.observed_seconds
        return self.busy_seconds / staffed if staffed else None
