"""How much a table serves: provisioned and on-demand capacity, burst credit, partitions, the table-level quota.

The emulator and the simulation of a forecast admit requests by this one model. Pure: time is an argument. Facts (DynamoDB Developer Guide): unused provisioned capacity is kept for up to 300 s; a
partition serves 3,000 read and 1,000 write units a second; a new on-demand table serves 12,000 reads and 4,000 writes
a second, then twice its previous peak; no table serves more than the account's table-level quota. A table starts
without credit, as a table that was just created does.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Protocol

from busyhour.quotas.dynamodb.capacity import NEW_TABLE_QUOTA, PARTITION_QUOTA, TABLE_QUOTA, Side
from busyhour.token_bucket import TokenBucket

BURST_SECONDS = 300.0
PEAK_FACTOR = 2.0


class Applied(Protocol):
    """Quota values, and counters of their use and rejections."""

    def applied(self, code_or_key: str) -> float:
        """Return the applied value of the quota, in its own unit."""

    def reject(self, code_or_key: str, at: float | None = None, times: int = 1) -> None:
        """Record that this quota rejected something at `at`, seconds."""

    def use(self, code_or_key: str, value: float, at: float | None = None) -> None:
        """Record the present use of the quota."""


def partitions(limit: float, each: float) -> int:
    """Return the number of partitions of a table that serves `limit` units/s.

    Each serves at most `each` units/s. Splits by size or heat are not modelled.
    """
    return max(1, -int(-limit // each))


def partition_of(key: bytes, count: int) -> int:
    """Return which of `count` partitions contains a partition key.

    AWS's hash is not public; this is a substitute.
    """
    return zlib.crc32(key) % count


@dataclass(frozen=True, slots=True)
class Capacity:
    """Settings of a table or index in units/s.

    `provisioned` None: on demand. `warm` and `maximum` are the on-demand settings WarmThroughput and
    OnDemandThroughput, if set.
    """

    provisioned: float | None
    warm: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Throttled:
    """A throttled request.

    `limit` is the LimitType of ThrottlingReasons; `quota` the quota behind it, None for a setting.
    """

    side: Side
    limit: str
    quota: str | None
    resource: str
    index: bool = False

    @property
    def reason(self) -> str:
        """ResourceType + OperationType + LimitType, as in ThrottlingReasons."""
        return f"{'Index' if self.index else 'Table'}{self.side.word}{self.limit}"


@dataclass(slots=True)
class _Second:
    """Units consumed in the current second, and the highest second so far."""

    at: int = -1
    units: float = 0.0
    peak: float = 0.0
    finished_peak: float = 0.0

    def add(self, units: float, now: float) -> float:
        """Count `units`; return the new highest second, or 0 if it is not exceeded."""
        second = int(now)
        if second != self.at:
            self.finished_peak = max(self.finished_peak, self.units)
            self.at, self.units = second, 0.0
        self.units += units
        if self.units > self.peak:
            self.peak = self.units
            return self.units
        return 0.0


@dataclass(slots=True)
class _Meter:
    """One side of one table or index."""

    bucket: TokenBucket
    account: TokenBucket
    setting: TokenBucket
    partitions: dict[int, TokenBucket] = field(default_factory=dict)
    second: _Second = field(default_factory=_Second)
    limit: float = 0.0
    """Units/s that it served at the last request."""


class Throughput:
    """Meters of all tables and indexes.

    Args:
        quotas: applied values and counters.
    """

    def __init__(self, quotas: Applied) -> None:
        self._quotas = quotas
        self._meters: dict[tuple[str, Side], _Meter] = {}

    def forget(self, resource: str) -> None:
        """Remove the meters of a table that was deleted or changed, and of its indexes."""
        for key in [key for key in self._meters if key[0] == resource or key[0].startswith(f"{resource}/")]:
            del self._meters[key]

    def admit(
        self,
        resource: str,
        side: Side,
        capacity: Capacity,
        units: float,
        now: float,
        *,
        partition_key: bytes | None = None,
        index: bool = False,
    ) -> Throttled | None:
        """Take `units` from everything that limits `resource`, or return what refused; then nothing is taken.

        `partition_key` places the request in a partition; None (a Scan) spreads over all of them.
        """
        meter = self._meters.get((resource, side))
        if meter is None:
            meter = self._meters[resource, side] = self._new(side, capacity, now)
        table_limit = self._quotas.applied(TABLE_QUOTA[side])
        limit, burst, name = self._limit(meter.second, side, capacity, table_limit)
        meter.limit = limit
        bucket, account, setting = meter.bucket, meter.account, meter.setting
        bucket.resize(limit, burst, now)
        account.resize(table_limit, table_limit, now)
        if not account.covers(now, units):
            return self._refuse(
                Throttled(side, "AccountLimitExceeded", TABLE_QUOTA[side], resource, index), now
            )
        if capacity.maximum is not None:
            setting.resize(capacity.maximum, capacity.maximum, now)
            if not setting.covers(now, units):
                return self._refuse(
                    Throttled(side, "MaxOnDemandThroughputExceeded", None, resource, index), now
                )
        if not bucket.covers(now, units):
            quota = None if capacity.provisioned is not None else NEW_TABLE_QUOTA[side]
            return self._refuse(Throttled(side, name, quota, resource, index), now)
        if partition_key is not None:
            each = self._quotas.applied(PARTITION_QUOTA[side])
            number = partition_of(partition_key, partitions(limit, each))
            partition = meter.partitions.get(number)
            if partition is None:
                partition = meter.partitions[number] = TokenBucket(each, each, now, debt=True)
            partition.resize(each, each, now)
            if not partition.take(now, units):
                refusal = Throttled(
                    side, "KeyRangeThroughputExceeded", PARTITION_QUOTA[side], resource, index
                )
                return self._refuse(refusal, now)
        for paid in (bucket, account, setting):
            paid.pay(units)
        self._count(meter, side, units, now)
        return None

    def charge(
        self, resource: str, side: Side, units: float, now: float, *, partition_key: bytes | None = None
    ) -> None:
        """Take what a request turned out to cost beyond what it was admitted with; may leave a debt."""
        meter = self._meters.get((resource, side))
        if meter is not None and units > 0:
            meter.bucket.pay(units)
            meter.account.pay(units)
            self._pay_partition(meter, side, units, partition_key)
            self._count(meter, side, units, now)

    def give_back(
        self, resource: str, side: Side, units: float, *, partition_key: bytes | None = None
    ) -> None:
        """Undo an `admit` whose request was rejected because of another part of it."""
        meter = self._meters[resource, side]
        for paid in (meter.bucket, meter.account, meter.setting):
            paid.pay(-units)
        meter.second.units -= units
        self._pay_partition(meter, side, -units, partition_key)

    def _pay_partition(self, meter: _Meter, side: Side, units: float, key: bytes | None) -> None:
        """Charge the partition that served a request before."""
        if key is not None:
            each = self._quotas.applied(PARTITION_QUOTA[side])
            # A table that has grown meanwhile has more partitions, and this one may be new.
            partition = meter.partitions.get(partition_of(key, partitions(meter.limit, each)))
            if partition is not None:
                partition.pay(units)

    def _new(self, side: Side, capacity: Capacity, now: float) -> _Meter:
        """Create the meter of a new table: one second's tokens, no credit of earlier seconds."""
        quota = self._quotas.applied(TABLE_QUOTA[side])
        rate, burst, _ = self._limit(_Second(), side, capacity, quota)
        maximum = capacity.maximum or 0.0
        return _Meter(
            TokenBucket(rate, burst, now, filled=rate, debt=True),
            TokenBucket(quota, quota, now, debt=True),
            TokenBucket(maximum, maximum, now, debt=True),
        )

    def _limit(
        self, second: _Second, side: Side, capacity: Capacity, quota: float
    ) -> tuple[float, float, str]:
        """Return units/s, size of the bucket, and the LimitType of its rejections."""
        if capacity.provisioned is not None:
            return capacity.provisioned, capacity.provisioned * BURST_SECONDS, "ProvisionedThroughputExceeded"
        initial = capacity.warm or self._quotas.applied(NEW_TABLE_QUOTA[side])
        rate = min(quota, max(initial, PEAK_FACTOR * second.finished_peak))
        return rate, rate, "KeyRangeThroughputExceeded"

    def _count(self, meter: _Meter, side: Side, units: float, now: float) -> None:
        peak = meter.second.add(units, now)
        if peak:
            self._quotas.use(TABLE_QUOTA[side], peak, now)

    def _refuse(self, refusal: Throttled, now: float) -> Throttled:
        if refusal.quota is not None:
            self._quotas.reject(refusal.quota, now)
        return refusal
