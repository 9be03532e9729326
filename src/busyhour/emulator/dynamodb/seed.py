"""The scenario's DynamoDB tables: created and filled before the first request, without limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from busyhour.errors import BusyhourError
from busyhour.input_files import DATA_BYTES, parse_json, read_text
from busyhour.quotas.dynamodb.items import TableItems
from busyhour.scenarios.keys import Recorded
from busyhour.scenarios.model import Table


class Operations(Protocol):
    """DynamoDB's operations without HTTP, throughput or metrics (`dynamodb.backend.Operations`)."""

    def run(self, name: str, params: dict[str, Any]) -> Mapping[str, Any]:
        """Run one operation; raises error responses of DynamoDB."""


MADE = 20_000
"""Maximum number of generated items of one table; the first keys are the hottest ones."""


def load_tables(
    operations: Operations, tables: Iterable[Table], *, made_up: Callable[[str], int] | None = None
) -> None:
    """Create each table and put its items.

    Args:
        operations: operations of DynamoDB.
        tables: the tables to create.
        made_up: number of keys for which items are generated, as a run that drives the tables itself requests
            them: for each partition key, by the table's name.

    Raises:
        BusyhourError: a file cannot be read, is not JSON, or is rejected by DynamoDB.
    """
    for table in tables:
        definition = _json(table.definition)
        if not isinstance(definition, dict):
            raise BusyhourError(
                f"{table.definition}: the definition of table {table.name!r} is not an object.",
                "It holds the arguments of DynamoDB's CreateTable.",
            )
        _run(operations, "CreateTable", {**definition, "TableName": table.name}, table.definition)
        if table.items is not None:
            items = _json(table.items)
            if not isinstance(items, list):
                raise BusyhourError(f"{table.items}: not a list of items.", "Items are in DynamoDB's JSON.")
            for index, item in enumerate(items):
                place = f"{table.items}: item {index}"
                _run(operations, "PutItem", {"TableName": table.name, "Item": item}, place)
        if made_up is not None:
            known = TableItems.read(table)
            first = 0 if isinstance(known.keys, Recorded) else known.given
            for number in range(first, min(known.keys.count, MADE)):
                copies = made_up(table.name) - 1 if len(known.schema) > 1 else 0
                for item in (known.stored(number), *(known.copy(number, MADE + n) for n in range(copies))):
                    put = {"TableName": table.name, "Item": item}
                    _run(operations, "PutItem", put, f"{table.definition}: made-up item {number}")


def _run(operations: Operations, name: str, params: dict[str, Any], place: Path | str) -> None:
    try:
        operations.run(name, params)
    except Exception as error:
        reason = getattr(error, "body", b"").decode("utf-8", "replace") or repr(error)
        raise BusyhourError(
            f"{place}: {name} of table {params['TableName']!r} was rejected: {reason}",
            "Compare with the API reference of DynamoDB.",
        ) from None


def _json(path: Path) -> Any:
    try:
        return parse_json(read_text(path, DATA_BYTES))
    except OSError as error:
        raise BusyhourError(
            f"{path}: cannot be read: {error.strerror or error}.", "Check the path."
        ) from None
    except ValueError as error:
        raise BusyhourError(f"{path}: is not JSON: {error}.", "Correct the file.") from None
