"""Counter of rejected requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Rejections:
    """Number of rejections, and the time of the first (seconds from the start)."""

    count: int = 0
    first_at: float | None = None

    def record(self, at: float) -> None:
        """Record a rejection at time `at` (seconds from the start)."""
        self.count += 1
        if self.first_at is None:
            self.first_at = at
