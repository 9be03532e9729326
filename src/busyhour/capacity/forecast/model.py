"""Data of a forecast: demand on each quota, queues, the list of limits; and its form in the run record."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from busyhour.capacity.demand.per_call import CallDemand
from busyhour.capacity.forecast.limits import Fits, LimitForecast
from busyhour.capacity.forecast.unpublished import Unpublished
from busyhour.capacity.simulation.queue_results import QueueForecast
from busyhour.capacity.tolerance import ObjectiveAnswer
from busyhour.quotas.shares import of_value
from busyhour.results.codec import encode
from busyhour.results.outcomes import CallOutcomes


@dataclass(frozen=True, slots=True)
class Measured:
    """The measured peak of the newest run, and its comparison with earlier runs of the same plan."""

    run: str
    """Id of the newest run."""
    started: str
    source: str
    peak: float
    mean: float
    """Mean of the peaks of all runs that count."""
    half_width: float | None
    """Half-width of the mean's 95 % interval; None for a single run."""
    runs: int
    rejected: int
    rejected_share: float | None = None
    """Rejected share of the requests in the newest run, if it recorded their number."""
    rejected_share_half_width: float | None = None
    """Half-width of its 95 % interval (Wilson)."""


@dataclass(frozen=True, slots=True)
class QuotaForecast:
    """Demand on one quota by every method; None where a method does not apply.

    `theory_mean` is the mean demand at the busiest moment with the half-width of its 95 % interval (from the
    sampled calls), `theory_peak` its 99th percentile. `simulated_peak` is the mean of the peaks of the
    simulated runs, with their range and the half-width of the mean's 95 % interval. The rejected shares are
    of all attempts (or Lambda requests), with the values in force; the half-width is the simulation's.
    `measured` is from runs of the scenario.
    """

    key: str
    name: str
    service: str
    code: str | None
    unit: str
    value: float
    origin: str
    theory_mean: float
    theory_peak: float
    calculation: str
    simulated_peak: float | None = None
    simulated_low: float | None = None
    simulated_high: float | None = None
    simulated_at: float | None = None
    rejected_theory: float | None = None
    rejected_simulated: float | None = None
    theory_half_width: float | None = None
    simulated_half_width: float | None = None
    rejected_half_width: float | None = None
    measured: Measured | None = None

    @property
    def peak(self) -> float:
        """The larger of the two forecasts of the peak."""
        return max(self.theory_peak, self.simulated_peak or 0.0)

    @property
    def utilisation(self) -> float:
        """Forecast peak / value, see `quotas.shares`; infinite for a quota of 0 with demand."""
        share = of_value(self.peak, self.value)
        return math.inf if share is None else share


@dataclass(frozen=True, slots=True)
class Forecast:
    """Demand of a scenario on every quota that it uses."""

    scenario: str
    calls_per_hour: float
    """The busiest planned rate in calls per hour."""
    planned_calls: float
    demand: CallDemand
    quotas: list[QuotaForecast]
    limits: list[LimitForecast]
    queues: list[QueueForecast]
    runs: int
    """Number of simulated runs."""
    notes: list[str] = field(default_factory=list)
    unpublished: list[Unpublished] = field(default_factory=list)
    """Limits whose value only AWS knows, with the plan's demand; whether they suffice is unknown."""
    outcomes: CallOutcomes | None = None
    """Outcomes of the calls without quotas; None if the drive runs no flow."""
    objectives: list[ObjectiveAnswer] = field(default_factory=list)
    """For each objective of the scenario, whether the list of limits answers it or only a run does."""
    unplanned: list[str] = field(default_factory=list)
    """Reasons why the calls do not behave as planned; with one the plan DOES NOT HOLD."""
    unmet: list[str] = field(default_factory=list)
    """Those of them that are about several limits together."""
    not_decided: list[str] = field(default_factory=list)
    """Shares of calls of which the sample does not tell whether the plan keeps its objective."""

    @property
    def peaks(self) -> dict[str, float]:
        """Return the forecast peak by quota key, in the quota's unit."""
        return {quota.key: quota.peak for quota in self.quotas}

    @property
    def binding(self) -> list[LimitForecast]:
        """Limits that the plan exceeds, in the order in which growing volume reaches them."""
        return [row for row in self.limits if row.verdict is Fits.EXCEEDS]

    @property
    def tight(self) -> list[LimitForecast]:
        """Quotas that carry the plan with less headroom than the scenario requires.

        A run that uses them so fails.
        """
        return [
            row
            for row in self.limits
            if row.kind == "quota"
            and row.verdict is Fits.WITHIN
            and row.with_headroom is not None
            and row.with_headroom > row.value
        ]

    @property
    def undecided(self) -> list[LimitForecast]:
        """Limits for which the samples do not decide whether they carry the plan."""
        return [row for row in self.limits if row.verdict is Fits.UNDECIDED]

    @property
    def increases(self) -> list[LimitForecast]:
        """Return the smallest set of quota increases that carries the plan."""
        return [
            row
            for row in self.limits
            if row.kind == "quota" and row.needed is not None and row.needed > row.value
        ]

    def narrowed(self, services: Collection[str]) -> Forecast:
        """Return the part for these services (`lambda`, `dynamodb`), for a run that drives nothing else."""

        def kept(key: str) -> bool:
            """Return whether to keep a key.

            Keys of settings begin with the kind of setting instead of a service.
            """
            first = key.partition(".")[0]
            return {"function": "lambda", "limits": "lambda", "table": "dynamodb", "queue": "connect"}.get(
                first, first
            ) in services

        return replace(
            self,
            quotas=[quota for quota in self.quotas if kept(quota.key)],
            limits=[row for row in self.limits if kept(row.key)],
            queues=self.queues if "connect" in services else [],
            unpublished=[one for one in self.unpublished if kept(one.key)],
            outcomes=self.outcomes if "connect" in services else None,
            unplanned=self.unplanned if "connect" in services else [],
            unmet=self.unmet if "connect" in services else [],
            not_decided=self.not_decided if "connect" in services else [],
            notes=[
                *self.notes,
                f"the scenario drives {' and '.join(sorted(services))} alone: no flow runs, and the demand is that of each arrival",
            ],
        )

    @property
    def as_json(self) -> dict[str, Any]:
        """Return the forecast for the run record: only JSON types, no infinite numbers."""
        return {
            "scenario": self.scenario,
            "calls_per_hour": self.calls_per_hour,
            "planned_calls": self.planned_calls,
            "demand_per_call": self.demand.as_json(),
            "quotas": [
                _plain({**asdict(q), "peak": q.peak, "utilisation": q.utilisation}) for q in self.quotas
            ],
            "queues": [_plain(asdict(queue)) for queue in self.queues],
            "limits": [row.as_json() for row in self.limits],
            "increases": [
                {"key": r.key, "code": r.code, "value": r.value, "needed": r.needed} for r in self.increases
            ],
            "unpublished": [one.as_json() for one in self.unpublished],
            "simulated_runs": self.runs,
            "notes": list(self.notes),
            "outcomes": None if self.outcomes is None else encode(self.outcomes),
            "objectives": [asdict(one) for one in self.objectives],
            "unplanned": list(self.unplanned),
            "not_decided": list(self.not_decided),
        }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}
