"""Quota values that a forecast is compared with.

Values read, then the scenario's, then the documented defaults.
"""

from __future__ import annotations

from collections.abc import Iterable

from busyhour.capacity.forecast.limits import Limit
from busyhour.quotas.model import Origin, QuotaValue, Scope
from busyhour.quotas.table.bursts import burst_with
from busyhour.quotas.table.quota_table import QuotaTable
from busyhour.scenarios.model import Scenario


class Values:
    """Values by quota key.

    Args:
        read: known values of the account. A value of one table or function is kept apart, since it does not
            apply to others; a value of the instance has priority. scenario: its own values are used for the
            rest. table: AWS's defaults.

    Raises:
        BusyhourError: the scenario names an unknown quota.
    """

    def __init__(self, read: Iterable[QuotaValue], scenario: Scenario, table: QuotaTable) -> None:
        self.table = table
        self.known: dict[str, QuotaValue] = {}
        self.of_resource: dict[tuple[str, str], QuotaValue] = {}
        """By key and name of the table or function."""
        for value in read:
            if value.resource is None or value.quota.scope is Scope.INSTANCE:
                self.known[value.quota.key] = value
            else:
                self.of_resource[value.quota.key, value.resource] = value
        for name, number in scenario.quotas.items():
            quota = table.find(name)
            self.known.setdefault(quota.key, QuotaValue(quota, number, Origin.OVERRIDE, quota.date))

    def limit(self, key: str) -> Limit:
        """Return the value in force of one quota."""
        known = self.known.get(key)
        quota = known.quota if known else self.table.by_key(key)
        value = known.value if known else quota.default
        origin = known.origin if known else Origin.DOCUMENTED
        read_at = known.read_at if known else quota.date
        return Limit(
            quota.key, quota.name, quota.code, value, quota.unit, str(origin), quota.adjustable, read_at
        )

    def bucket(self, service: str, operation: str) -> tuple[Limit, Limit]:
        """Return rate and burst of an API operation; a burst that is not given is computed from the rate."""
        rate_quota, burst_quota = self.table.rate(service, operation)
        rate = self.limit(rate_quota.key)
        if burst_quota.key in self.known:
            return rate, self.limit(burst_quota.key)
        size = burst_with(rate_quota, burst_quota, rate.value)
        origin = str(Origin.DOCUMENTED) if size == burst_quota.default else "follows the rate"
        return rate, Limit(
            burst_quota.key, burst_quota.name, burst_quota.code, size, burst_quota.unit, origin, False
        )
