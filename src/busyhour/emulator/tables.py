"""The scenario's DynamoDB tables: created and filled before the first request, outside of every limit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from busyhour.errors import BusyhourError
from busyhour.scenarios.model import Table


class Operations(Protocol):
    """DynamoDB's operations without HTTP, throughput or metrics (`dynamodb.backend.Operations`)."""

    def run(self, name: str, params: dict[str, Any]) -> Mapping[str, Any]:
        """Run one operation; raises what DynamoDB answers with an error."""


def load_tables(operations: Operations, tables: Iterable[Table]) -> None:
    """Create each table and put its items.

    Raises:
        BusyhourError: a file cannot be read, is not JSON, or DynamoDB refuses what it says.
    """
    for table in tables:
        definition = _json(table.definition)
        if not isinstance(definition, dict):
            raise BusyhourError(
                f"{table.definition}: the definition of table {table.name!r} is not an object.",
                "It holds the arguments of DynamoDB's CreateTable.",
            )
        _run(operations, "CreateTable", {**definition, "TableName": table.name}, table.definition)
        if table.items is None:
            continue
        items = _json(table.items)
        if not isinstance(items, list):
            raise BusyhourError(f"{table.items}: not a list of items.", "Items are in DynamoDB's JSON.")
        for index, item in enumerate(items):
            place = f"{table.items}: item {index}"
            _run(operations, "PutItem", {"TableName": table.name, "Item": item}, place)


def _run(operations: Operations, name: str, params: dict[str, Any], place: Path | str) -> None:
    try:
        operations.run(name, params)
    except Exception as error:
        reason = getattr(error, "body", b"").decode("utf-8", "replace") or repr(error)
        raise BusyhourError(
            f"{place}: {name} of table {params['TableName']!r} was refused: {reason}",
            "Compare with the API reference of DynamoDB.",
        ) from None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BusyhourError(
            f"{path}: cannot be read: {error.strerror or error}.", "Check the path."
        ) from None
    except ValueError as error:
        raise BusyhourError(f"{path}: is not JSON: {error}.", "Correct the file.") from None
