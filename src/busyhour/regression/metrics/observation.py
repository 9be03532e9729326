"""Data of a run that a comparison needs: identity, windows of counts and latencies, values of the whole run.

`observe` makes it of a run's folder. It is small, and is stored in the history as JSON.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from busyhour.regression.made_of import MadeOf
from busyhour.results.measurement.windows import WindowRecord
from busyhour.results.record import Outcome
from busyhour.results.throttled import REQUEST_THROTTLE_SHARE, THROTTLE_SHARE

SAME = ("name", "seed", "direction", "drive", "arrivals", "calls_per_hour", "duration", "entry", "target")
"""Members that must be equal for two runs to be compared."""

PLANNED = ("plan", "test")
"""The same for records that have them: the plan, and the way it is tested."""

PROVING = (Outcome.HOLDS.value, Outcome.DOES_NOT_HOLD.value, Outcome.NOT_SHOWN.value)
"""Verdicts of runs with valid measurements. A run that is NOT SHOWN can still be compared."""

_FORMER = {
    "throttle rate": REQUEST_THROTTLE_SHARE,
    "limit rate": "limit_share",
    "error rate": "error_share",
}
"""Names in observations of earlier versions, which kept no share of first attempts."""

DEMANDED = ("Lambda invocations", "in flow", "Lex turns", "DynamoDB:")
"""Simulated quantities of a call that are compared; those by table begin with the last."""


@dataclass(slots=True)
class Parts:
    """A ratio whose parts are known for each second: `above` counts events, `below` opportunities."""

    above: list[float]
    below: list[float]


@dataclass(slots=True)
class Share:
    """`count` of `of`, known for the whole run only."""

    count: float
    of: float


@dataclass(slots=True)
class QuotaUse:
    """Highest use of a quota. If `peak` is None, `headroom` is the forecast's."""

    name: str
    value: float
    peak: float | None
    headroom: float


@dataclass(slots=True)
class Limit:
    """Value of a quota."""

    name: str
    value: float


@dataclass(slots=True)
class Demand:
    """Mean of a quantity of a call, and the half-width of its 95 % confidence interval."""

    mean: float
    half_width: float


@dataclass(slots=True)
class Observation:
    """One run, reduced to what is compared. Times in seconds, latencies in coarse buckets of microseconds."""

    run_id: str
    started: str
    identity: dict[str, Any]
    """The members of `SAME`, and those of `PLANNED` if the record has them."""
    seconds: float
    """Duration of the run in seconds."""
    calls: int
    """Number of started calls."""
    outcome: str
    windows: WindowRecord | None = None
    ratios: dict[str, Parts] = field(default_factory=dict)
    """Ratios of events: Lambda invocations per call."""
    rates: dict[str, Parts] = field(default_factory=dict)
    """Shares of all requests: throttles, limit errors, errors."""
    shares: dict[str, Share] = field(default_factory=dict)
    """Shares of the whole run: blocked and abandoned calls, throttled first attempts."""
    samples: dict[str, list[int]] = field(default_factory=dict)
    """Distributions of the whole run: coarse bucket, count, ... (`time in flow`, `slip`)."""
    quotas: dict[str, QuotaUse] = field(default_factory=dict)
    coverage: Share | None = None
    """Branches of the flows that a search takes, of those that a call can take."""
    demand: dict[str, Demand] = field(default_factory=dict)
    """Demand of one call by simulation of the plan's callers: see `DEMANDED`."""
    findings: list[str] = field(default_factory=list)
    """Errors of the flow check, each as one line without its place in the file."""
    missing: list[str] = field(default_factory=list)
    """What this run lacks and can therefore not be compared."""
    limits: dict[str, Limit] = field(default_factory=dict)
    """Value of every quota that the run knew."""
    made_of: MadeOf | None = None
    """Inputs.

    Commit, versions, flows, settings; None: the version that wrote the record did not keep them.
    """
    version: str = ""
    """The version of busyhour that made the run and gave its verdict."""
    era: int = 0
    """State of the system that the run represents as a baseline: it grows when a regression is accepted."""

    @property
    def valid(self) -> bool:
        """Whether the run has valid measurements."""
        return self.outcome in PROVING

    @property
    def name(self) -> str:
        """Unique name of the run: date, scenario, and four digits of a hash of id and start."""
        return name_of(self.run_id, self.started, str(self.identity.get("name")))

    @property
    def planned(self) -> bool:
        """Whether its record distinguishes the plan from the test."""
        return self.identity.get("plan") is not None


def no_first_attempts(version: str) -> str:
    """Return the line of `Observation.missing` for a run that counted no first attempts."""
    return f"{THROTTLE_SHARE}: busyhour {version or 'of an older version'} counted no first attempts; {REQUEST_THROTTLE_SHARE} is of all requests"


def differences(one: Observation, other: Observation) -> list[str]:
    """Return what should be equal between two runs and is not, each as a phrase.

    Empty if they are comparable.
    """
    both = [key for key in PLANNED if key in one.identity and key in other.identity]
    return [
        f"{key} is {one.identity.get(key)!r} in {one.run_id} and {other.identity.get(key)!r} in {other.run_id}"
        for key in (*SAME, *both)
        if one.identity.get(key) != other.identity.get(key)
    ]


def name_of(run_id: str, started: str, scenario: str) -> str:
    """Return the unique name of a run, made from its id, its start (ISO 8601) and its scenario."""
    return f"{started[:10]}-{scenario}-{zlib.crc32(f'{run_id} {started}'.encode()) & 0xFFFF:04x}"


def labels(runs: Sequence[Observation]) -> list[str]:
    """Return ids of the runs.

    Their unique names if an id occurs more than once, as when every run is kept as `tonight`.
    """
    ids = [run.run_id for run in runs]
    return [run.name if ids.count(run.run_id) > 1 else run.run_id for run in runs]


def from_json(data: Mapping[str, Any]) -> Observation:
    """Read the observation that `results.codec.encode` wrote, with today's names of its metrics."""
    from busyhour.results.codec import decode

    made = decode(Observation, data)
    if _FORMER.keys() & made.rates.keys():
        made.rates = {_FORMER.get(name, name): parts for name, parts in made.rates.items()}
        made.missing.append(no_first_attempts(made.version))
    return made
