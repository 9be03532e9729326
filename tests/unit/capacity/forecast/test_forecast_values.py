"""Which of the values that were read a forecast is compared with."""

from __future__ import annotations

import pytest

from busyhour.capacity.forecast.build import CALLS, TABLE_READ, forecast
from busyhour.capacity.forecast.resources import EXECUTIONS
from busyhour.quotas.model import Origin, QuotaValue
from busyhour.quotas.table.quota_table import load
from busyhour.scenarios import reader

TABLE = load()
ARN = "arn:aws:connect:us-east-1:123456789012:instance/1"


def value(key: str, number: float, origin: Origin, resource: str | None) -> QuotaValue:
    return QuotaValue(TABLE.by_key(key), number, origin, "2026-11-22", "", resource)


@pytest.mark.slow
def test_the_instances_own_value_counts_and_one_tables_does_not() -> None:
    scenario = reader.load(reader.schema_path().with_name("peak.toml"))
    read = [
        value(CALLS, 777, Origin.APPLIED_RESOURCE, ARN),
        value(EXECUTIONS, 555, Origin.APPLIED_ACCOUNT, None),
        value(TABLE_READ, 9, Origin.SERVICE, "some-table"),
    ]
    found = {quota.key: (quota.value, quota.origin) for quota in forecast(scenario, read, calls=200).quotas}
    assert found[CALLS] == (777, "applied (instance)")
    assert found[EXECUTIONS] == (555, "applied (account)")
    assert found[TABLE_READ] == (40_000, "documented default")
