"""Read capacities of DynamoDB tables by DescribeTable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from busyhour.quotas.aws.calls import Failed, ask
from busyhour.quotas.aws.sources import Now, iso, problem_of, utc_now
from busyhour.quotas.dynamodb.capacity import NEW_TABLE_QUOTA, Capacity, Mode, Side, described
from busyhour.quotas.model import Origin, Quota, QuotaValue
from busyhour.quotas.resolve import Problem, Reading
from busyhour.quotas.table.quota_table import QuotaTable


class TableDescriptions:
    """Reads the capacity of named tables: DescribeTable, once per table.

    Args:
        dynamodb: boto3 client. now: the clock.
    """

    origin = Origin.SERVICE
    required_iam_actions: tuple[str, ...] = ("dynamodb:DescribeTable",)

    def __init__(self, dynamodb: Any, now: Now = utc_now) -> None:
        self._client = dynamodb
        self._now = now

    def read(self, names: Iterable[str], table: QuotaTable) -> list[Reading]:
        """Return two readings for each table and index, one per side.

        Defaults of a new table, with the reason, on failure.
        """
        return [reading for name in names for reading in self._table(name, table)]

    def _table(self, name: str, table: QuotaTable) -> list[Reading]:
        answer = ask(lambda: self._client.describe_table(TableName=name)["Table"])
        at = self._now()
        if isinstance(answer, Failed):
            readings = []
            for side in Side:
                quota = _row(name, side, Mode.NEW, table)
                value = QuotaValue(quota, quota.default, Origin.DOCUMENTED, quota.date, Mode.NEW, name)
                readings.append(Reading(value, problems=(_problem(answer, quota, self),)))
            return readings
        return [self._reading(capacity, table, at) for capacity in described(name, answer, "DescribeTable")]

    def _reading(self, capacity: Capacity, table: QuotaTable, at: datetime) -> Reading:
        quota = _row(capacity.resource, capacity.side, capacity.mode, table)
        named = capacity.resource
        if capacity.value is None:
            value = QuotaValue(quota, quota.default, Origin.DOCUMENTED, quota.date, capacity.mode, named)
        else:
            value = QuotaValue(quota, capacity.value, self.origin, iso(at), capacity.mode, named)
        return Reading(value)


def of_values(values: Iterable[QuotaValue]) -> list[Capacity]:
    """Return the capacities that `TableDescriptions` read, out of other values."""
    found = []
    for value in values:
        side = value.quota.key.rpartition(".")[2]
        if value.resource is not None and value.quota.key == f"dynamodb.table.{value.resource}.{side}":
            mode = Mode(value.detail)
            units = None if mode is Mode.NEW else value.value
            table, _, index = value.resource.partition("/index/")
            found.append(Capacity(table, Side(side), mode, units, str(value.origin), index or None))
    return found


def _row(name: str, side: Side, mode: Mode, table: QuotaTable) -> Quota:
    """Return a quota of one table, made from the row for new tables."""
    return replace(
        table.by_key(NEW_TABLE_QUOTA[side]),
        key=f"dynamodb.table.{name}.{side}",
        name=f"{mode.capitalize()}: {side}s of table {name}",
        adjustable=mode is Mode.PROVISIONED,
        adjustable_note="UpdateTable" if mode is not Mode.NEW else "pre-warm (warm throughput)",
        unit=f"{side} units/second",
    )


def _problem(failed: Failed, quota: Quota, source: TableDescriptions) -> Problem:
    return problem_of(failed, quota, source)
