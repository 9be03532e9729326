"""A count of rejected requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Turned:
    """How many were rejected, and when first (seconds from the start)."""

    count: int = 0
    first_at: float | None = None

    def away(self, at: float) -> None:
        """One more, at `at`."""
        self.count += 1
        if self.first_at is None:
            self.first_at = at
