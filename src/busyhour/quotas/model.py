"""A service quota, a value of it with its origin, and the comparison of a value with demand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What one value of a quota covers."""

    ACCOUNT = "account"
    """Account and Region."""
    INSTANCE = "instance"
    """One Connect instance."""
    RESOURCE = "resource"
    """One function, table, partition, ..., named by the quota."""


class Kind(StrEnum):
    """Kind of the quota, which decides how demand is compared with it."""

    RESOURCE = "resource"
    """A concurrent number: calls, executions, agents."""
    RATE = "api_rate"
    """Requests per second, refill rate of a token bucket."""
    BURST = "api_burst"
    """Requests at once, size of the token bucket."""


class Origin(StrEnum):
    """Source of a value, strongest first."""

    APPLIED_RESOURCE = "applied (instance)"
    APPLIED_ACCOUNT = "applied (account)"
    SERVICE = "reported by the service"
    CLOUDWATCH = "derived from CloudWatch"
    FILE = "file of account values"
    """A file with the values in force in the account and the date of the reading, written by hand."""
    EMULATOR = "emulator"
    """Value applied by the emulator, not of an account."""
    OVERRIDE = "override"
    AWS_DEFAULT = "AWS default"
    DOCUMENTED = "documented default"


@dataclass(frozen=True, slots=True)
class Quota:
    """One row of the quota table.

    `key` is our own stable name (`connect.concurrent-active-calls-per-instance`); `code` is the Service
    Quotas code if AWS publishes one. `source` and `date` are those of the default.
    """

    key: str
    service: str
    name: str
    code: str | None
    default: float
    unit: str
    adjustable: bool
    scope: Scope
    kind: Kind
    source: str
    date: str
    operation: str | None = None
    """The API operation of a rate or burst."""
    note: str = ""
    """Known conflict or error in what AWS publishes."""
    adjustable_note: str = ""
    """How an increase is requested if Service Quotas cannot, or what the quota follows."""
    per: str = ""
    """What one value covers if `scope` is RESOURCE: table or GSI, function, partition, ..."""
    misreported: float | None = None
    """The value that Service Quotas shows although AWS documents it as incorrect."""


@dataclass(frozen=True, slots=True)
class QuotaValue:
    """A value of a quota with its provenance."""

    quota: Quota
    value: float
    origin: Origin
    read_at: str
    """ISO 8601 time, or the date of the page for documented defaults."""
    detail: str = ""
    resource: str | None = None


class Verdict(StrEnum):
    """Outcome of comparing demand with a quota."""

    HOLDS = "holds"
    TIGHT = "tight"
    """Within the limit, with less headroom than required."""
    BINDS = "binds"
    """The quota was reached or rejected something."""
    UNKNOWN = "unknown"
    """Nothing was measured or the value could not be read."""
    EXCEEDED = "exceeded by calculation"
    """The plan exceeds the quota by the list of limits.

    The run did not reach the load, or by chance did not show it.
    """
    UNDECIDED = "not decided"
    """The list of limits does not decide whether the quota carries the plan, and the run did not exceed it.
    """


@dataclass(frozen=True, slots=True)
class Comparison:
    """One quota compared with its demand.

    utilisation = peak / value (the need if no peak was measured); headroom = 1 - utilisation (shares).
    """

    value: QuotaValue
    peak: float | None
    peak_at: float | None
    """Seconds from the start of the run."""
    peak_source: str
    """Source of the peak: `measured by the generator`, `CloudWatch ConcurrentCalls`, `forecast`."""
    rejected: int = 0
    """Requests or calls that this quota rejected."""
    first_rejected_at: float | None = None
    """Seconds from the start of the run at which the quota first bound."""
    utilisation: float | None = None
    headroom: float | None = None
    verdict: Verdict = Verdict.UNKNOWN
    forecast: float | None = None
    rejected_share: float | None = None
    """Share of first attempts that was rejected; None if unknown."""
    tolerated: float | None = None
    """Share of first attempts that may be rejected."""
