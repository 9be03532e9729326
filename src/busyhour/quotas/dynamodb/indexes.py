"""Global secondary indexes: the projected part of an item, and the cost of a write there.

Source: DynamoDB Developer Guide, "Using Global Secondary Indexes", write operations: a new or a removed entry
costs one write of the entry's size, a changed projected attribute one, a changed index key two (delete and
put); a write that changes nothing in the index costs nothing there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from busyhour.quotas.dynamodb.units import item_size, write_units

Item = Mapping[str, Mapping[str, Any]]
"""In DynamoDB's JSON."""


@dataclass(frozen=True, slots=True)
class Index:
    """One index: its key attributes and what it projects; `projected` None: all attributes."""

    name: str
    keys: tuple[str, ...]
    projected: frozenset[str] | None

    @classmethod
    def of(cls, definition: Mapping[str, Any], table_keys: Iterable[str]) -> Index:
        """Build from CreateTable's arguments; `table_keys` are the table's own key attributes."""
        keys = tuple(each["AttributeName"] for each in definition["KeySchema"])
        projection = definition.get("Projection") or {}
        if projection.get("ProjectionType", "ALL") == "ALL":
            return cls(definition["IndexName"], keys, None)
        more = projection.get("NonKeyAttributes") or ()
        return cls(definition["IndexName"], keys, frozenset((*table_keys, *keys, *more)))

    def entry(self, item: Item | None) -> Item | None:
        """Return the index entry of the item; None if the item lacks one of the index's keys."""
        if item is None or any(not item.get(key) for key in self.keys):
            return None
        if self.projected is None:
            return item
        return {name: value for name, value in item.items() if name in self.projected}

    def write_units(self, before: Item | None, after: Item | None) -> float:
        """Return the units of replacing the item `before` by `after` in the index; None: there is no item."""
        old, new = self.entry(before), self.entry(after)
        if old is None or new is None:
            written = old if new is None else new
            return 0.0 if written is None else write_units(item_size(written))
        if old == new:
            return 0.0
        if any(old[key] != new[key] for key in self.keys):
            return write_units(item_size(old)) + write_units(item_size(new))
        return write_units(max(item_size(old), item_size(new)))


def indexes_of(definition: Mapping[str, Any]) -> tuple[Index, ...]:
    """Return the global secondary indexes of a table, from CreateTable arguments or a description."""
    table_keys = [each["AttributeName"] for each in definition.get("KeySchema") or ()]
    return tuple(Index.of(each, table_keys) for each in definition.get("GlobalSecondaryIndexes") or ())
