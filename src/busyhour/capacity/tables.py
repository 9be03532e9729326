"""DynamoDB tables of a scenario: what each serves a second, from its CreateTable arguments, and what is asked of it.

A provisioned table serves its capacity, and what it left unused in the last 300 s at once. A table on demand serves the
maximum or the warm throughput that it was given, else what a new one does (12,000 reads, 4,000 writes a second), and up
to twice its own earlier peak; no table serves more than the account's table-level quota. DynamoDB Developer Guide,
on-demand-capacity-mode, burst-adaptive-capacity, bp-partition-key-design.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

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


class Side(StrEnum):
    """Reads and writes are limited apart."""

    READ = "read"
    WRITE = "write"

    @property
    def units(self) -> Mapping[str, float]:
        """Units by operation."""
        return READS if self is Side.READ else WRITES


TABLE_QUOTA = {
    Side.READ: "dynamodb.table-level-read-throughput-limit",
    Side.WRITE: "dynamodb.table-level-write-throughput-limit",
}
NEW_TABLE_QUOTA = {
    Side.READ: "dynamodb.new-on-demand-table-initial-reads",
    Side.WRITE: "dynamodb.new-on-demand-table-initial-writes",
}


class Mode(StrEnum):
    """What a table's throughput comes from."""

    PROVISIONED = "provisioned"
    MAXIMUM = "on-demand maximum"
    WARM = "warm throughput"
    NEW = "new on-demand table"


@dataclass(frozen=True, slots=True)
class Capacity:
    """Units a second that one side of a table serves; `value` None: what a new table does, see NEW_TABLE_QUOTA."""

    table: str
    side: Side
    mode: Mode
    value: float | None
    origin: str

    @property
    def key(self) -> str:
        """Name of the limit: our own, for a setting of the team's; AWS's quota for a new table."""
        return NEW_TABLE_QUOTA[self.side] if self.mode is Mode.NEW else f"table.{self.table}.{self.side}"


def capacities(scenario: Scenario) -> list[Capacity]:
    """Both sides of every table whose definition the scenario has."""
    return [capacity for table in scenario.tables.values() for capacity in of_table(table)]


def of_table(table: Table) -> tuple[Capacity, Capacity]:
    """Reads and writes of one table, from the CreateTable arguments that the scenario names."""
    definition = json.loads(table.definition.read_text(encoding="utf-8"))
    return described(table.name, definition, table.definition.name)


def described(name: str, definition: Mapping[str, Any], origin: str) -> tuple[Capacity, Capacity]:
    """Reads and writes of a table from CreateTable arguments, or from what DescribeTable answers.

    Args:
        name: of the table.
        definition: CreateTable arguments, or `Table` of DescribeTable's answer.
        origin: where it was read.
    """
    mode = definition.get("BillingMode") or (definition.get("BillingModeSummary") or {}).get("BillingMode")
    throughput: Mapping[str, float] = definition.get("ProvisionedThroughput") or {}
    maximum: Mapping[str, float] = definition.get("OnDemandThroughput") or {}
    warm: Mapping[str, float] = definition.get("WarmThroughput") or {}

    def of(side: Side) -> Capacity:
        word = side.capitalize()
        if mode != "PAY_PER_REQUEST":
            units = float(throughput.get(f"{word}CapacityUnits", 0.0))
            return Capacity(name, side, Mode.PROVISIONED, units, origin)
        highest = maximum.get(f"Max{word}RequestUnits", -1)
        ready = warm.get(f"{word}UnitsPerSecond")
        if highest > 0 and (ready is None or highest <= ready):
            return Capacity(name, side, Mode.MAXIMUM, float(highest), origin)
        if ready is not None:
            return Capacity(name, side, Mode.WARM, float(ready), origin)
        return Capacity(name, side, Mode.NEW, None, origin)

    return of(Side.READ), of(Side.WRITE)


def units_by_table(operations: Mapping[str, float], side: Side) -> dict[str, float]:
    """Units of one side by table, from counts by `table.Operation`."""
    found: dict[str, float] = {}
    for operation, count in operations.items():
        name, _, verb = operation.rpartition(".")
        if verb in side.units:
            found[name] = found.get(name, 0.0) + count * side.units[verb]
    return found


@dataclass(frozen=True, slots=True)
class TableLimit:
    """One side of a table, as it is enforced: `rate` units a second, `burst` units at once."""

    table: str
    side: Side
    rate: float
    burst: float


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
            rate = table_quota[side]
            burst = rate
            if capacity is not None:
                value = new[side] if capacity.value is None else capacity.value
                if value < rate:
                    rate = value
                    burst = value * (BURST_SECONDS if capacity.mode is Mode.PROVISIONED else 1.0)
            limits.append(TableLimit(table, side, rate, burst))
    return limits
