"""Result of the load generator: load.json, made from the sum of all workers' measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from busyhour.results.codec import decode, encode
from busyhour.results.entries import Arrivals, Operation, Percentiles, RetryRecord, Series
from busyhour.results.measurement.histogram import Histogram
from busyhour.results.measurement.windows import WindowRecord
from busyhour.results.outcomes import CallOutcomes
from busyhour.results.record import AbortRecord

SCHEMA_VERSION = "1"

THROTTLE = "rate_throttle"
LIMIT = "limit"
OK = "ok"


@dataclass(slots=True)
class Peak:
    """The highest value of a quantity and the second in which it was reached."""

    value: float
    at: float


@dataclass(slots=True)
class FirstError:
    """Time of the first failure of one kind, seconds from the start."""

    operation: str
    """`service:Name`, as in `LoadResult.peaks`."""
    kind: str
    """rate_throttle, limit, client_error, server_error, timeout, connection, function_error."""
    code: str
    at: float


@dataclass(slots=True)
class FunctionUse:
    """One Lambda function as seen by the client."""

    name: str
    invocations: int
    errors: dict[str, int]
    per_call: float
    peak_concurrency: Peak | None
    latency: Percentiles | None


@dataclass(slots=True)
class Bounds:
    """Largest deviations of the generator before a run is INVALID."""

    late_ms: float = 10.0
    """A call that starts this much after its intended start is late."""
    slip_p99_ms: float = 50.0
    """The 99th percentile of the slip. A caller does not notice 50 ms; more is a different schedule."""
    cpu_share: float = 0.9
    """CPU share of the busiest generator process, mean over 10 seconds."""
    lost_share: float = 0.01
    """Share of planned calls that may be lost or dropped because a worker died."""


@dataclass(slots=True)
class LoadResult:
    """Everything that the load generator recorded of a run.

    Times are seconds from the start, latencies milliseconds. `peaks` contains `in_progress`, `waiting` (in
    queues; only if the generator simulates them), `requests:<service>:<Name>` (requests in one second) and
    `concurrency:<function>`. `calls` is for `RunRecord.calls`: `ends` by reason, `queue_wait_ms`,
    `in_flow_ms`, `duration_ms` (percentiles), `queued`, `answered`, `abandoned`, `service_level`,
    `invocations_per_call`. If only the ends of a sample are known, counts are scaled to all calls, `sampled`
    is the size of the sample, `of` the number of accepted calls, and `intervals` has the 95 % intervals of the
    counts; percentiles are those of the sample. `intervals` always has those of `service_level` and
    `abandoned_share` as estimates of the plan's.
    """

    drive: str
    started: str
    ended: str
    duration: float
    planned_duration: float
    workers: int
    interrupted: bool
    valid: bool
    reasons: list[str]
    arrivals: Arrivals
    operations: list[Operation] = field(default_factory=list)
    functions: list[FunctionUse] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    peaks: dict[str, Peak] = field(default_factory=dict)
    first_errors: list[FirstError] = field(default_factory=list)
    calls: dict[str, Any] = field(default_factory=dict)
    unmodelled: dict[str, int] = field(default_factory=dict)
    generator: dict[str, Any] = field(default_factory=dict)
    not_measured: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    outcomes: dict[str, dict[str, Percentiles]] = field(default_factory=dict)
    """Latency by operation (`service:Name`) and class of outcome."""
    histograms: dict[str, dict[str, Any]] = field(default_factory=dict)
    """HDR histograms of the whole run, encoded: `latency/<op>/<class>`, `service/<op>/<class>`, `slip`, ..."""
    windows: WindowRecord | None = None
    """Latency by window of time; None if no request was sent."""
    retries: list[RetryRecord] = field(default_factory=list)
    """Figures of the application's retry policy; empty if it has none."""
    abort: AbortRecord | None = None
    """Condition that aborted the run; written by the monitor."""
    call_outcomes: CallOutcomes | None = None
    """Outcomes of the calls; None if the drive makes none."""
    run: str = ""
    """Id of the run, as in its other files; empty without `busyhour run`."""
    schema_version: str = SCHEMA_VERSION

    def to_json(self) -> dict[str, Any]:
        """Convert to JSON values."""
        made: dict[str, Any] = encode(self)
        return made

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LoadResult:
        """Read the result that `to_json` wrote.

        Raises BusyhourError if a member is missing or of the wrong type.
        """
        return decode(cls, data)

    def histogram(self, key: str) -> Histogram:
        """Return one of `histograms`, decoded; an empty one if nothing was recorded."""
        return Histogram.from_json(self.histograms[key]) if key in self.histograms else Histogram()


@dataclass(slots=True)
class Circumstances:
    """Facts of a run that its measures do not contain."""

    drive: str
    started: str
    ended: str
    duration: float
    planned_duration: float
    planned_series: Sequence[float] = ()
    """Planned arrivals in each second."""
    workers: int = 1
    interrupted: bool = False
    generator: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    not_measured: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    """Further reasons why the run is INVALID."""
    run: str = ""
    """Id of the run."""
    answer_within: float = 20.0
    """Threshold of the service level, seconds."""
