"""The record of one run: what was planned, what was measured, what it was held against, what is missing.

`run.json` is this record as JSON; reports/run.schema.json is its schema. A record is written once and rendered
as often as wanted. Times are seconds from the start of the run unless they are ISO 8601 strings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from busyhour.results.outcomes import CallOutcomes
from busyhour.results.throttled import Throttled

SCHEMA_VERSION = "1"


class Outcome(StrEnum):
    """Verdict on a run."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    NOT_SHOWN = "not shown"
    """The run did not get to where it could show that the plan holds: see `shown`."""
    INVALID = "invalid"
    """The run proves nothing: see `reasons`."""
    INTERRUPTED = "interrupted"


@dataclass(slots=True)
class VerdictRecord:
    """The verdict with its reasons, most important first."""

    outcome: Outcome
    reasons: list[str] = field(default_factory=list)
    summary: str = ""
    """One line, fit for a notification."""


@dataclass(slots=True)
class AbortRecord:
    """What ended a run before its time, by itself."""

    condition: str
    """window, breach, error budget, max_calls, max_concurrent, max_cost_usd or silence."""
    at: float
    """Seconds from the start of the run."""
    time: str
    """ISO 8601."""
    text: str
    """What was seen and what it was held against."""


@dataclass(slots=True)
class Slip:
    """How late the generator itself started calls, milliseconds."""

    p50: float
    p99: float
    max: float


@dataclass(slots=True)
class Arrivals:
    """Counts of calls by what became of their intended start."""

    planned: int
    started: int
    late: int
    """Started, but more than the slip bound after the intended start."""
    dropped: int
    """Not started at all, by the generator's own fault."""
    lost: int = 0
    """Taken down with a worker."""
    completed: int = 0
    blocked: int = 0
    """Turned away by the target (throttle, limit, reorder tone)."""
    cut_off: int = 0
    """Still in progress when the drain time was over, and hung up."""
    slip_ms: Slip | None = None
    dropped_reasons: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    """Blocked calls whose start was refused (throttle, limit): known of every call."""
    sampled: int | None = None
    """Accepted calls whose end is known, where it is not known of all: completed, blocked and cut_off are estimates."""
    of: int | None = None
    """Accepted calls that they were drawn from."""
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
    """One kind of request that the generator made.

    `latency` counts from the intended start, `service_time` from the moment the request was sent.
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
    """Requests that repeat no other; None: a version that did not count them wrote the record."""
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


@dataclass(slots=True)
class OperatorMetric:
    """A metric that a Connect operator watches; `value` None with a reason where the target has none."""

    name: str
    statistic: str
    value: float | None
    unit: str
    source: str
    why_not: str = ""


@dataclass(slots=True)
class QuotaRecord:
    """One quota against its demand, flattened from quotas.Comparison."""

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
    """Share of first attempts that was rejected; None where the number of attempts is not known."""
    tolerated: float | None = None
    """Share of first attempts that may be rejected; None in records of older versions."""


@dataclass(slots=True)
class ObjectiveRecord:
    """An objective, what was measured, and whether it holds (None: could not be measured)."""

    metric: str
    bound: str
    measured: float | None
    holds: bool | None
    """None: not measured, or not decided, since the interval has the bound inside; see `why`."""
    why: str = ""
    default: bool = False
    """The scenario does not state it; it is judged because the scenario states none."""
    interval: tuple[float, float] | None = None
    """95 % interval of a value that was estimated from a sample."""
    sampled: int | None = None
    """Calls that it was estimated from; None: it is known of every call."""


@dataclass(slots=True)
class FindingRecord:
    """A finding of the flow check, as `busyhour check --format json` prints it."""

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
    """Branches of one flow: all of them, those that some call can take, and those that the search took."""

    flow: str
    taken: int
    coverable: int
    branches: int


@dataclass(slots=True)
class RetryRecord:
    """One operation under the application's retry policy. `operations` is what the application asked for."""

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
    """Retries because of a failure that may pass."""
    recovered: int
    """Operations that succeeded after a retry."""
    failed: int
    """Operations whose last attempt failed."""
    quota_empty: int
    """Operations that were not tried again because the client's retry quota was empty."""
    latency: Percentiles | None = None
    """From the intended start to the last answer, backoff included: what the application saw."""


@dataclass(slots=True)
class LimitRun:
    """One run of a search for the limit. Its own record is in a folder beside the search's, named after `run_id`."""

    run_id: str
    calls_per_hour: float
    factor: float
    """Of the planned rate."""
    outcome: Outcome
    cause: str
    """What broke first, empty where all held."""


@dataclass(slots=True)
class LimitCause:
    """One thing that binds as the rate grows, and between which rates it begins to."""

    name: str
    holds_calls_per_hour: float | None
    """The highest rate below `breaks_calls_per_hour` at which no run met it; None: no run was made below."""
    times: int
    """Runs at that rate."""
    confidence: float
    """With 95 % confidence at least this share of all runs at that rate would not meet it."""
    breaks_calls_per_hour: float
    """The lowest rate at which a run met it."""
    forecast_calls_per_hour: float | None = None
    """Where the forecast sees it turn away 1 %; None: the forecast does not know it."""


@dataclass(slots=True)
class LimitRecord:
    """What a search for the highest rate that holds came to. Rates are those of the busiest moment, calls per hour."""

    planned_calls_per_hour: float
    holds_calls_per_hour: float | None
    """The highest rate that held each time; None: none did."""
    times: int
    """Runs at that rate."""
    confidence: float
    """With 95 % confidence at least this share of all runs at that rate would hold (Clopper and Pearson)."""
    breaks_calls_per_hour: float | None
    """The lowest rate that broke; None: none did."""
    cause: str
    """What broke there first."""
    stopped: str
    """Why the search ended before it had closed in; empty where it had."""
    shown: str
    """Id of the run whose figures stand in this record."""
    run_seconds: float
    """For how long calls arrived in each run."""
    run_calls: int
    """Calls that were started in the shown run."""
    runs: list[LimitRun] = field(default_factory=list)
    causes: list[LimitCause] = field(default_factory=list)


@dataclass(slots=True)
class Shown:
    """What a run showed of its plan: the load that it reached beside the load that the plan means.

    Loads are in `unit`: calls in progress, or calls/h where the drive runs no calls.
    """

    unit: str
    planned: float
    """Stationary load of the plan's held rate; of a day that is replayed, the load at its busiest moment."""
    reachable: float
    """Load at the test's busiest moment, by calculation."""
    factor: float = 1.0
    """Multiple of the plan's rate that the test drives."""
    reached: float | None = None
    """Measured mean while the plan's load is reached by calculation, else at the busiest moment; None: not measured."""
    peak: float | None = None
    """Measured peak in the same time."""
    ended: int = 0
    """Calls that ended by themselves."""
    cut_off: int = 0
    """Calls that the end of the test ended."""
    stationary: bool = False
    """Whether the load came to where it stays however long the test is, by calculation and as measured."""
    sufficient_hold: float | None = None
    """Shortest hold that reaches the plan's load, seconds; None where the test's own does, or where none would."""
    why: list[str] = field(default_factory=list)
    """Reasons for which the run does not show the plan; empty: it does."""


@dataclass(slots=True)
class RunRecord:
    """Everything that is known of one run."""

    run_id: str
    busyhour_version: str
    scenario: dict[str, Any]
    """name, description, path, seed, direction, drive, calls_per_hour, duration, flows, ...

    `plan` is {calls_per_hour, day}, `test` {ramp_up, hold, ramp_down, drain, factor, smoke}, times in seconds.
    """
    target: dict[str, Any]
    """kind (emulator, aws), region, account, instance, endpoint."""
    started: str
    ended: str
    duration: float
    verdict: VerdictRecord
    arrivals: Arrivals
    operations: list[Operation] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    metrics: list[OperatorMetric] = field(default_factory=list)
    quotas: list[QuotaRecord] = field(default_factory=list)
    objectives: list[ObjectiveRecord] = field(default_factory=list)
    findings: list[FindingRecord] = field(default_factory=list)
    forecast: dict[str, Any] = field(default_factory=dict)
    calls: dict[str, Any] = field(default_factory=dict)
    """Outcomes of calls: by end reason, queue waits, service level, Lambda invocations per call, ..."""
    not_measured: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What the run has to say once: default paths taken for unmodelled action types, ..."""
    outcomes: CallOutcomes | None = None
    """What became of the calls; None where the drive runs no flow, or in a record of an older version."""
    generator: dict[str, Any] = field(default_factory=dict)
    """workers, cpu share, event-loop lag, versions."""
    ledger: list[dict[str, Any]] = field(default_factory=list)
    """Rows of the project's evidence ledger as it stood when the run was reported; quotas/ledger.py has their shape."""
    abort: AbortRecord | None = None
    """What aborted the run; None where nothing did."""
    coverage: list[FlowCoverage] = field(default_factory=list)
    """Branch coverage of the scenario's flows, without those for which there was no time."""
    regression: dict[str, Any] = field(default_factory=dict)
    """What holding the run against earlier ones came to: regression/confirm.py has its shape; empty: not done."""
    retries: list[RetryRecord] = field(default_factory=list)
    """What the application's retry policy did; empty where it has none."""
    trends: dict[str, Any] = field(default_factory=dict)
    """Metrics over the nights of the history up to this run: regression/nightly.py has their shape; empty: none."""
    limit: LimitRecord | None = None
    """What a search for the limit came to, where the run is one of several of such a search; then the verdict is on the
    plan, by all of them."""
    shown: Shown | None = None
    """What the run showed of the plan; None in records of versions that did not tell plan and test apart."""
    throttled: list[Throttled] = field(default_factory=list)
    """First attempts throttled, by operation; empty in records of versions that counted all requests alike."""
    schema_version: str = SCHEMA_VERSION
