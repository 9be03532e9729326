"""Quotas of the control plane: tables of the account, indexes of a table, provisioned throughput and its decreases.

Wording after DynamoDB's own ("Subscriber limit exceeded: …"); AWS documents the quotas, not the texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from busyhour.emulator.dynamodb.backend import Operations
from busyhour.emulator.dynamodb.throughput import TABLE_QUOTA, Side
from busyhour.emulator.ports import Quotas
from busyhour.emulator.wire import ApiError

MAXIMUM_TABLES = "dynamodb.maximum-number-of-tables"
INDEXES = "dynamodb.global-secondary-indexes-per-table"
DECREASES = "dynamodb.provisioned-capacity-decreases-per-day"
_DAY = 86_400.0
ACCOUNT_QUOTA = {
    Side.READ: "dynamodb.account-level-read-throughput-limit",
    Side.WRITE: "dynamodb.account-level-write-throughput-limit",
}


class TableLimits:
    """Holds requests of the control plane against quotas.

    Args:
        operations: gives the tables.
        quotas: applied values and tallies.
        time: epoch seconds; a day is one of UTC.
    """

    def __init__(self, operations: Operations, quotas: Quotas, time: Callable[[], float]) -> None:
        self._operations = operations
        self._quotas = quotas
        self._time = time
        self._decreased: dict[str, tuple[int, int]] = {}
        """By table: a day, and how often its capacity was decreased on it."""

    def check(self, name: str, params: Mapping[str, Any]) -> None:
        """Raise ApiError where CreateTable or UpdateTable asks for more than there may be."""
        if name == "CreateTable":
            tables = len(self._operations.backend.tables) + 1
            self._hold(MAXIMUM_TABLES, tables, "There is a limit of {limit:g} tables per subscriber")
        if name not in ("CreateTable", "UpdateTable"):
            return
        indexes = len(params.get("GlobalSecondaryIndexes") or ())
        if name == "CreateTable":
            text = "GlobalSecondaryIndex count exceeds the per-table limit of {limit:g}"
            self._hold(INDEXES, indexes, text, "ValidationException")
        for side in Side:
            self._provisioned(params, side)
        if name == "UpdateTable":
            self._decreases(params)

    def _decreases(self, params: Mapping[str, Any]) -> None:
        table = self._operations.backend.tables.get(params["TableName"])
        wanted = params.get("ProvisionedThroughput")
        if table is None or not any(
            0.0 < _units(wanted, side) < _units(table.throughput, side) for side in Side
        ):
            return
        today = int(self._time() // _DAY)
        day, count = self._decreased.get(table.name, (today, 0))
        count = count + 1 if day == today else 1
        text = "Provisioned throughput of a table is decreased at most {limit:g} times within a UTC day"
        self._hold(DECREASES, count, text)
        self._decreased[table.name] = (today, count)

    def _provisioned(self, params: Mapping[str, Any], side: Side) -> None:
        wanted = _units(params.get("ProvisionedThroughput"), side)
        wanted += sum(
            _units(index.get("ProvisionedThroughput"), side)
            for index in params.get("GlobalSecondaryIndexes") or ()
        )
        if not wanted:
            return
        others = sum(
            _units(table.throughput, side)
            + sum(_units(index.throughput, side) for index in table.global_indexes)
            for name, table in self._operations.backend.tables.items()
            if name != params["TableName"] and table.billing_mode != "PAY_PER_REQUEST"
        )
        kind = side.value.lower()
        self._hold(
            TABLE_QUOTA[side], wanted, f"Provisioned {kind} capacity of a table is limited to {{limit:g}}"
        )
        self._hold(
            ACCOUNT_QUOTA[side],
            wanted + others,
            f"Provisioned {kind} capacity of the account is limited to {{limit:g}}",
        )

    def _hold(self, quota: str, wanted: float, text: str, code: str = "LimitExceededException") -> None:
        limit = self._quotas.applied(quota)
        self._quotas.use(quota, wanted)
        if wanted > limit:
            self._quotas.reject(quota)
            prefix = "Subscriber limit exceeded: " if code == "LimitExceededException" else ""
            raise ApiError(code, prefix + text.format(limit=limit))


def _units(throughput: Mapping[str, Any] | None, side: Side) -> float:
    return float((throughput or {}).get(f"{side.value}CapacityUnits") or 0)
