"""A token bucket under a clock that is handed in: how AWS limits requests per second.

`rate` tokens flow in each second, at most `burst` are kept, a request takes its cost or is rejected. Sources: Connect's
Developer Guide, "Best practices for using Connect APIs" (burst is the "maximum bucket size"); Lambda's and DynamoDB's
limits are enforced with the same bucket.

A request that costs more than the bucket can hold is the one point in which services differ. An API request costs one
token; a bucket of less than one lets none through. DynamoDB serves such a request: one page of a Scan takes 128 read
units at once, at any rate of the table (DynamoDB Developer Guide, bp-query-scan). With `debt` it passes while
the bucket is full, and the tokens that it lacks are a debt that flows in before the next request passes. That the
bucket has to be full is this project's assumption; AWS does not publish it.
"""

from __future__ import annotations

import math

_HAIR = 1e-9
"""Tokens that a request may lack: sums of floats must not reject the request that is exactly on time."""


class TokenBucket:
    """`rate` tokens a second up to `burst`. No window of t seconds passes more than burst + rate * t of cost.

    With `debt`, a window passes at most the last request's cost more. A clock that goes back adds no tokens.

    Args:
        rate: tokens a second; infinite: the bucket is always full.
        burst: most tokens that are kept.
        at: time of the start, seconds.
        filled: tokens at the start; a full bucket where not given.
        debt: whether a request above `burst` passes a full bucket and leaves a debt.
    """

    __slots__ = ("_at", "burst", "debt", "rate", "tokens")

    def __init__(
        self, rate: float, burst: float, at: float = 0.0, *, filled: float | None = None, debt: bool = False
    ) -> None:
        self.rate = rate
        self.burst = burst
        self.debt = debt
        self.tokens = burst if filled is None else filled
        """At the time of the last request; below 0 is a debt."""
        self._at = at

    def take(self, at: float, cost: float = 1.0) -> bool:
        """Take `cost` tokens at the time `at`; False, and none taken, where there are too few."""
        tokens = self.tokens
        if at > self._at:
            tokens += (at - self._at) * self.rate
            if tokens > self.burst:
                tokens = self.burst
            self._at = at
        if tokens + _HAIR >= cost or self._covers_more(tokens, cost):
            self.tokens = tokens - cost
            return True
        self.tokens = tokens
        return False

    def covers(self, at: float, cost: float) -> bool:
        """Whether `take` would pass; takes nothing. For a request that several buckets limit."""
        tokens = self.tokens
        if at > self._at:
            tokens += (at - self._at) * self.rate
            if tokens > self.burst:
                tokens = self.burst
            self.tokens, self._at = tokens, at
        return tokens + _HAIR >= cost or self._covers_more(tokens, cost)

    def pay(self, cost: float) -> None:
        """Take `cost` tokens whether they are there or not; a negative cost gives tokens back."""
        self.tokens = min(self.burst, self.tokens - cost)

    def level(self, at: float) -> float:
        """Tokens at the time `at`; below 0 is a debt."""
        if at <= self._at:
            return self.tokens
        return min(self.burst, self.tokens + (at - self._at) * self.rate)

    def resize(self, rate: float, burst: float, at: float, *, fill: bool = False) -> None:
        """Continue with another rate and size from the time `at`.

        Args:
            rate: tokens a second from now on; the time before `at` counts at the rate before.
            burst: most tokens that are kept from now on.
            at: seconds.
            fill: whether room that the bucket gains is filled, as in a new bucket.
        """
        if rate == self.rate and burst == self.burst:
            return
        tokens = self.level(at)
        if fill and burst > self.burst:
            tokens += burst - self.burst
        self.rate, self.burst = rate, burst
        self.tokens = tokens if tokens < burst else burst
        if at > self._at:
            self._at = at

    def _covers_more(self, tokens: float, cost: float) -> bool:
        """Whether tokens below `cost` are enough: an infinite rate, or a debt that is allowed."""
        if self.rate == math.inf:
            return self.debt or cost <= self.burst
        return self.debt and cost > self.burst > 0.0 and tokens + _HAIR >= self.burst
