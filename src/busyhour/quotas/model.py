"""A service quota, a value of it with its origin, and the comparison of a value with what is needed."""

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
    """One function, table, partition, ... as the quota's name says."""


class Kind(StrEnum):
    """How demand is compared with the quota."""

    RESOURCE = "resource"
    """A number of things at once: concurrent calls, executions, agents."""
    RATE = "api_rate"
    """Requests per second, refill rate of a token bucket."""
    BURST = "api_burst"
    """Requests at once, size of the token bucket."""


class Origin(StrEnum):
    """Where a value came from, strongest first."""

    APPLIED_RESOURCE = "applied (instance)"
    APPLIED_ACCOUNT = "applied (account)"
    SERVICE = "reported by the service"
    CLOUDWATCH = "derived from CloudWatch"
    FILE = "file of account values"
    """A file in which people wrote what the account has in force, with the date of the reading."""
    EMULATOR = "emulator"
    """What the emulator applied in a run against it: of no account."""
    OVERRIDE = "override"
    AWS_DEFAULT = "AWS default"
    DOCUMENTED = "documented default"


@dataclass(frozen=True, slots=True)
class Quota:
    """One row of the quota table.

    `key` is our own stable name (`connect.concurrent-active-calls-per-instance`); `code` is the Service
    Quotas code where AWS publishes one. `source` and `date` say where the default was read and when.
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
    """How an increase is asked for where Service Quotas cannot, or what the quota follows."""
    per: str = ""
    """What one value covers where `scope` is RESOURCE: table or GSI, function, partition, ..."""
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
    """Holds, with less headroom than asked for."""
    BINDS = "binds"
    """The quota was reached or rejected something."""
    UNKNOWN = "unknown"
    """Nothing was measured or the value could not be read."""
    EXCEEDED = "exceeded by calculation"
    """The plan exceeds the quota by the list of limits; the run saw too little of the plan, or of chance, to find it."""
    UNDECIDED = "not decided"
    """The list of limits does not tell whether the quota carries the plan, and the run did not exceed it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One quota against its demand. utilisation = peak / value (the need, where no peak was measured); headroom = 1 - utilisation (shares)."""

    value: QuotaValue
    peak: float | None
    peak_at: float | None
    """Seconds from the start of the run."""
    peak_source: str
    """How the peak came about: `measured by the generator`, `CloudWatch ConcurrentCalls`, `forecast`."""
    rejected: int = 0
    """Requests or calls that this quota rejected."""
    first_rejected_at: float | None = None
    """Seconds from the start of the run at which the quota first bound."""
    utilisation: float | None = None
    headroom: float | None = None
    verdict: Verdict = Verdict.UNKNOWN
    forecast: float | None = None
    rejected_share: float | None = None
    """Share of first attempts that was rejected; None where it is not known."""
    tolerated: float | None = None
    """Share of first attempts that may be rejected."""
