"""The growing token bucket of an on-demand table, and a count of rejected requests."""

from __future__ import annotations

from dataclasses import dataclass

from busyhour.token_bucket import TokenBucket


class GrowingBucket(TokenBucket):
    """A bucket that serves twice the most that it has served in one second, as a DynamoDB table on demand does.

    Args:
        rate: tokens a second at first, and size of the bucket.
        most: the rate that it never exceeds.
    """

    __slots__ = ("_in_second", "_most", "_second")

    def __init__(self, rate: float, most: float) -> None:
        super().__init__(rate, rate, debt=True)
        self._most = most
        self._second = -1
        self._in_second = 0.0

    def take(self, at: float, cost: float = 1.0) -> bool:
        """Take `cost` tokens at the time `at`; False, and none taken, where there are too few."""
        second = int(at)
        if second != self._second:
            grown = min(self._most, 2.0 * self._in_second)
            if grown > self.rate:
                self.rate = self.burst = grown
            self._second, self._in_second = second, 0.0
        if not super().take(at, cost):
            return False
        self._in_second += cost
        return True


@dataclass(slots=True)
class Turned:
    """How many were turned away, and when first (seconds from the start)."""

    count: int = 0
    first_at: float | None = None

    def away(self, at: float) -> None:
        """One more, at `at`."""
        self.count += 1
        if self.first_at is None:
            self.first_at = at
