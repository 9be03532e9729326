"""Requests at a share of the account's own rates: one token bucket for each operation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.quotas.table.quota_table import QuotaTable
from busyhour.token_bucket import TokenBucket

SHARE = 0.75
"""Share of each rate that a pull uses: the account's other applications have the rest."""
UNKNOWN = 2.0
"""Requests per second of an operation without a documented rate: Connect's default for its own."""

_SHORTEST = 0.001
"""Seconds: a shorter pause could be lost in the rounding of a clock, which would then never reach its time."""


class Pace:
    """Waits until a request may be made.

    Args:
        table: quotas with the documented rates.
        share: of each rate, above 0 to 1.
        now, sleep: a clock in seconds.
    """

    def __init__(
        self,
        table: QuotaTable,
        share: float = SHARE,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table = table
        self._share = share
        self.now = now
        self.sleep = sleep
        self._applied: dict[str, float] = {}
        self._buckets: dict[tuple[str, ...], TokenBucket] = {}

    def apply(self, quotas: Iterable[Mapping[str, Any]]) -> None:
        """Use the rates that the account has: entries of ListServiceQuotas."""
        for quota in quotas:
            if isinstance(quota.get("Value"), int | float) and quota["Value"] > 0:
                self._applied[str(quota["QuotaCode"])] = float(quota["Value"])
        self._buckets.clear()

    def rate(self, service: str, operation: str) -> float:
        """Return the requests per second that a pull makes of an operation at most."""
        try:
            quota, _ = self._table.rate(service, operation)
        except BusyhourError:
            return UNKNOWN * self._share
        return self._applied.get(quota.code or "", quota.default) * self._share

    def bucket(self, service: str, operation: str) -> tuple[str, ...]:
        """Return what is limited together: an operation of Connect, all operations of another service's control plane."""
        return (service, operation) if service == "connect" else (service,)

    def wait(self, service: str, operation: str) -> None:
        """Sleep until the operation's bucket has a token, and take it."""
        key = self.bucket(service, operation)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(self.rate(service, operation), 1.0, self.now())
        while not bucket.take(self.now()):
            self.sleep(max((1.0 - bucket.level(self.now())) / bucket.rate, _SHORTEST))
