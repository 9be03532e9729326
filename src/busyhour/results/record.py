"""Record of one run: the plan, the measurements, the comparison with quotas, and what is missing.

`run.json` is this record as JSON; reports/run.schema.json is its schema. A record is written once and can be
rendered any number of times. Times are seconds from the start of the run unless they are ISO 8601 strings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from busyhour.results.entries import (
    Arrivals,
    FindingRecord,
    FlowCoverage,
    ObjectiveRecord,
    Operation,
    OperatorMetric,
    QuotaRecord,
    RetryRecord,
    Series,
)
from busyhour.results.outcomes import CallOutcomes
from busyhour.results.throttled import Throttled

SCHEMA_VERSION = "1"


class Outcome(StrEnum):
    """Verdict on a run."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    NOT_SHOWN = "not shown"
    """The run did not reach the load at which it could show that the plan holds: see `shown`."""
    INVALID = "invalid"
    """The measurements are invalid: see `reasons`."""
    INTERRUPTED = "interrupted"


@dataclass(slots=True)
class VerdictRecord:
    """The verdict with its reasons, most important first."""

    outcome: Outcome
    reasons: list[str] = field(default_factory=list)
    summary: str = ""
    """One line for a notification."""


@dataclass(slots=True)
class AbortRecord:
    """What ended a run early."""

    condition: str
    """window, breach, error budget, max_calls, max_concurrent, max_cost_usd or silence."""
    at: float
    """Seconds from the start of the run."""
    time: str
    """ISO 8601."""
    text: str
    """What was measured and the bound it was compared with."""


@dataclass(slots=True)
class LimitRun:
    """One run of a search for the limit.

    Its own record is in a folder beside the search's, named after `run_id`.
    """

    run_id: str
    calls_per_hour: float
    factor: float
    """Multiple of the planned rate."""
    outcome: Outcome
    cause: str
    """The first limit that was exceeded, empty if none."""


@dataclass(slots=True)
class LimitCause:
    """One cause that binds as the rate grows, and the rates between which it begins to."""

    name: str
    holds_calls_per_hour: float | None
    """The highest rate below `breaks_calls_per_hour` at which no run met it; None: there was no run below."""
    times: int
    """Number of runs at that rate."""
    confidence: float
    """Lower 95 % confidence bound of the share of runs at that rate that would not meet it."""
    breaks_calls_per_hour: float
    """The lowest rate at which a run met it."""
    forecast_calls_per_hour: float | None = None
    """Rate at which the forecast has 1 % rejected; None: the forecast does not include it."""


@dataclass(slots=True)
class LimitRecord:
    """Result of a search for the highest rate that holds.

    Rates are those of the busiest moment, calls per hour.
    """

    planned_calls_per_hour: float
    holds_calls_per_hour: float | None
    """The highest rate at which every run held; None: none did."""
    times: int
    """Number of runs at that rate."""
    confidence: float
    """Lower 95 % confidence bound of the share of runs at that rate that would hold (Clopper and Pearson)."""
    breaks_calls_per_hour: float | None
    """The lowest rate at which a run did not hold; None: none."""
    cause: str
    """The first limit that was exceeded there."""
    stopped: str
    """Why the search ended before it reached its resolution; empty if it did."""
    shown: str
    """Id of the run whose figures are in this record."""
    run_seconds: float
    """Time for which calls arrived in each run, seconds."""
    run_calls: int
    """Calls started in that run."""
    runs: list[LimitRun] = field(default_factory=list)
    causes: list[LimitCause] = field(default_factory=list)


@dataclass(slots=True)
class Shown:
    """The load that a run reached, compared with the load of the plan.

    Loads are in `unit`: calls in progress, or calls/h if the drive makes no calls.
    """

    unit: str
    planned: float
    """Stationary load of the plan's held rate; for a replayed day, the load at its busiest moment."""
    reachable: float
    """Load at the test's busiest moment, by calculation."""
    factor: float = 1.0
    """Multiple of the plan's rate that the test drives."""
    reached: float | None = None
    """Measured mean while the plan's load is reached by calculation, else at the busiest moment.

    None: not measured.
    """
    peak: float | None = None
    """Measured peak in the same time."""
    ended: int = 0
    """Calls that ended by themselves."""
    cut_off: int = 0
    """Calls that the end of the test ended."""
    stationary: bool = False
    """Whether the load became stationary, by calculation and as measured."""
    sufficient_hold: float | None = None
    """Shortest hold that reaches the plan's load, seconds; None if the test's own does, or none would."""
    why: list[str] = field(default_factory=list)
    """Reasons why the run does not show the plan; empty: it does."""


@dataclass(slots=True)
class RunRecord:
    """The complete record of one run."""

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
    """Notes: default paths taken for unmodelled action types, ..."""
    outcomes: CallOutcomes | None = None
    """Outcomes of the calls; None if the drive runs no flow, or in a record of an older version."""
    generator: dict[str, Any] = field(default_factory=dict)
    """workers, cpu share, event-loop lag, versions."""
    ledger: list[dict[str, Any]] = field(default_factory=list)
    """Rows of the project's evidence ledger when the run was reported; quotas/ledger.py has their shape."""
    abort: AbortRecord | None = None
    """Condition that aborted the run; None if there was none."""
    coverage: list[FlowCoverage] = field(default_factory=list)
    """Branch coverage of the scenario's flows, without those that the time did not suffice for."""
    regression: dict[str, Any] = field(default_factory=dict)
    """Result of the comparison with earlier runs.

    Regression/confirm.py has its shape; empty: not compared.
    """
    retries: list[RetryRecord] = field(default_factory=list)
    """Figures of the application's retry policy; empty if it has none."""
    trends: dict[str, Any] = field(default_factory=dict)
    """Trends of metrics up to this run; history/trend_report.py has their shape; empty: none."""
    limit: LimitRecord | None = None
    """Result of a search for the limit, if the run is one of its runs.

    The verdict is then on the plan, by all of them.
    """
    shown: Shown | None = None
    """What the run showed of the plan; None in records of versions without a separate test."""
    throttled: list[Throttled] = field(default_factory=list)
    """First attempts throttled, by operation.

    Empty in records of versions that did not count first attempts.
    """
    run: str = ""
    """Random id of this run, as in load.json and target.json; empty in records of older versions."""
    schema_version: str = SCHEMA_VERSION
