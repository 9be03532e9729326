"""Cost of each data operation, before it runs as far as known, and after it ran.

A read is charged for the bytes read, a write for the larger of the item before and after, and each global
secondary index for its changes. The cost of a Query, a Scan and an update is not known before: they are
admitted for the minimum cost and charged with the rest afterwards, as in DynamoDB.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from moto.dynamodb.models.dynamo_type import DynamoType

from busyhour.emulator.dynamodb.backend import Operations, plain
from busyhour.emulator.dynamodb.partitioned import PartitionedTable
from busyhour.quotas.dynamodb.capacity import Side
from busyhour.quotas.dynamodb.indexes import Index
from busyhour.quotas.dynamodb.indexes import Item as IndexItem
from busyhour.quotas.dynamodb.operations import key_bytes
from busyhour.quotas.dynamodb.units import item_size, read_units, stored_size, write_units

Key = Mapping[str, Mapping[str, Any]]
_EQUALS = re.compile(r"(#?[A-Za-z_][\w.-]*)\s*=\s*(:\w+)")


@dataclass(slots=True)
class Charge:
    """Units of one table (or of its index) for one item of one request."""

    table: PartitionedTable
    named: str
    """The table as named in the request."""
    side: Side
    units: float
    partition_key: bytes | None
    index: str | None = None
    position: int = 0
    """Index of the item in a batch."""
    changed: tuple[Key, IndexItem | None] | None = None
    """For an index: the key of an item that will change, and the item before; the cost is known afterwards."""


class Charging:
    """Costs of operations on one Region's tables.

    Args:
        operations: the tables.
    """

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._before = {
            "GetItem": self._get,
            "PutItem": self._put,
            "UpdateItem": self._update,
            "DeleteItem": self._update,
            "Query": self._query,
            "Scan": self._query,
            "BatchGetItem": self._batch_get,
            "BatchWriteItem": self._batch_write,
            "TransactGetItems": self._transact,
            "TransactWriteItems": self._transact,
        }

    def before(self, name: str, params: Mapping[str, Any]) -> list[Charge]:
        """Return the known cost of the operation; empty if it will fail for its table or key."""
        price = self._before.get(name)
        return price(params) if price else []

    def after(
        self, name: str, params: Mapping[str, Any], charges: list[Charge]
    ) -> list[tuple[Charge, float]]:
        """Return charges that exceed what was taken, with the difference, which is also added to them."""
        found = []
        for charge in charges:
            if charge.changed is not None:
                key, before = charge.changed
                after = _plain_item(stored(charge.table, key))
                actual = _index_of(charge).write_units(before, after)
            elif name in ("Query", "Scan"):
                actual = read_units(charge.table.evaluated, consistent=bool(params.get("ConsistentRead")))
            elif name == "UpdateItem":
                actual = write_units(self._size(charge.table, params["Key"]))
            else:
                continue
            more = actual - charge.units
            if more > 0:
                charge.units = actual
                found.append((charge, more))
        return found

    def _get(self, params: Mapping[str, Any]) -> list[Charge]:
        units = {"consistent": bool(params.get("ConsistentRead"))}
        return self._reading(params["TableName"], params["Key"], units)

    def _reading(self, named: str, key: Key, units: Mapping[str, bool], position: int = 0) -> list[Charge]:
        table = self._operations.table(named)
        if table is None:
            return []
        size = self._size(table, key)
        where = partition_of(table, key)
        return [Charge(table, named, Side.READ, read_units(size, **units), where, None, position)]

    def _put(self, params: Mapping[str, Any]) -> list[Charge]:
        return self._writing(params["TableName"], params["Item"], item_size(params["Item"]))

    def _update(self, params: Mapping[str, Any]) -> list[Charge]:
        return self._writing(params["TableName"], params["Key"], 0)

    def _writing(
        self, named: str, key: Key, size: int, *, transactional: bool = False, position: int = 0
    ) -> list[Charge]:
        table = self._operations.table(named)
        if table is None:
            return []
        units = write_units(max(size, self._size(table, key)), transactional=transactional)
        charges = [Charge(table, named, Side.WRITE, units, partition_of(table, key), None, position)]
        if table.global_indexes:
            before = _plain_item(stored(table, key))
            charges += [self._index(table, named, index, key, before, position) for index in indexes(table)]
        return charges

    @staticmethod
    def _index(
        table: PartitionedTable, named: str, index: Index, key: Key, before: IndexItem | None, position: int
    ) -> Charge:
        """Charge a write to an index: the cost is known afterwards; before, the index must not be in debt."""
        where = key if all(key.get(name) for name in index.keys) else before or {}
        value = where.get(index.keys[0])
        place = key_bytes(value) if value else None
        own = {name: key[name] for name in table.table_key_attrs if name in key}
        return Charge(table, named, Side.WRITE, 0.0, place, index.name, position, (own, before))

    def _query(self, params: Mapping[str, Any]) -> list[Charge]:
        named = params["TableName"]
        table = self._operations.table(named)
        if table is None:
            return []
        name = params.get("IndexName")
        index = name if any(index.name == name for index in table.global_indexes) else None
        units = read_units(0, consistent=bool(params.get("ConsistentRead")))
        return [Charge(table, named, Side.READ, units, _queried(table, params, index), index)]

    def _batch_get(self, params: Mapping[str, Any]) -> list[Charge]:
        charges: list[Charge] = []
        for named, request in params["RequestItems"].items():
            units = {"consistent": bool(request.get("ConsistentRead"))}
            for position, key in enumerate(request["Keys"]):
                charges += self._reading(named, key, units, position)
        return charges

    def _batch_write(self, params: Mapping[str, Any]) -> list[Charge]:
        charges: list[Charge] = []
        for named, requests in params["RequestItems"].items():
            for position, request in enumerate(requests):
                item = (
                    request["PutRequest"]["Item"]
                    if "PutRequest" in request
                    else request["DeleteRequest"]["Key"]
                )
                charges += self._writing(named, item, item_size(item), position=position)
        return charges

    def _transact(self, params: Mapping[str, Any]) -> list[Charge]:
        charges: list[Charge] = []
        for position, entry in enumerate(params["TransactItems"]):
            for kind, operation in entry.items():
                named = operation["TableName"]
                key = operation["Item"] if kind == "Put" else operation["Key"]
                if kind == "Get":
                    charges += self._reading(named, key, {"transactional": True}, position)
                else:
                    size = item_size(key)
                    charges += self._writing(named, key, size, transactional=True, position=position)
        return charges

    @staticmethod
    def _size(table: PartitionedTable, key: Key) -> int:
        """Return the bytes of the stored item with that key; 0 without one."""
        item = stored(table, key)
        return stored_size(item.attrs) if item is not None else 0


def stored(table: PartitionedTable, key: Key) -> Any:
    """Return the stored item with the key in `key` (a key or a whole item), or None."""
    hash_value = key.get(table.hash_key_attr)
    if not hash_value:
        return None
    if table.range_key_attr is None:
        return table.items.get(DynamoType(hash_value))
    range_value = key.get(table.range_key_attr)
    if not range_value:
        return None
    return table.items.get(DynamoType(hash_value), {}).get(DynamoType(range_value))


def partition_of(table: PartitionedTable, key: Key) -> bytes | None:
    """Return the bytes of the partition key's value."""
    value = key.get(table.hash_key_attr)
    return key_bytes(value) if value else None


def indexes(table: PartitionedTable) -> list[Index]:
    """Return the table's global secondary indexes."""
    return [
        Index.of(
            {"IndexName": each.name, "KeySchema": each.schema, "Projection": each.projection},
            table.table_key_attrs,
        )
        for each in table.global_indexes
    ]


def _index_of(charge: Charge) -> Index:
    return next(index for index in indexes(charge.table) if index.name == charge.index)


def _plain_item(item: Any) -> IndexItem | None:
    """Return a stored item in DynamoDB's JSON, independent of later changes."""
    if item is None:
        return None
    found: IndexItem = orjson.loads(orjson.dumps(item.attrs, default=plain))
    return found


def _queried(table: PartitionedTable, params: Mapping[str, Any], index: str | None) -> bytes | None:
    """Return the bytes of the partition key of a Query; None if its condition has an unusual form."""
    name = table.hash_key_attr
    for each in indexes(table) if index is not None else ():
        if each.name == index:
            name = each.keys[0]
    names = params.get("ExpressionAttributeNames") or {}
    values = params.get("ExpressionAttributeValues") or {}
    for attribute, value in _EQUALS.findall(params.get("KeyConditionExpression") or ""):
        if names.get(attribute, attribute) == name and values.get(value):
            return key_bytes(values[value])
    return None
