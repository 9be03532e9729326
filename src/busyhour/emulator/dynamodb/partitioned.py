"""moto's tables with work proportional to the request instead of the table.

A Query reads only its own partition, and a transaction copies only the items that it names.
"""

from __future__ import annotations

import copy
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from busyhour.quotas.dynamodb.units import stored_size


class PartitionedTable(Table):  # type: ignore[misc]  # moto ships no types
    """moto's table whose Query reads one partition and whose copy, inside a transaction, is itself.

    `evaluated` is the number of bytes that the last Query or Scan read before its filter, which DynamoDB
    charges.
    """

    evaluated = 0
    in_transaction = False
    _only: DynamoType | None = None

    def all_items(self) -> list[Item]:
        """Yield every item in key order, or those of the partition of a Query."""
        if self._only is None:
            return super().all_items()  # type: ignore[no-any-return]  # moto ships no types
        if self._only not in self.items:
            return []
        found = self.items[self._only]
        if not self.range_key_attr:
            return [found]
        return sorted(found.values(), key=lambda item: item.range_key)

    def get_item(
        self, hash_key: DynamoType, range_key: DynamoType | None = None, projection_expression: Any = None
    ) -> Item | None:
        """Return an item as moto does, but leave no empty partition after a miss."""
        if hash_key not in self.items:
            if self.has_range_key and not range_key:
                super().get_item(hash_key, range_key, projection_expression)  # raises moto's error
            return None
        return super().get_item(hash_key, range_key, projection_expression)

    def query(self, hash_key: Any, *args: Any, **kwargs: Any) -> tuple[list[Item], int, Any]:
        """Query as moto does; filter and projection apply after the bytes were counted."""
        index_name = args[6] if len(args) > 6 else kwargs.get("index_name")
        self._only = hash_key if index_name is None else None
        arguments = list(args)
        projection, condition = arguments[5], arguments[8]
        arguments[5] = arguments[8] = None
        try:
            results, scanned, last = super().query(hash_key, *arguments, **kwargs)
        finally:
            self._only = None
        return self._finish(results, condition, projection), scanned, last

    def scan(
        self, filters: Any, limit: Any, start: Any, filter_expression: Any = None, *args: Any, **kwargs: Any
    ) -> tuple[list[Item], int, Any]:
        """Scan as moto does; filter and projection apply after the bytes were counted."""
        projection = kwargs.pop("projection_expression", None)
        arguments = list(args)
        if len(arguments) > 2:
            projection, arguments[2] = arguments[2], None
        results, scanned, last = super().scan(filters, limit, start, None, *arguments, **kwargs)
        return self._finish(results, filter_expression, projection), scanned, last

    def _finish(self, results: list[Item], condition: Any, projection: Any) -> list[Item]:
        self.evaluated = sum(stored_size(item.attrs) for item in results)
        if condition is not None:
            results = [item for item in results if condition.expr(item)]
        if projection:
            results = [item.project(projection) for item in results]
        return results

    def __deepcopy__(self, memo: dict[int, Any]) -> PartitionedTable:
        if self.in_transaction:
            return self
        clone = self.__class__.__new__(self.__class__)
        memo[id(self)] = clone
        clone.__dict__.update({name: copy.deepcopy(value, memo) for name, value in self.__dict__.items()})
        return clone


class PartitionedBackend(DynamoDBBackend):  # type: ignore[misc]  # moto ships no types
    """moto's backend with `PartitionedTable`s."""

    def create_table(self, name: str, **more: Any) -> Table:
        """Create a table as moto does."""
        table = super().create_table(name, **more)
        table.__class__ = PartitionedTable
        return table

    def transact_write_items(self, transact_items: list[dict[str, Any]]) -> None:
        """Write as moto does; a failure restores the named items, not copies of whole tables."""
        saved: list[tuple[PartitionedTable, DynamoType, DynamoType | None, Item | None]] = []
        tables: dict[str, tuple[PartitionedTable, int]] = {}
        for entry in transact_items:
            for operation in entry.values():
                table = self.tables.get(operation.get("TableName"))
                if not isinstance(table, PartitionedTable):
                    continue
                tables[table.name] = table, len(table.stream_shard.items) if table.stream_shard else 0
                keys = operation.get("Key") or operation.get("Item") or {}
                if all(attribute in keys for attribute in table.table_key_attrs):
                    hash_key = DynamoType(keys[table.hash_key_attr])
                    range_key = DynamoType(keys[table.range_key_attr]) if table.range_key_attr else None
                    saved.append(
                        (table, hash_key, range_key, copy.deepcopy(table.get_item(hash_key, range_key)))
                    )
        for table, _ in tables.values():
            table.in_transaction = True
        try:
            super().transact_write_items(transact_items)
        except BaseException:
            for table, hash_key, range_key, item in reversed(saved):
                _put_back(table, hash_key, range_key, item)
            for table, streamed in tables.values():
                if table.stream_shard is not None:
                    del table.stream_shard.items[streamed:]
            raise
        finally:
            for table, _ in tables.values():
                table.in_transaction = False


def _put_back(table: Table, hash_key: DynamoType, range_key: DynamoType | None, item: Item | None) -> None:
    if range_key is None:
        if item is None:
            table.items.pop(hash_key, None)
        else:
            table.items[hash_key] = item
    elif item is None:
        table.items[hash_key].pop(range_key, None)
    else:
        table.items[hash_key][range_key] = item
