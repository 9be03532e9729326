"""A token bucket under virtual time, and how many it turned away."""

from __future__ import annotations

import math
from dataclasses import dataclass


class TokenBucket:
    """Rate and burst: `burst` tokens at most, `rate` new ones a second.

    Args:
        rate: tokens a second; infinite: everything is let through.
        burst: size of the bucket.
        filled: tokens at first; a full bucket where not given.
    """

    __slots__ = ("_at", "_tokens", "burst", "rate")

    def __init__(self, rate: float, burst: float, filled: float | None = None) -> None:
        self.rate = rate
        self.burst = burst
        self._tokens = burst if filled is None else filled
        self._at = 0.0

    def take(self, now: float, cost: float = 1.0) -> bool:
        """Whether a request at `now` that costs so many tokens is let through."""
        if self.rate == math.inf:
            return True
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        # A hair of slack: tokens that add up to the cost but for rounding do. What costs more than the bucket holds
        # goes through a full one.
        if self._tokens < min(cost, self.burst) - 1e-9:
            return False
        self._tokens -= cost
        return True


class GrowingBucket(TokenBucket):
    """A bucket that serves twice the most that it has served in one second, as a DynamoDB table on demand does.

    Args:
        rate: tokens a second at first, and size of the bucket.
        most: the rate that it never exceeds.
    """

    __slots__ = ("_in_second", "_most", "_second")

    def __init__(self, rate: float, most: float) -> None:
        super().__init__(rate, rate)
        self._most = most
        self._second = -1
        self._in_second = 0.0

    def take(self, now: float, cost: float = 1.0) -> bool:
        """Whether a request at `now` that costs so many tokens is let through."""
        second = int(now)
        if second != self._second:
            grown = min(self._most, 2.0 * self._in_second)
            if grown > self.rate:
                self.rate = self.burst = grown
            self._second, self._in_second = second, 0.0
        if not super().take(now, cost):
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
