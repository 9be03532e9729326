"""Entries of a run record: requests, latencies, series, metrics, quotas, objectives, findings, coverage, retries."""

from __future__ import annotations

from dataclasses import dataclass, field

LONGEST_SECONDS = 1e7
"""Longest run, from its start to the last value of a series: 115 days."""


@dataclass(slots=True)
class Slip:
    """Delay of the generator's own call starts, milliseconds."""

    p50: float
    p99: float
    max: float


@dataclass(slots=True)
class Arrivals:
    """Counts of calls by the outcome of their intended start."""

    planned: int
    started: int
    late: int
    """Started, but more than the slip bound after the intended start."""
    dropped: int
    """Not started because of the generator itself."""
    lost: int = 0
    """Lost with a worker that died."""
    completed: int = 0
    blocked: int = 0
    """Blocked by the target (throttle, limit, reorder tone)."""
    cut_off: int = 0
    """Still in progress at the end of the drain time, and hung up."""
    slip_ms: Slip | None = None
    dropped_reasons: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    """Blocked calls whose start was rejected (throttle, limit): known of every call."""
    sampled: int | None = None
    """Accepted calls whose end is known, if a sample: completed, blocked and cut_off are then estimates."""
    of: int | None = None
    """Accepted calls that were sampled from."""
    intervals: dict[str, list[float]] = field(default_factory=dict)
    """95 % intervals of the estimates."""


@dataclass(slots=True)
class Percentiles:
    """A latency distribution in milliseconds."""

    count: int
    mean: float
    p50: float
    p90: float
    p95: float
    p99: float
    max: float


@dataclass(slots=True)
class Operation:
    """One kind of request of the generator.

    `latency` is measured from the intended start, `service_time` from the moment the request was sent.
    """

    service: str
    name: str
    requests: int
    errors: int
    throttles: int
    """Rate throttles: the API's own rate was exceeded."""
    limits: int
    """Limit errors: a resource quota was full."""
    codes: dict[str, int] = field(default_factory=dict)
    latency: Percentiles | None = None
    service_time: Percentiles | None = None
    peak_per_second: float = 0.0
    first_attempts: int | None = None
    """Requests that are not retries; None: written by a version that did not count them."""
    first_throttles: int | None = None
    """Of the first attempts."""
    first_limits: int | None = None
    """Of the first attempts."""


@dataclass(slots=True)
class Series:
    """One value over time. `t` are seconds from the start, `v` the values (None: no data)."""

    name: str
    unit: str
    t: list[float]
    v: list[float | None]
    source: str = "generator"

    def __post_init__(self) -> None:
        if len(self.t) != len(self.v):
            raise ValueError(f"the series {self.name!r} has {len(self.t):,} times and {len(self.v):,} values")
        if self.t and max(max(self.t), -min(self.t)) > LONGEST_SECONDS:
            raise ValueError(f"the series {self.name!r} has a time beyond {LONGEST_SECONDS:,.0f} s")


@dataclass(slots=True)
class OperatorMetric:
    """A metric that a Connect operator watches; `value` is None, with a reason, if the target has none."""

    name: str
    statistic: str
    value: float | None
    unit: str
    source: str
    why_not: str = ""


@dataclass(slots=True)
class QuotaRecord:
    """One quota compared with its demand, flattened from quotas.Comparison."""

    key: str
    service: str
    name: str
    code: str | None
    scope: str
    unit: str
    value: float
    origin: str
    read_at: str
    default: float
    peak: float | None
    peak_at: float | None
    peak_source: str
    rejected: int
    first_rejected_at: float | None
    utilisation: float | None
    headroom: float | None
    verdict: str
    forecast: float | None = None
    note: str = ""
    source: str = ""
    rejected_share: float | None = None
    """Share of first attempts that was rejected; None if the number of attempts is unknown."""
    tolerated: float | None = None
    """Share of first attempts that may be rejected; None in records of older versions."""


@dataclass(slots=True)
class ObjectiveRecord:
    """An objective, its measurement, and whether it is met (None: could not be measured)."""

    metric: str
    bound: str
    measured: float | None
    holds: bool | None
    """None: not measured, or undecided because the bound is inside the interval; see `why`."""
    why: str = ""
    default: bool = False
    """Not stated in the scenario; judged by default."""
    interval: tuple[float, float] | None = None
    """95 % interval of a value that was estimated from a sample."""
    sampled: int | None = None
    """Number of calls that it was estimated from; None: known of every call."""


@dataclass(slots=True)
class FindingRecord:
    """A finding of the flow check, as printed by `busyhour check --format json`."""

    rule: str
    severity: str
    path: str
    line: int
    column: int
    pointer: str
    flow: str
    action: str
    message: str
    help: str = ""


@dataclass(slots=True)
class FlowCoverage:
    """Branches of one flow: all, those that a call can take, and those that the search took."""

    flow: str
    taken: int
    coverable: int
    branches: int


@dataclass(slots=True)
class RetryRecord:
    """One operation under the application's retry policy.

    `operations` is the number that the application requested.
    """

    service: str
    name: str
    operations: int
    attempts: int
    """Requests that were sent for them; `Operation` counts these."""
    by_attempts: dict[str, int]
    """Operations by the number of their attempts."""
    throttles: int
    """Retries because of a throttle."""
    transients: int
    """Retries because of a transient failure."""
    recovered: int
    """Operations that succeeded after a retry."""
    failed: int
    """Operations whose last attempt failed."""
    quota_empty: int
    """Operations that were not retried because the client's retry quota was empty."""
    latency: Percentiles | None = None
    """From the intended start to the last response, backoff included.

    The latency that the application saw.
    """
