"""Read the [functions] and [tables] of a scenario file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from busyhour.errors import did_you_mean
from busyhour.input_files import parse_json, read_text
from busyhour.project.violations import value_shown
from busyhour.scenarios.model import Access, Function, KeyChoice, Table
from busyhour.scenarios.traffic_plan.arrival_source import Source

OPERATIONS = (
    *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
    *("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
)
"""DynamoDB's data operations, as allowed in `functions.*.operations`."""


def read_functions(
    source: Source, data: Mapping[str, Mapping[str, Any]], tables: Mapping[str, Table]
) -> dict[str, Function]:
    """Read the functions; the operations that they name are on these tables.

    Raises:
        BusyhourError: a function has contradictory or missing settings, a file is missing, or an operation is
            unknown.
    """
    functions = {}
    for name, given in data.items():
        keys = ("functions", name)
        if ("handler" in given) == ("latency" in given):
            both = (
                "has both a handler and a latency" if "handler" in given else "has no handler and no latency"
            )
            raise source.error(
                keys,
                both,
                'Give handler = "file.py:callable" to run it, or latency = "40ms" to answer without it.',
            )
        for key in ("response", "url"):
            if key in given and "handler" in given:
                raise source.error((*keys, key), "does not go with a handler", "The handler answers.")
        operations = given.get("operations", {})
        access = {
            operation: found
            for operation, how in operations.items()
            if (found := _operation(source, (*keys, "operations", operation), operation, how, tables))
        }
        draws = {
            key: source.distribution((*keys, key), given[key])
            for key in ("latency", "cold_start")
            if key in given
        }
        functions[name] = Function(
            name,
            handler=source.handler((*keys, "handler"), given["handler"]) if "handler" in given else None,
            latency=draws.get("latency"),
            response=dict(given.get("response", {})),
            error_share=float(given.get("error_share", 0.0)),
            operations={key: _times(how) for key, how in operations.items()},
            access=access,
            environment=dict(given.get("environment", {})),
            reserved_concurrency=given.get("reserved_concurrency"),
            cold_start=draws.get("cold_start"),
            timeout=source.duration((*keys, "timeout"), given.get("timeout", 8.0), positive=True),
            memory_mb=given.get("memory_mb", 128),
            url=given.get("url"),
        )
    return functions


def _times(how: float | Mapping[str, Any]) -> float:
    return float(how.get("times", 1.0)) if isinstance(how, Mapping) else float(how)


def _operation(
    source: Source,
    keys: tuple[str, ...],
    name: str,
    how: float | Mapping[str, Any],
    tables: Mapping[str, Table],
) -> Access | None:
    """Return how the operation is made, if the file gives more than its number."""
    table, _, operation = name.rpartition(".")
    if table not in tables:
        raise source.error(
            keys,
            f"names the table {table!r}, which the scenario does not have.{did_you_mean(table, tables)}",
            f"Tables here: {', '.join(tables) or 'none'}. Write table.Operation, as in customers.GetItem.",
        )
    if operation not in OPERATIONS:
        raise source.error(
            keys,
            f"names the operation {operation!r}, which DynamoDB does not have.{did_you_mean(operation, OPERATIONS)}",
            f"Operations: {', '.join(OPERATIONS)}.",
        )
    if not isinstance(how, Mapping):
        return None
    for key, allowed in _ACCESS.items():
        if how.get(key) and operation not in allowed:
            raise source.error(
                (*keys, key), f"does not go with {operation}", f"It goes with {', '.join(allowed)}."
            )
    index = how.get("index")
    definition = parse_json(read_text(tables[table].definition))
    if operation == "Query" and index is None and how.get("items", 1) > 1 and _has_one_key(definition):
        raise source.error(
            (*keys, "items"),
            f"is {how['items']}, and table {table!r} has no sort key: a Query of one partition key finds one item",
            "Remove it, or name the index that is queried.",
        )
    if index is not None:
        known = [str(each.get("IndexName")) for each in definition.get("GlobalSecondaryIndexes") or ()]
        if index not in known:
            raise source.error(
                (*keys, "index"),
                f"is {value_shown(index)}, which table {table!r} does not have.{did_you_mean(index, known)}",
                f"Global secondary indexes in {tables[table].definition.name}: {', '.join(known) or 'none'}.",
            )
        if how.get("consistent"):
            raise source.error(
                (*keys, "consistent"),
                "does not go with an index: reads of a global secondary index are eventually consistent",
                "Remove it.",
            )
    return Access(bool(how.get("consistent")), how.get("items"), index)


_ACCESS = {
    "consistent": ("GetItem", "BatchGetItem", "Query", "Scan"),
    "items": ("Query", "Scan", "BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
    "index": ("Query", "Scan"),
}
"""Operations that support each kind of access."""


def _has_one_key(definition: Mapping[str, Any]) -> bool:
    return len(definition.get("KeySchema") or ()) == 1


def read_tables(source: Source, data: Mapping[str, Mapping[str, Any]]) -> dict[str, Table]:
    """Read the tables.

    Raises:
        BusyhourError: a file is missing, not JSON, or about another table.
    """
    tables = {}
    for name, given in data.items():
        keys = ("tables", name)
        definition, arguments = source.json(
            (*keys, "definition"), given["definition"], "a table's definition"
        )
        table_name = arguments.get("TableName") if isinstance(arguments, dict) else None
        if table_name != name:
            has = f"TableName {table_name!r}" if table_name is not None else "no TableName"
            raise source.error(
                (*keys, "definition"),
                f"is {value_shown(given['definition'])}, which has {has}, not {name!r}",
                "The file holds the arguments of CreateTable; give both the same name.",
            )
        items = None
        if "items" in given:
            items, listed = source.json((*keys, "items"), given["items"], "a table's items")
            if not isinstance(listed, list):
                raise source.error(
                    (*keys, "items"),
                    f"is {value_shown(given['items'])}, which is not a list",
                    'Give a list of items in DynamoDB\'s JSON, as in [{"id": {"S": "1"}}].',
                )
        tables[name] = Table(
            name,
            definition,
            items,
            _keys(source, (*keys, "keys"), given.get("keys", {})),
            _item_bytes(source, (*keys, "item_bytes"), given.get("item_bytes", 400)),
        )
    return tables


def _keys(source: Source, keys: tuple[str, ...], data: Mapping[str, Any]) -> KeyChoice:
    if "recorded" not in data:
        return KeyChoice(data.get("count"), float(data.get("zipf", 0.0)))
    if len(data) > 1:
        raise source.error(keys, "has both recorded keys and a distribution of keys", "Keep one of the two.")
    return KeyChoice(recorded=source.path((*keys, "recorded"), data["recorded"], "recorded keys"))


def _item_bytes(source: Source, keys: tuple[str, ...], value: int | list[int]) -> tuple[int, int]:
    low, high = value if isinstance(value, list) else (value, value)
    if low > high:
        raise source.error(keys, f"goes from {low} down to {high}", "Give the smaller size first.")
    return low, high
