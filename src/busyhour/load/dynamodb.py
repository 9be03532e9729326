"""The DynamoDB operations of one call, without the functions that would make them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from busyhour.calls.chance import Stream
from busyhour.errors import BusyhourError, did_you_mean
from busyhour.load.client import Answer
from busyhour.load.errors import Class
from busyhour.load.kind import Kind
from busyhour.load.operations import Operation
from busyhour.scenarios.keys import Keys, Recorded, keys_of
from busyhour.scenarios.model import Table

KEY_DRAWS, HOW_MANY = 101, 102
"""Purposes of a call's streams of chance."""

KNOWN = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")

_AROUND_FILLER = 60
"""Bytes of an item's keys and attribute names, about."""

Item = dict[str, Any]


class TableCalls(Kind):
    """For every arrival the operations that the scenario's functions make of one invocation each.

    Operations of one call follow one another, as they do in a handler.
    """

    keys: Keys | None = None
    """How keys are drawn; None: as the scenario's table says."""

    item_bytes: int | tuple[int, int] | None = None
    """About the size of items that are written; of two numbers: drawn evenly from the one to the other. None: as the
    scenario's table says."""

    def prepare(self) -> None:
        """Read the tables' keys and write the requests.

        Raises:
            BusyhourError: the scenario names no operation, one that is not known here, or an unreadable table.
        """
        scenario = self.drive.scenario
        wanted: dict[str, float] = {}
        for function in scenario.functions.values():
            for name, mean in function.operations.items():
                wanted[name] = wanted.get(name, 0.0) + mean
        if not wanted:
            wanted = {f"{table}.GetItem": 1.0 for table in scenario.tables}
        if not wanted:
            raise BusyhourError(
                f"{scenario.path}: the scenario names no table and no operation on one.",
                'Add [tables.NAME], and `operations = { "NAME.GetItem" = 1 }` to a function.',
            )
        dynamodb = self.drive.service("dynamodb")
        self._steps: list[tuple[_TableRequests, Operation, str, float]] = []
        tables: dict[str, _TableRequests] = {}
        for name, mean in wanted.items():
            table, _, operation = name.rpartition(".")
            if operation not in KNOWN:
                raise BusyhourError(
                    f"{scenario.path}: {name!r}: {operation!r} is not driven here.{did_you_mean(operation, KNOWN)}",
                    f"There are: {', '.join(KNOWN)}.",
                )
            if table not in scenario.tables:
                raise BusyhourError(
                    f"{scenario.path}: {name!r}: there is no table {table!r}.{did_you_mean(table, scenario.tables)}",
                    f"Add [tables.{table}].",
                )
            if table not in tables:
                tables[table] = _TableRequests(scenario.tables[table], self.keys, self.drive.k, self.drive.n)
            requests = tables[table]
            sample = requests.parameters(operation, 0, 1)
            self._steps.append((requests, dynamodb.operation(operation, sample), operation, mean))

    def refuses(self, index: int) -> str:
        """No connection is left."""
        return "" if self._steps[0][1].has_room else "connections"

    def arrive(self, index: int, intended: float) -> None:
        """Draw the call's operations and make the first."""
        seed = self.drive.scenario.seed
        chance, keys = Stream(seed, index, HOW_MANY), Stream(seed, index, KEY_DRAWS)
        todo: list[tuple[Operation, bytes]] = []
        for requests, operation, name, mean in self._steps:
            times = int(mean) + (1 if chance.random() < mean % 1.0 else 0)
            todo += [
                (
                    operation,
                    orjson.dumps(
                        requests.parameters(name, requests.keys.draw(keys), self._size(requests, keys))
                    ),
                )
                for _ in range(times)
            ]
        todo.reverse()
        self._next(todo, False)

    def _size(self, requests: _TableRequests, stream: Stream) -> int:
        given = requests.item_bytes if self.item_bytes is None else self.item_bytes
        low, high = (given, given) if isinstance(given, int) else given
        return low if low == high else low + int(stream.random() * (high + 1 - low))

    def _next(self, todo: list[tuple[Operation, bytes]], throttled: bool) -> None:
        now = self.drive.clock.now()
        if not todo:
            self.drive.recorder.call_ended("blocked" if throttled else "completed")
            return
        operation, body = todo.pop()
        operation.send(body, now, partial(self._answered, todo, throttled))

    def _answered(self, todo: list[tuple[Operation, bytes]], throttled: bool, answer: Answer) -> None:
        self._next(todo, throttled or answer.kind in (Class.RATE_THROTTLE, Class.LIMIT))


class _TableRequests:
    """Writes requests for one table from its CreateTable arguments and its items, as worker `k` of `n`."""

    def __init__(self, table: Table, keys: Keys | None, k: int, n: int) -> None:
        definition = _read(table.definition)
        self.name = str(definition.get("TableName") or table.name)
        types = {each["AttributeName"]: each["AttributeType"] for each in definition["AttributeDefinitions"]}
        self._schema = [
            (each["AttributeName"], types[each["AttributeName"]]) for each in definition["KeySchema"]
        ]
        items = _read(table.items) if table.items is not None else []
        self._known: list[Item] = [{name: item[name] for name, _ in self._schema} for item in items]
        self.item_bytes = table.item_bytes
        chosen = keys or keys_of(table.keys, len(self._known))
        self.keys = chosen.part(k, n) if isinstance(chosen, Recorded) else chosen
        self._values = self.keys.values if isinstance(self.keys, Recorded) else ()

    def key(self, number: int) -> Item:
        """Key number `number`: as it was recorded, else of an item of the table while there are such, else made up."""
        if self._values:
            (name, kind), *others = self._schema
            return {name: {kind: self._values[number]}, **self._made(number, others)}
        if number < len(self._known):
            return self._known[number]
        return self._made(number, self._schema)

    def _made(self, number: int, schema: Sequence[tuple[str, str]]) -> Item:
        made: Mapping[str, Any] = {"S": {"S": f"key-{number}"}, "N": {"N": str(number)}, "B": {"B": "a2V5"}}
        return {name: made[kind] for name, kind in schema}

    def parameters(self, operation: str, number: int, size: int) -> dict[str, Any]:
        """The parameters of one operation on key `number`; what it writes has about `size` bytes."""
        key = self.key(number)
        filler = {"S": "x" * max(1, size - _AROUND_FILLER)}
        base: dict[str, Any] = {"TableName": self.name}
        match operation:
            case "PutItem":
                return base | {"Item": self._written(key, filler)}
            case "UpdateItem":
                return base | {
                    "Key": key,
                    "UpdateExpression": "SET #a = :a",
                    "ExpressionAttributeNames": {"#a": "busyhour"},
                    "ExpressionAttributeValues": {":a": filler},
                }
            case "Query":
                name = self._schema[0][0]
                return base | {
                    "KeyConditionExpression": "#k = :k",
                    "ExpressionAttributeNames": {"#k": name},
                    "ExpressionAttributeValues": {":k": key[name]},
                }
            case _:
                return base | {"Key": key}

    def _written(self, key: Item, filler: Item) -> Item:
        """A new item beside the known ones, so that a run does not overwrite what handlers read."""
        name, kind = self._schema[0]
        new = dict(key)
        if kind == "S":
            new[name] = {"S": f"busyhour#{key[name]['S']}"}
        return new | {"busyhour": filler}


def _read(path: Any) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BusyhourError(f"{path}: cannot be read as JSON: {error}") from None
