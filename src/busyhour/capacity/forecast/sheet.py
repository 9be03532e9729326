"""Accumulates forecast rows, limits and notes."""

from __future__ import annotations

import math
from typing import Any

from busyhour.capacity.demand.per_call import CallDemand
from busyhour.capacity.forecast.bottlenecks import Bottlenecks
from busyhour.capacity.forecast.limits import Limit, LimitForecast
from busyhour.capacity.forecast.model import QuotaForecast
from busyhour.capacity.forecast.quota_values import Values
from busyhour.capacity.simulation.replications import Replications

PEAK = 0.99
"""Percentile of random demand that counts as its peak."""


class Sheet:
    """Collects the results for each quota.

    Args:
        values: in force. demand: of one call. per_hour: busiest calls per hour. limits: makes rows of the
            list of limits. runs: the simulated plan.
    """

    def __init__(
        self,
        values: Values,
        demand: CallDemand,
        per_hour: float,
        bottlenecks: Bottlenecks,
        runs: Replications,
    ) -> None:
        self._values = values
        self.demand = demand
        self.per_hour = per_hour
        self.bottlenecks = bottlenecks
        self.runs = runs
        self.notes: list[str] = []
        self.quotas: list[QuotaForecast] = []
        self.limits: list[LimitForecast] = []
        self.unmet: list[str] = []
        """Reasons for which limits that each carry the plan exceed an objective together."""

    def limit(self, key: str) -> Limit:
        """Return the value in force of one quota."""
        return self._values.limit(key)

    def add(self, limit: Limit, mean: float, peak: float, calculation: str, **more: Any) -> None:
        """Add a row: the demand on one quota; `more` are fields of `QuotaForecast`."""
        service = limit.key.partition(".")[0]
        self.quotas.append(
            QuotaForecast(
                limit.key,
                limit.name,
                service,
                limit.code,
                limit.unit,
                limit.value,
                limit.origin,
                mean,
                peak,
                calculation,
                **more,
            )
        )

    def add_limit(self, row: LimitForecast | None) -> None:
        """Add a row to the list of limits, unless it is None."""
        if row is not None:
            self.limits.append(row)

    def error(self, mean: float, quantity: str) -> float | None:
        """Return the half-width of the 95 % interval of a mean that is proportional to a sampled quantity."""
        known = self.demand.quantities.get(quantity)
        if known is None or not known.mean or math.isinf(known.half_width):
            return None
        return mean * known.half_width / known.mean
