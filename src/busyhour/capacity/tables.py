"""DynamoDB tables of a scenario: what is asked of them, and what limits each as it is enforced."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from busyhour.quotas.table_capacity import Capacity, Mode, Side, described
from busyhour.scenarios.model import Scenario, Table

READS = {"GetItem": 1.0, "Query": 1.0, "Scan": 1.0, "BatchGetItem": 1.0, "TransactGetItems": 2.0}
WRITES = {
    "PutItem": 1.0,
    "UpdateItem": 1.0,
    "DeleteItem": 1.0,
    "BatchWriteItem": 1.0,
    "TransactWriteItems": 2.0,
}
"""Capacity units of one operation on one item of at most 4 KB (reads, strongly consistent) or 1 KB (writes)."""

BURST_SECONDS = 300.0


def units_of(side: Side) -> Mapping[str, float]:
    """Units of one operation, by operation."""
    return READS if side is Side.READ else WRITES


def capacities(scenario: Scenario) -> list[Capacity]:
    """Both sides of every table whose definition the scenario has."""
    return [capacity for table in scenario.tables.values() for capacity in of_table(table)]


def of_table(table: Table) -> tuple[Capacity, Capacity]:
    """Reads and writes of one table, from the CreateTable arguments that the scenario names."""
    definition = json.loads(table.definition.read_text(encoding="utf-8"))
    return described(table.name, definition, table.definition.name)


def units_by_table(operations: Mapping[str, float], side: Side) -> dict[str, float]:
    """Units of one side by table, from counts by `table.Operation`."""
    found: dict[str, float] = {}
    for operation, count in operations.items():
        name, _, verb = operation.rpartition(".")
        if verb in units_of(side):
            found[name] = found.get(name, 0.0) + count * units_of(side)[verb]
    return found


@dataclass(frozen=True, slots=True)
class TableLimit:
    """One side of a table, as it is enforced: `rate` units a second, `burst` units at once."""

    table: str
    side: Side
    rate: float
    burst: float
    most: float = 0.0
    """It grows to twice its highest second, up to this; 0: it does not grow."""


def enforced(
    known: Iterable[Capacity],
    tables: Iterable[str],
    table_quota: Mapping[Side, float],
    new: Mapping[Side, float],
) -> list[TableLimit]:
    """What limits each side of the tables that calls come to.

    Args:
        known: capacities that were declared.
        tables: all tables, declared or not.
        table_quota: the account's table-level quota by side.
        new: what a new table on demand serves, by side.
    """
    declared = {(capacity.table, capacity.side): capacity for capacity in known}
    limits = []
    for table in tables:
        for side in Side:
            capacity = declared.get((table, side))
            rate = burst = most = table_quota[side]
            if capacity is not None:
                value = new[side] if capacity.value is None else capacity.value
                if value < rate:
                    rate = value
                    burst = value * (BURST_SECONDS if capacity.mode is Mode.PROVISIONED else 1.0)
            grows = rate < most and capacity is not None and capacity.mode in (Mode.NEW, Mode.WARM)
            limits.append(TableLimit(table, side, rate, burst, most if grows else 0.0))
    return limits
