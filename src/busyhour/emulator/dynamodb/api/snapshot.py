"""Tables and their items as JSON data, and the reverse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from busyhour.emulator.dynamodb.api.plane import Plane
from busyhour.emulator.dynamodb.backend import plain


def dump(plane: Plane) -> dict[str, Any]:
    """Return the requests that created and changed the tables, and their items.

    Tables being deleted are omitted.
    """
    operations = plane.operations
    leaving = plane.work.leaving
    tables = {name: table for name, table in operations.backend.tables.items() if name not in leaving}
    return {
        "journal": operations.journal,
        "items": {
            name: [orjson.loads(orjson.dumps(item.attrs, default=plain)) for item in table.all_items()]
            for name, table in tables.items()
        },
    }


def restore(plane: Plane, data: Mapping[str, Any]) -> None:
    """Recreate the tables and put their items, without limits."""
    for name, params in data["journal"]:
        plane.repeat(name, params)
    operations = plane.operations
    for name, items in data["items"].items():
        table = operations.backend.tables[name]
        for item in items:
            read = operations.parse("PutItem", orjson.dumps({"TableName": name, "Item": item}))
            table.put_item(read["Item"])
