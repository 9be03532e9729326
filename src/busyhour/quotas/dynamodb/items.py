"""Keys and items of a scenario's table. Pure.

The load generator makes its requests from these and the emulator fills its tables with them. The forecast
reads item sizes and partition keys from these.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.input_files import DATA_BYTES, parse_json, read_text
from busyhour.quotas.dynamodb.indexes import indexes_of
from busyhour.quotas.dynamodb.units import item_size
from busyhour.scenarios.keys import Keys, Recorded, keys_of
from busyhour.scenarios.model import Table

FILLER = "busyhour"
"""Attribute that pads a written item to its size."""

Item = dict[str, Any]
"""In DynamoDB's JSON."""


class TableItems:
    """Keys and items of one table by the number of the key.

    Those of the items file first, then generated ones.

    Args:
        table: keys and sizes. definition: arguments of CreateTable; without a key schema the key is a
            generated text. given: items of the items file. keys: distribution of keys; None: the table's.
    """

    def __init__(
        self,
        table: Table,
        definition: Mapping[str, Any],
        given: Sequence[Item] = (),
        keys: Keys | None = None,
    ) -> None:
        self.name = str(definition.get("TableName") or table.name)
        types = {
            each["AttributeName"]: each["AttributeType"]
            for each in definition.get("AttributeDefinitions") or ()
        }
        self.schema = _attributes(definition, types)
        self.indexes = indexes_of(definition)
        """Global secondary indexes."""
        own = {name for name, _ in self.schema}
        of_indexes = [
            each
            for index in definition.get("GlobalSecondaryIndexes") or ()
            for each in _attributes(index, types)
        ]
        self._of_indexes = [each for each in dict.fromkeys(of_indexes) if each[0] not in own]
        self._given = given
        self.item_bytes = table.item_bytes
        self.keys = keys or keys_of(table.keys, len(given))
        self._values = self.keys.values if isinstance(self.keys, Recorded) else ()
        self._rest: dict[int, int] = {}

    @classmethod
    def read(cls, table: Table, keys: Keys | None = None) -> TableItems:
        """Read from the table's files.

        Raises:
            BusyhourError: a file cannot be read, or has no CreateTable arguments or no items of the table.
        """
        given = read_json(table.items) if table.items is not None else ()
        try:
            made = cls(table, read_json(table.definition), given, keys)
        except (KeyError, TypeError, AttributeError) as error:
            raise BusyhourError(
                f"{table.definition}: not the arguments of CreateTable: {type(error).__name__} {error}.",
                "Compare KeySchema, AttributeDefinitions and GlobalSecondaryIndexes with the API reference of DynamoDB.",
            ) from None
        for number, item in enumerate(given):
            try:
                missing = [name for name, _ in made.schema if name not in item]
                item_size(item)
            except (TypeError, AttributeError, ValueError) as error:
                raise BusyhourError(
                    f"{table.items}: item {number} is not valid DynamoDB JSON: {error}.",
                    'Write for example { "id": { "S": "1" } }.',
                ) from None
            if missing:
                raise BusyhourError(
                    f"{table.items}: item {number} has no {missing[0]!r}, a key attribute of table {made.name!r}.",
                    "Every item needs the table's keys.",
                )
        return made

    @property
    def given(self) -> int:
        """Number of items in the items file."""
        return len(self._given)

    def kind_of(self, number: int) -> int:
        """Return the first number whose item has the same size: generated items are alike."""
        return number if self._values or number < self.given else self.given

    def key(self, number: int) -> Item:
        """Return key number `number`: recorded, else of an item of the table, else generated."""
        if self._values:
            (name, kind), *others = self.schema
            return {name: {kind: self._values[number]}, **_made(number, others)}
        if number < len(self._given):
            return {name: self._given[number][name] for name, _ in self.schema}
        return _made(number, self.schema)

    def written_key(self, number: int) -> Item:
        """Return the key of a new item, different from known ones.

        A run then does not overwrite what handlers read.
        """
        key = self.key(number)
        name, kind = self.schema[0]
        return key | {name: {"S": f"busyhour#{key[name]['S']}"}} if kind == "S" else key

    def stored(self, number: int) -> Item:
        """Return the item of key `number` before the run.

        From the items file, else one of the middle size.
        """
        if self._values:
            key = self.key(number)
            given = next((item for item in self._given if key.items() <= item.items()), None)
        else:
            given = self._given[number] if number < len(self._given) else None
        return given if given is not None else self.made(number, sum(self.item_bytes) // 2)

    def made(self, number: int, size: int) -> Item:
        """Return an item of `size` bytes with key `number`, in every index."""
        return self._filled(self.key(number), number, size, 0)

    def copy(self, number: int, place: int) -> Item:
        """Return another item of the same size with the partition key of key `number`.

        The table has a sort key.
        """
        name, kind = self.schema[1]
        key = self.key(number) | {name: _made(place, [(name, kind)])[name]}
        return self._filled(key, number, sum(self.item_bytes) // 2, 0)

    def new(self, number: int, size: int, serial: int = 0) -> Item:
        """Return a new item of `size` bytes; `serial` makes its padding differ from that of other writes."""
        return self._filled(self.written_key(number), number, size, serial)

    def update(self, number: int, size: int, serial: int = 0) -> Item:
        """Return the attribute that an update sets so that the item of key `number` has `size` bytes."""
        rest = self._rest.get(number)
        if rest is None:
            stored = self.stored(number)
            rest = self._rest[number] = item_size({n: value for n, value in stored.items() if n != FILLER})
        return {FILLER: filler(size - rest, serial)}

    def _filled(self, key: Item, number: int, size: int, serial: int) -> Item:
        item = key | _made(number, self._of_indexes)
        return item | {FILLER: filler(size - item_size(item), serial)}


def filler(size: int, serial: int) -> dict[str, str]:
    """Return padding such that attribute name and value have `size` bytes.

    At least one of them is the value's.
    """
    length = max(1, size - len(FILLER))
    return {"S": _text(length) if not serial else str(serial)[-length:].ljust(length, "x")}


@lru_cache(maxsize=64)
def _text(length: int) -> str:
    """Return a text of this length; generated items share texts, so that thousands fit into memory."""
    return "0".ljust(length, "x")


_AS_PRINTED = "Write one JSON document there, as the AWS CLI prints with --output json."


def read_json(path: Path) -> Any:
    """Read a JSON file of a table.

    Raises:
        BusyhourError: it cannot be read as JSON.
    """
    try:
        return parse_json(read_text(path, DATA_BYTES))
    except json.JSONDecodeError as error:
        raise BusyhourError(
            f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}.", _AS_PRINTED
        ) from None
    except (OSError, ValueError) as error:
        raise BusyhourError(f"{path}: cannot be read as JSON: {error}.", _AS_PRINTED) from None


def _attributes(definition: Mapping[str, Any], types: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return key attributes of a table or an index with their types, the partition key first."""
    schema = definition.get("KeySchema") or [{"AttributeName": "pk"}]
    return [(each["AttributeName"], types.get(each["AttributeName"], "S")) for each in schema]


def _made(number: int, schema: Sequence[tuple[str, str]]) -> Item:
    text = f"key-{number}"
    made: Mapping[str, Any] = {
        "S": {"S": text},
        "N": {"N": str(number)},
        "B": {"B": base64.b64encode(text.encode()).decode()},
    }
    return {name: made[kind] for name, kind in schema}
