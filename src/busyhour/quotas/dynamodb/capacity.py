"""Units/s of one side of one DynamoDB table, from CreateTable arguments or from DescribeTable.

A provisioned table serves its capacity, and its unused capacity of the last 300 s at once. A table on demand
serves its maximum or warm throughput if set, otherwise that of a new table (12,000 reads, 4,000 writes a
second), and up to twice its own earlier peak. No table serves more than the account's table-level quota.
DynamoDB Developer Guide, on-demand-capacity-mode, warm-throughput, burst-adaptive-capacity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Side(StrEnum):
    """Reads or writes, which have separate limits."""

    READ = "read"
    WRITE = "write"

    @property
    def word(self) -> str:
        """The word in API names: Read, Write."""
        return self.value.capitalize()


TABLE_QUOTA = {
    Side.READ: "dynamodb.table-level-read-throughput-limit",
    Side.WRITE: "dynamodb.table-level-write-throughput-limit",
}
PARTITION_QUOTA = {
    Side.READ: "dynamodb.partition-read-throughput",
    Side.WRITE: "dynamodb.partition-write-throughput",
}
NEW_TABLE_QUOTA = {
    Side.READ: "dynamodb.new-on-demand-table-initial-reads",
    Side.WRITE: "dynamodb.new-on-demand-table-initial-writes",
}


class Mode(StrEnum):
    """Source of a table's throughput."""

    PROVISIONED = "provisioned"
    MAXIMUM = "on-demand maximum"
    WARM = "warm throughput"
    NEW = "new on-demand table"


@dataclass(frozen=True, slots=True)
class Capacity:
    """Units/s of one side of a table; `value` None: that of a new table, see NEW_TABLE_QUOTA."""

    table: str
    side: Side
    mode: Mode
    value: float | None
    origin: str
    index: str | None = None
    """Global secondary index; None: the table itself."""

    @property
    def key(self) -> str:
        """Key of the limit: our own for a team's setting; AWS's quota for a new table."""
        return NEW_TABLE_QUOTA[self.side] if self.mode is Mode.NEW else f"table.{self.resource}.{self.side}"

    @property
    def resource(self) -> str:
        """Name of the table, with that of the index."""
        return resource(self.table, self.index)


def resource(table: str, index: str | None) -> str:
    """Return one name for a table or an index of it."""
    return table if index is None else f"{table}/index/{index}"


def described(name: str, definition: Mapping[str, Any], origin: str) -> tuple[Capacity, ...]:
    """Return reads and writes of a table, then of its global secondary indexes.

    Args:
        name: of the table.
        definition: CreateTable arguments, or `Table` of DescribeTable's response.
        origin: source of the definition.
    """
    mode = definition.get("BillingMode") or (definition.get("BillingModeSummary") or {}).get("BillingMode")
    on_demand = mode == "PAY_PER_REQUEST"
    found = _sides(name, None, definition, on_demand, origin)
    for index in definition.get("GlobalSecondaryIndexes") or ():
        found += _sides(name, str(index.get("IndexName", "")), index, on_demand, origin)
    return found


def _sides(
    name: str, index: str | None, definition: Mapping[str, Any], on_demand: bool, origin: str
) -> tuple[Capacity, ...]:
    throughput: Mapping[str, float] = definition.get("ProvisionedThroughput") or {}
    maximum: Mapping[str, float] = definition.get("OnDemandThroughput") or {}
    warm: Mapping[str, float] = definition.get("WarmThroughput") or {}

    def of(side: Side) -> Capacity:
        word = side.capitalize()
        if not on_demand:
            units = float(throughput.get(f"{word}CapacityUnits", 0.0))
            return Capacity(name, side, Mode.PROVISIONED, units, origin, index)
        highest = maximum.get(f"Max{word}RequestUnits", -1)
        ready = warm.get(f"{word}UnitsPerSecond")
        if highest > 0 and (ready is None or highest <= ready):
            return Capacity(name, side, Mode.MAXIMUM, float(highest), origin, index)
        if ready is not None:
            return Capacity(name, side, Mode.WARM, float(ready), origin, index)
        return Capacity(name, side, Mode.NEW, None, origin, index)

    return of(Side.READ), of(Side.WRITE)
