"""Enforcement of service quotas: token buckets per API operation, and resources in use.

Every value comes from the quota table; an override is a value that AWS has raised (or lowered) for the
account. Values may change while the emulator runs (a granted increase request). Rejections by a quota
are counted, with the time of the first.

Buckets (`busyhour.token_bucket`) are per account, Region and operation; one emulator is one account and Region.
If AWS gives each instance a value or a bucket of its own, `resource` selects one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from busyhour.errors import BusyhourError
from busyhour.quotas.model import Kind, Quota
from busyhour.quotas.table.bursts import burst_with
from busyhour.quotas.table.quota_table import QuotaTable
from busyhour.token_bucket import TokenBucket


@dataclass(slots=True)
class Tally:
    """Use of one quota: the highest use (`peak`, at `peak_at`) and its rejections.

    The peak of a rate is requests in one second, admitted or not; of a resource it is the number in use,
    including rejected requests. Times are those of the injected clock.
    """

    quota: Quota
    rejected: int = 0
    first_rejected_at: float | None = None
    last_rejected_at: float | None = None
    peak: float = 0.0
    peak_at: float | None = None

    def reject(self, at: float, times: int = 1) -> None:
        """Count a rejection."""
        self.rejected += times
        if self.first_rejected_at is None:
            self.first_rejected_at = at
        self.last_rejected_at = at

    def use(self, value: float, at: float) -> None:
        """Record the highest use."""
        if value > self.peak:
            self.peak, self.peak_at = value, at


class _Operation:
    """The bucket of one operation with its tally and the count of requests in the current second."""

    __slots__ = ("bucket", "burst", "in_second", "second", "tally")

    def __init__(self, bucket: TokenBucket, burst: Quota, tally: Tally) -> None:
        self.bucket = bucket
        self.burst = burst
        self.tally = tally
        self.second = -1
        self.in_second = 0


class Limits:
    """All quotas of one account, Region and instance.

    Args:
        table: the quota table.
        overrides: applied values by quota code, key or name.
        time: the clock of all times here.

    Raises:
        BusyhourError: an override names no known quota or is negative.
    """

    def __init__(self, table: QuotaTable, overrides: Mapping[str, float], time: Callable[[], float]) -> None:
        self.table = table
        self._time = time
        self._found: dict[str, Quota] = {}
        self._applied: dict[str, float] = {}
        self._applied_to: dict[tuple[str, str], float] = {}
        self._operations: dict[tuple[str, str, str], _Operation | None] = {}
        self._in_use: dict[tuple[str, str], int] = {}
        self._tallies: dict[str, Tally] = {}
        for name, value in overrides.items():
            self.set_applied(name, value)

    # ------------------------------------------------------------------------------------------- values

    def quota(self, code_or_key: str) -> Quota:
        """Return the quota of a code, a key or a name.

        Raises:
            BusyhourError: the quota is unknown.
        """
        quota = self._found.get(code_or_key)
        if quota is None:
            # An operation without a row of its own still has a key, which only `by_key` knows.
            look_up = self.table.by_key if code_or_key.endswith((".rate", ".burst")) else self.table.find
            quota = self._found[code_or_key] = look_up(code_or_key)
        return quota

    def applied(self, code_or_key: str, resource: str = "") -> float:
        """Return the enforced value; that of one `resource` if it has a value of its own.

        The size of an operation's bucket without its own value grows with its rate, see `burst_with`.
        """
        return self._value_for(self.quota(code_or_key), resource)

    def is_overridden(self, code_or_key: str, resource: str = "") -> bool:
        """Whether a value other than AWS's default was applied, to one `resource` or to all."""
        key = self.quota(code_or_key).key
        return (key, resource) in self._applied_to or key in self._applied

    def set_applied(self, code_or_key: str, value: float, resource: str = "") -> None:
        """Set the applied value, for all or for one `resource` (an instance's id).

        Raises:
            BusyhourError: the quota is unknown, or `value` is negative.
        """
        quota = self.quota(code_or_key)
        if not value >= 0:
            raise BusyhourError(
                f"{value} cannot be the applied value of {quota.name} ({code_or_key}): it is not 0 or more.",
                "Give a number such as 100.",
            )
        if resource:
            self._applied_to[quota.key, resource] = float(value)
            return
        self._applied[quota.key] = float(value)
        for known in tuple(self._operations.values()):
            if known is not None:
                self._refresh(known)

    def _value_for(self, quota: Quota, resource: str) -> float:
        if resource and (quota.key, resource) in self._applied_to:
            return self._applied_to[quota.key, resource]
        return self._value(quota)

    def _value(self, quota: Quota) -> float:
        if quota.key in self._applied:
            return self._applied[quota.key]
        if quota.kind is Kind.BURST and quota.operation is not None:
            rate, _ = self.table.rate(quota.service, quota.operation)
            return burst_with(rate, quota, self._value(rate))
        return quota.default

    # ------------------------------------------------------------------------------------------ requests

    def admit(self, service: str, operation: str, cost: float = 1.0, resource: str = "") -> Quota | None:
        """Take a token for one request, from the bucket of `resource` if each has its own.

        `operation` may be the common prefix of two keys (`connect.search-contacts-beyond-two-weeks`) if an
        operation has two buckets.

        Returns None if the request is admitted, else the rate quota that rejected it. An operation
        without a rate in the table is never rejected.
        """
        try:
            known = self._operations[service, operation, resource]
        except KeyError:
            known = self._open(service, operation, resource)
        if known is None:
            return None
        at = self._time()
        second = int(at)
        if second != known.second:
            known.second, known.in_second = second, 0
        known.in_second += 1
        tally = known.tally
        if known.in_second > tally.peak:
            tally.peak, tally.peak_at = known.in_second, at
        if known.bucket.take(at, cost):
            return None
        tally.reject(at)
        return tally.quota

    def _open(self, service: str, operation: str, resource: str) -> _Operation | None:
        try:
            rate, burst = self._pair(service, operation)
        except BusyhourError:
            self._operations[service, operation, resource] = None
            return None
        for quota in (rate, burst):
            self._found.setdefault(quota.key, quota)
        bucket = TokenBucket(self._value(rate), self._value(burst), self._time())
        opened = _Operation(bucket, burst, self._tally(rate))
        self._operations[service, operation, resource] = opened
        return opened

    def _pair(self, service: str, operation: str) -> tuple[Quota, Quota]:
        if "." in operation:
            return self.table.by_key(f"{operation}.rate"), self.table.by_key(f"{operation}.burst")
        return self.table.rate(service, operation)

    def _refresh(self, known: _Operation) -> None:
        rate, burst = self._value(known.tally.quota), self._value(known.burst)
        if (rate, burst) != (known.bucket.rate, known.bucket.burst):
            known.bucket.resize(rate, burst, self._time(), fill=True)

    # ------------------------------------------------------------------------------------ things in use

    def acquire(self, code_or_key: str, resource: str = "") -> bool:
        """Take one unit of a resource quota (a concurrent call); return False, and count it, at the limit.

        `resource` selects one of several owners of the quota (an instance, a function).
        """
        quota = self.quota(code_or_key)
        in_use = self._in_use.get((quota.key, resource), 0)
        at = self._time()
        tally = self._tally(quota)
        tally.use(in_use + 1, at)
        if in_use + 1 > self._value_for(quota, resource):
            tally.reject(at)
            return False
        self._in_use[quota.key, resource] = in_use + 1
        return True

    def release(self, code_or_key: str, resource: str = "") -> None:
        """Return one unit."""
        key = self.quota(code_or_key).key
        self._in_use[key, resource] = max(0, self._in_use.get((key, resource), 0) - 1)

    def in_use(self, code_or_key: str, resource: str = "") -> int:
        """Return the number of units in use."""
        return self._in_use.get((self.quota(code_or_key).key, resource), 0)

    # ------------------------------------------------------------------------------------------- tallies

    def reject(self, code_or_key: str, at: float | None = None, times: int = 1) -> None:
        """Count a rejection by a quota that is enforced elsewhere (as table throughput is)."""
        self._tally(self.quota(code_or_key)).reject(self._time() if at is None else at, times)

    def use(self, code_or_key: str, value: float, at: float | None = None) -> None:
        """Record the present use of a quota that is enforced elsewhere; the highest is kept."""
        self._tally(self.quota(code_or_key)).use(value, self._time() if at is None else at)

    def tallies(self) -> Iterator[Tally]:
        """Return the tallies of every used quota."""
        return iter(tuple(self._tallies.values()))

    def clear(self) -> None:
        """Reset tallies and fill every bucket; applied values and units in use remain."""
        self._tallies.clear()
        self._operations.clear()

    def _tally(self, quota: Quota) -> Tally:
        tally = self._tallies.get(quota.key)
        if tally is None:
            tally = self._tallies[quota.key] = Tally(quota)
        return tally
