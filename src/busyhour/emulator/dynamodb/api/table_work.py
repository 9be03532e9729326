"""Control plane operations in progress on tables, and how many may run at a time.

In AWS such an operation responds at once and continues in the background (API reference, CreateTable,
UpdateTable and DeleteTable). Here it takes effect at once, and its state lasts for a set time of the emulator's
clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from busyhour.emulator.dynamodb.backend import Operations
from busyhour.emulator.dynamodb.partitioned import PartitionedTable
from busyhour.emulator.interfaces import Quotas
from busyhour.emulator.messages import ApiError

CONCURRENT = "dynamodb.concurrent-control-plane-operations"
INDEXED = 250
"""Tables with secondary indexes that may be created at a time (API reference, LimitExceededException)."""
_STATE = {
    "CreateTable": "CREATING",
    "RestoreTableFromBackup": "CREATING",
    "RestoreTableToPointInTime": "CREATING",
    "UpdateTable": "UPDATING",
    "DeleteTable": "DELETING",
    "UpdateTimeToLive": "",
}
"""The operations that count, with the resulting state of the table; empty if it stays active."""
_NEEDS_REST = {
    **dict.fromkeys(("UpdateTable", "DeleteTable", "TagResource", "UntagResource"), "ResourceInUseException"),
    "UpdateTimeToLive": "ResourceInUseException",
    "CreateBackup": "TableInUseException",
}
"""Operations that require an active table, with the error otherwise."""
_DOING = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}
_IN_STATEMENT = re.compile(r"\b(?:from|into|update)\s+\"?([\w.-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Work:
    """One operation in progress: its table's state, its end, and the indexes that it creates."""

    operation: str
    table: str
    until: float
    indexes: frozenset[str] = frozenset()

    @property
    def state(self) -> str:
        """TableStatus during the operation; empty for ACTIVE."""
        return _STATE[self.operation]


class TableWork:
    """The operations in progress on one Region's tables.

    Args:
        operations: the tables.
        quotas: applied values and tallies.
        time: epoch seconds of the emulator's clock.
        seconds: duration of an operation; 0: it ends with its response.
    """

    def __init__(
        self, operations: Operations, quotas: Quotas, time: Callable[[], float], seconds: float = 0.0
    ) -> None:
        self._operations = operations
        self._quotas = quotas
        self._time = time
        self._seconds = seconds
        self._running: list[Work] = []
        self._deleted: dict[str, PartitionedTable] = {}
        """Tables deleted in moto that remain visible until the operation ends."""

    @property
    def leaving(self) -> frozenset[str]:
        """Names of tables that are being deleted."""
        return frozenset(self._deleted)

    def settle(self) -> None:
        """Remove operations that have ended; tables being deleted disappear."""
        if not self._running:
            return
        now = self._time()
        for work in self._running:
            if work.until <= now and work.state == "DELETING":
                self._operations.backend.tables.pop(work.table, None)
                del self._deleted[work.table]
        self._running = [work for work in self._running if work.until > now]

    def check(self, name: str, params: Mapping[str, Any]) -> None:
        """Raise ApiError if a request must wait for its table, or for one of the running operations."""
        if self._running:
            for table in _tables(params):
                self._check_table(name, table)
        if name not in _STATE or self._state(_target(params)) == "DELETING":
            return
        count = len(self._running) + 1
        limit = self._quotas.applied(CONCURRENT)
        self._quotas.use(CONCURRENT, count)
        if count > limit:
            self._quotas.reject(CONCURRENT)
            raise _exceeded(f"Only {limit:g} tables can be created, updated, or deleted simultaneously")
        if name == "CreateTable" and _index_names(params):
            indexed = sum(work.operation == "CreateTable" and bool(work.indexes) for work in self._running)
            if indexed >= INDEXED:
                raise _exceeded(f"Only {INDEXED} tables with secondary indexes can be created simultaneously")

    def is_deleting(self, name: str, params: Mapping[str, Any]) -> bool:
        """Whether the request deletes a table that is already being deleted, which is not an error."""
        return name == "DeleteTable" and self._state(_target(params)) == "DELETING"

    def begin(self, name: str, params: Mapping[str, Any], deleted: PartitionedTable | None = None) -> None:
        """Record an accepted operation; `deleted` is the table that it removed."""
        if name not in _STATE or not self._seconds:
            return
        table = _target(params)
        self._running.append(Work(name, table, self._time() + self._seconds, _index_names(params)))
        if deleted is not None:
            self._deleted[table] = deleted
            self._operations.backend.tables[table] = deleted

    def describe(self, result: Mapping[str, Any]) -> None:
        """Add the states of the table and its indexes to a response."""
        description = result.get("Table") or result.get("TableDescription")
        if not self._running or not description:
            return
        for work in self._running:
            if work.table == description.get("TableName") and work.state:
                description["TableStatus"] = work.state
                for index in description.get("GlobalSecondaryIndexes") or ():
                    if index["IndexName"] in work.indexes:
                        index["IndexStatus"] = "CREATING"

    def _check_table(self, name: str, table: str) -> None:
        work = next((work for work in self._running if work.table == table), None)
        if work is None:
            return
        if name == "UpdateTimeToLive" and not work.state:
            raise ApiError(
                "ValidationException",
                "Time to live has been modified multiple times within a fixed interval",
            )
        if name in _NEEDS_REST:
            if work.state and not (work.state == "DELETING" and name == "DeleteTable"):
                raise ApiError(
                    _NEEDS_REST[name],
                    "Attempt to change a resource which is still in use: Table is being "
                    f"{_DOING[work.state]}: {table}",
                )
        elif work.state == "CREATING" and not name.startswith(("Describe", "Create", "Restore", "List")):
            raise ApiError("ResourceNotFoundException", "Requested resource not found")

    def _state(self, table: str) -> str:
        return next((work.state for work in self._running if work.table == table and work.state), "")


def _exceeded(text: str) -> ApiError:
    return ApiError("LimitExceededException", f"Subscriber limit exceeded: {text}")


def _target(params: Mapping[str, Any]) -> str:
    """Return the name of the table that a control plane operation creates, changes or deletes."""
    return _name(params.get("TargetTableName") or params.get("TableName") or "")


def _name(reference: str) -> str:
    """Return a table's name, given its name or ARN."""
    return reference.rpartition("/")[2]


def _tables(params: Mapping[str, Any]) -> Iterator[str]:
    """Return the tables that a request of any operation names; read before the request is validated."""
    for member in ("TableName", "ResourceArn"):
        if isinstance(named := params.get(member), str):
            yield _name(named)
    if isinstance(batch := params.get("RequestItems"), dict):
        yield from map(_name, batch)
    for entry in params.get("TransactItems") or ():
        for operation in entry.values() if isinstance(entry, dict) else ():
            if isinstance(operation, dict):
                yield _name(str(operation.get("TableName") or ""))
    statements = [params, *(params.get("Statements") or ()), *(params.get("TransactStatements") or ())]
    for statement in statements:
        if isinstance(statement, dict) and (found := _IN_STATEMENT.search(str(statement.get("Statement")))):
            yield found[1]


def _index_names(params: Mapping[str, Any]) -> frozenset[str]:
    """Return the secondary indexes that CreateTable or UpdateTable creates."""
    made = [*(params.get("GlobalSecondaryIndexes") or ()), *(params.get("LocalSecondaryIndexes") or ())]
    made += [
        change["Create"] for change in params.get("GlobalSecondaryIndexUpdates") or () if "Create" in change
    ]
    return frozenset(index["IndexName"] for index in made)
