"""Tolerances of comparisons: the table [compare] of busyhour.toml, with defaults."""

from __future__ import annotations

from dataclasses import dataclass

from busyhour.input_files import SETTINGS_BYTES, parse_toml, read_text
from busyhour.project import Project

ASSUMED_NOISE = 0.015
"""Default standard deviation of a latency between runs: an initial value, which several runs correct."""


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Tolerances by kind of metric. A relative one of 0.05 is 5 % of the baseline's value."""

    latency: float = 0.05
    """p50, p90 and p95, relative."""
    latency_tail: float = 0.10
    """p99, relative."""
    latency_floor_ms: float = 1.0
    """A latency increase below this is never a regression."""
    rate: float = 0.002
    """Throttles, limit errors and errors, as a difference of shares of requests."""
    blocked: float = 0.002
    """Blocked calls, as a difference of shares of calls."""
    abandoned: float = 0.03
    """Abandoned calls and those not answered in time, as a difference of shares."""
    invocations: float = 0.05
    """Lambda invocations per call, relative."""
    time_in_flow: float = 0.05
    """Mean and p95 of the time in flow, relative."""
    slip_ms: float = 20.0
    """p99 of the generator's slip, milliseconds."""
    headroom: float = 0.05
    """Headroom of a quota, as a difference of shares of the quota."""
    coverage: float = 0.02
    """Branch coverage of the flows, as a difference of shares of the branches that calls can take."""
    demand: float = 0.05
    """Demand of one call by the forecast (Lambda, DynamoDB, seconds in the flow), relative."""
    burst: float = 0.05
    """The same in the worst seconds of a run."""
    outcomes: float = 0.03
    """Outcomes of calls (agent, self-service, error branch), as a difference of shares of calls."""
    run_noise: float | None = None
    """Standard deviation of a latency between runs, relative, if the project knows it.

    None: estimated from the runs.
    """
    false_discovery_rate: float = 0.05
    """Accepted false discovery rate among the metrics reported as regressed."""

    @property
    def noise(self) -> float:
        """Standard deviation of a latency between runs that is assumed unless the runs contradict it."""
        return ASSUMED_NOISE if self.run_noise is None else self.run_noise


def tolerances(project: Project) -> Tolerances:
    """Return the project's tolerances.

    `Project.at` has already validated them against the schema of busyhour.toml.
    """
    if project.config is None:
        return Tolerances()
    settings = parse_toml(read_text(project.config, SETTINGS_BYTES))
    if project.config.name == "pyproject.toml":
        settings = settings["tool"]["busyhour"]
    table: dict[str, float] = settings.get("compare", {})
    return Tolerances(**{key: float(value) for key, value in table.items()})
