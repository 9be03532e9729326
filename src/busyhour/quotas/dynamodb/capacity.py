"""What one side of one DynamoDB table serves a second, from CreateTable arguments or from DescribeTable.

A provisioned table serves its capacity, and what it left unused in the last 300 s at once. A table on demand serves the
maximum or the warm throughput that it was given, else what a new one does (12,000 reads, 4,000 writes a second), and up
to twice its own earlier peak; no table serves more than the account's table-level quota. DynamoDB Developer Guide,
on-demand-capacity-mode, warm-throughput, burst-adaptive-capacity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Side(StrEnum):
    """Reads and writes are limited apart."""

    READ = "read"
    WRITE = "write"

    @property
    def word(self) -> str:
        """As in the names of the API: Read, Write."""
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
    index: str | None = None
    """Global secondary index that this is of; None: the table itself."""

    @property
    def key(self) -> str:
        """Name of the limit: our own, for a setting of the team's; AWS's quota for a new table."""
        return NEW_TABLE_QUOTA[self.side] if self.mode is Mode.NEW else f"table.{self.resource}.{self.side}"

    @property
    def resource(self) -> str:
        """Name of the table, with that of the index."""
        return resource(self.table, self.index)


def resource(table: str, index: str | None) -> str:
    """A table or an index of it, by one name."""
    return table if index is None else f"{table}/index/{index}"


def described(name: str, definition: Mapping[str, Any], origin: str) -> tuple[Capacity, ...]:
    """Reads and writes of a table, then of its global secondary indexes.

    Args:
        name: of the table.
        definition: CreateTable arguments, or `Table` of DescribeTable's answer.
        origin: where it was read.
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
