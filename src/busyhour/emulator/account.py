"""State shared by all services of one emulator: the account, its instance, the clock, quotas and metrics.

One emulator is one AWS account in one Region with one Connect instance. Everything here belongs to the
thread of the server's event loop.
"""

from __future__ import annotations

import time as wall
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any, Protocol

from busyhour.calls.ports import Bots
from busyhour.emulator.cloudwatch.store import MetricStore
from busyhour.emulator.quotas.throttling import Limits
from busyhour.quotas.table.quota_table import QuotaTable

ACCOUNT = "123456789012"
REGION = "us-east-1"
_INSTANCE_NAMESPACE = uuid.UUID("9b5a3e55-6a52-4f3c-9d0f-0f8a3f5f2b10")


class Now(Protocol):
    """A source of the current time."""

    def now(self) -> float:
        """Return seconds since the clock's origin; never decreases."""


class Monotonic:
    """The process's monotonic clock, for use before an event loop runs."""

    def now(self) -> float:
        """Return seconds of the monotonic clock."""
        return wall.monotonic()


@dataclass(frozen=True, slots=True)
class Account:
    """Identity of the emulated account. `instance_id` is derived from the other members, so it is stable."""

    account_id: str = ACCOUNT
    region: str = REGION
    alias: str = "busyhour"
    instance_id: str = ""

    def __post_init__(self) -> None:
        if not self.instance_id:
            name = f"{self.account_id}/{self.region}/{self.alias}"
            object.__setattr__(self, "instance_id", str(uuid.uuid5(_INSTANCE_NAMESPACE, name)))

    @property
    def instance_arn(self) -> str:
        """ARN of the Connect instance."""
        return self.arn("connect", f"instance/{self.instance_id}")

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this account and Region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"


@dataclass(slots=True)
class EmulatorState:
    """Shared state of one emulator.

    Args:
        account: account, Region and instance.
        limits: the quotas that are enforced.
        metrics: measured values for CloudWatch.
        clock: monotonic seconds; `time()` is the same clock as epoch seconds.
        random: the only source of random numbers; seeded.
    """

    account: Account
    limits: Limits
    metrics: MetricStore
    clock: Now
    random: Random
    epoch: float
    """Epoch seconds at the clock's zero."""
    started_at: float = 0.0
    url: str = ""
    """URL of the endpoint, once the emulator is served."""
    notes: Counter[str] = field(default_factory=Counter)
    """Notes to print once (an unsupported action type, a number that was assumed to be claimed)."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Number of discarded entries, dropped to limit memory, by kind."""
    instances: dict[str, str] = field(default_factory=dict)
    """Every Connect instance by ARN: the scope of its quotas (`Limits`), empty for the first."""
    misses: Callable[[str], bool] | None = None
    """Whether an agent of a queue (by name) does not answer a contact; None: every one does."""
    upload_fails: Callable[[], bool] = lambda: False
    """Whether the recording of one more call is not stored."""
    bots: Bots | None = None
    """The bots that flows use; None: bots have no limits."""

    def __post_init__(self) -> None:
        self.instances.setdefault(self.account.instance_arn, "")

    def time(self) -> float:
        """Return epoch seconds."""
        return self.epoch + self.clock.now()

    def rejected(self, quota_key: str, at: float | None = None) -> None:
        """Count a rejection by a quota (code or key) at `at`, epoch seconds."""
        self.limits.reject(quota_key, at)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as JSON data. Times are epoch seconds."""
        return {
            "account": {**asdict(self.account), "instance_arn": self.account.instance_arn},
            "started_at": self.started_at,
            "now": self.time(),
            "quotas": [
                {
                    "key": tally.quota.key,
                    "code": tally.quota.code,
                    "name": tally.quota.name,
                    "service": tally.quota.service,
                    "kind": tally.quota.kind.value,
                    "operation": tally.quota.operation,
                    "applied": self.limits.applied(tally.quota.key),
                    "rejected": tally.rejected,
                    "first_rejected_at": tally.first_rejected_at,
                    "last_rejected_at": tally.last_rejected_at,
                    "peak": tally.peak,
                    "peak_at": tally.peak_at,
                }
                for tally in self.limits.tallies()
            ],
            "notes": dict(self.notes),
            "dropped": {**self.dropped, "metric_values": self.metrics.dropped},
        }


def new_state(
    table: QuotaTable,
    *,
    account: Account | None = None,
    quotas: Mapping[str, float] | None = None,
    clock: Now | None = None,
    epoch: float | None = None,
    seed: int = 1,
) -> EmulatorState:
    """Make the state of an emulator that starts now.

    Args:
        table: the quota table, with the defaults of the account's Region.
        account: the emulated account.
        quotas: applied values by code or key; AWS's documented defaults for all others.
        clock: monotonic seconds; the process's own if None.
        epoch: epoch seconds at the clock's zero; from the wall clock if None.
        seed: seed of every random choice.

    Raises:
        BusyhourError: `quotas` names an unknown quota.
    """
    clock = clock or Monotonic()
    epoch = wall.time() - clock.now() if epoch is None else epoch

    def now() -> float:
        return epoch + clock.now()

    limits = Limits(table, quotas or {}, now)
    return EmulatorState(
        account or Account(), limits, MetricStore(), clock, Random(seed), epoch, started_at=now()
    )
