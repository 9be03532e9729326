"""Quotas of the control plane: tables of the account, indexes of a table, provisioned throughput and its decreases.

Messages follow DynamoDB's own ("Subscriber limit exceeded: …"); AWS documents the quotas, not the texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from busyhour.emulator.dynamodb.backend import Operations
from busyhour.emulator.interfaces import Quotas
from busyhour.emulator.messages import ApiError
from busyhour.quotas.dynamodb.capacity import TABLE_QUOTA, Side

MAXIMUM_TABLES = "dynamodb.maximum-number-of-tables"
INDEXES = "dynamodb.global-secondary-indexes-per-table"
DECREASES = "dynamodb.provisioned-capacity-decreases-per-day"
STREAMED = "dynamodb.streams-write-throughput-limit"
LOCAL_INDEXES = 5
"""Local secondary indexes of a table (Developer Guide, "Secondary indexes" of its quotas)."""
SHORTEST_NAME, LONGEST_NAME = 3, 255
"""Characters of a table's name (Developer Guide, "Naming rules")."""
PROJECTED = 100
"""Attributes named for projection by all indexes of a table together (the same page)."""
_DAY = 86_400.0
_EXCEEDED = "Subscriber limit exceeded: "
_ONE_INDEX = "Only 1 online index can be created or deleted simultaneously per table"
_INVALID = "One or more parameter values were invalid: "
ACCOUNT_QUOTA = {
    Side.READ: "dynamodb.account-level-read-throughput-limit",
    Side.WRITE: "dynamodb.account-level-write-throughput-limit",
}


class TableLimits:
    """Checks requests of the control plane against quotas.

    Args:
        operations: the tables.
        quotas: applied values and tallies.
        time: epoch seconds; a day is one of UTC.
    """

    def __init__(self, operations: Operations, quotas: Quotas, time: Callable[[], float]) -> None:
        self._operations = operations
        self._quotas = quotas
        self._time = time
        self._decreased: dict[str, tuple[int, int]] = {}
        """By table: a day, and the number of capacity decreases on it."""

    def check(self, name: str, params: Mapping[str, Any]) -> None:
        """Raise ApiError if CreateTable or UpdateTable exceeds a limit."""
        if name == "CreateTable":
            if not SHORTEST_NAME <= len(params["TableName"]) <= LONGEST_NAME:
                raise ApiError(
                    "ValidationException",
                    f"TableName must be at least {SHORTEST_NAME} characters long and at most {LONGEST_NAME} "
                    "characters long",
                )
            tables = len(self._operations.backend.tables) + 1
            self._hold(MAXIMUM_TABLES, tables, "There is a limit of {limit:g} tables per subscriber")
        if name not in ("CreateTable", "UpdateTable"):
            return
        self._indexes(params)
        for side in Side:
            self._provisioned(params, side)
        if name == "UpdateTable":
            self._decreases(params)

    def _indexes(self, params: Mapping[str, Any]) -> None:
        changes = params.get("GlobalSecondaryIndexUpdates") or ()
        if sum("Create" in change or "Delete" in change for change in changes) > 1:
            raise ApiError("LimitExceededException", _EXCEEDED + _ONE_INDEX)
        table = self._operations.table(params["TableName"])
        present = [_described(index) for index in (*table.global_indexes, *table.indexes)] if table else []
        made = [change["Create"] for change in changes if "Create" in change]
        made += params.get("GlobalSecondaryIndexes") or ()
        local = params.get("LocalSecondaryIndexes") or ()
        if made:
            text = "GlobalSecondaryIndex count exceeds the per-table limit of {limit:g}"
            count = len(made) + (len(table.global_indexes) if table else 0)
            self._hold(INDEXES, count, _INVALID + text, "ValidationException")
        if len(local) > LOCAL_INDEXES:
            raise ApiError(
                "ValidationException",
                f"{_INVALID}LocalSecondaryIndex count exceeds the per-table limit of {LOCAL_INDEXES}",
            )
        projected = sum(
            len((index.get("Projection") or {}).get("NonKeyAttributes") or ())
            for index in (*present, *made, *local)
        )
        if projected > PROJECTED:
            raise ApiError(
                "ValidationException",
                f"{_INVALID}The number of NonKeyAttributes of all indexes together exceeds {PROJECTED}",
            )

    def _decreases(self, params: Mapping[str, Any]) -> None:
        table = self._operations.table(params["TableName"])
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
        """Check the resulting capacity of the table with its indexes against the quotas of table and account."""
        table = self._operations.table(params["TableName"])
        mode = params.get("BillingMode") or (table.billing_mode if table else "PROVISIONED")
        changes = params.get("GlobalSecondaryIndexUpdates") or ()
        changed = [params, *(params.get("GlobalSecondaryIndexes") or ())]
        changed += [one for change in changes for one in change.values()]
        if mode == "PAY_PER_REQUEST" or not any(
            _units(one.get("ProvisionedThroughput"), side) for one in changed
        ):
            return
        after = (
            {index.name: _units(index.throughput, side) for index in table.global_indexes} if table else {}
        )
        after[""] = _units(table.throughput, side) if table else 0.0
        if params.get("ProvisionedThroughput"):
            after[""] = _units(params["ProvisionedThroughput"], side)
        for change in changes:
            for kind, one in change.items():
                after[one["IndexName"]] = (
                    0.0 if kind == "Delete" else _units(one.get("ProvisionedThroughput"), side)
                )
        for one in params.get("GlobalSecondaryIndexes") or ():
            after[one["IndexName"]] = _units(one.get("ProvisionedThroughput"), side)
        wanted = sum(after.values())
        others = sum(
            _units(other.throughput, side)
            + sum(_units(index.throughput, side) for index in other.global_indexes)
            for other in self._operations.backend.tables.values()
            if other is not table and other.billing_mode != "PAY_PER_REQUEST"
        )
        kind = side.word.lower()
        self._hold(
            TABLE_QUOTA[side], wanted, f"Provisioned {kind} capacity of a table is limited to {{limit:g}}"
        )
        self._hold(
            ACCOUNT_QUOTA[side],
            wanted + others,
            f"Provisioned {kind} capacity of the account is limited to {{limit:g}}",
        )
        streamed = (params.get("StreamSpecification") or {}).get("StreamEnabled") or (
            table is not None and table.stream_shard is not None
        )
        if streamed and side is Side.WRITE:
            text = "Provisioned write capacity of a table with a stream is limited to {limit:g}"
            self._hold(STREAMED, after[""], text)

    def _hold(self, quota: str, wanted: float, text: str, code: str = "LimitExceededException") -> None:
        limit = self._quotas.applied(quota)
        self._quotas.use(quota, wanted)
        if wanted > limit:
            self._quotas.reject(quota)
            prefix = _EXCEEDED if code == "LimitExceededException" else ""
            raise ApiError(code, prefix + text.format(limit=limit))


def _described(index: Any) -> Mapping[str, Any]:
    """Return an existing index in moto's description."""
    described: Mapping[str, Any] = index.describe()
    return described


def _units(throughput: Mapping[str, Any] | None, side: Side) -> float:
    return float((throughput or {}).get(f"{side.word}CapacityUnits") or 0)
