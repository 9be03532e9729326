"""The DynamoDB operations of one call, without running the functions that would make them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import orjson

from busyhour.calls.chance import Stream
from busyhour.errors import BusyhourError, did_you_mean
from busyhour.load.behaviour import CallBehaviour
from busyhour.load.client.load_client import Answer
from busyhour.load.client.operations import Operation
from busyhour.load.error_classes import Class
from busyhour.load.users.table_requests import DRIVEN, parameters
from busyhour.quotas.dynamodb.items import TableItems
from busyhour.quotas.dynamodb.operations import HOW_MANY, KEY_DRAWS, Drawn, draw, driven_steps
from busyhour.scenarios.keys import Keys, Recorded
from busyhour.scenarios.model import Table


class TableCalls(CallBehaviour):
    """For every arrival, makes the operations of one invocation of each of the scenario's functions.

    Operations of one call run one after the other, as in a handler.
    """

    keys: Keys | None = None
    """Distribution of keys; None: that of the scenario's table."""

    item_bytes: int | tuple[int, int] | None = None
    """Size of written items; for two numbers, uniform between them. None: that of the scenario's
    table."""

    def prepare(self) -> None:
        """Read the tables' keys and prepare the requests.

        Raises:
            BusyhourError: the scenario uses no table, an undefined one, or an unreadable one.
        """
        scenario = self.drive.scenario
        if not scenario.tables:
            raise BusyhourError(
                f"{scenario.path}: the scenario names no table and no operation on one.",
                'Add [tables.NAME], and `operations = { "NAME.GetItem" = 1 }` to a function.',
            )
        for function in scenario.functions.values():
            for name in function.operations:
                table, _, operation = name.rpartition(".")
                if operation not in DRIVEN:
                    raise BusyhourError(
                        f"{scenario.path}: {name!r}: {operation!r} is not supported here."
                        f"{did_you_mean(operation, DRIVEN)}",
                        f"Supported: {', '.join(sorted(DRIVEN))}.",
                    )
                if table not in scenario.tables:
                    raise BusyhourError(
                        f"{scenario.path}: {name!r}: there is no table {table!r}.{did_you_mean(table, scenario.tables)}",
                        f"Add [tables.{table}].",
                    )
        tables = {name: self._items(table) for name, table in scenario.tables.items()}
        self._steps = driven_steps(scenario, tables)
        dynamodb = self.drive.service("dynamodb")
        self._operations = {
            step: dynamodb.operation(step.operation, parameters(Drawn(step, (0,), 1))) for step in self._steps
        }

    def _items(self, table: Table) -> TableItems:
        """Return the table's keys and items as this worker draws them."""
        if self.item_bytes is not None:
            given = self.item_bytes
            table = replace(table, item_bytes=(given, given) if isinstance(given, int) else given)
        items = TableItems.read(table, self.keys)
        if isinstance(items.keys, Recorded):
            items.keys = items.keys.part(self.drive.k, self.drive.n)
        return items

    def refuses(self, index: int) -> str:
        """Return `connections` if no connection is left."""
        return "" if next(iter(self._operations.values())).has_room else "connections"

    def arrive(self, index: int, intended: float) -> None:
        """Draw the call's operations and start the first."""
        seed = self.drive.scenario.seed
        drawn = draw(self._steps, Stream(seed, index, HOW_MANY), Stream(seed, index, KEY_DRAWS))
        todo = [(self._operations[one.step], orjson.dumps(parameters(one, index))) for one in drawn]
        todo.reverse()
        self._next(todo, False)

    def _next(self, todo: list[tuple[Operation, bytes]], throttled: bool) -> None:
        now = self.drive.clock.now()
        if not todo:
            self.drive.recorder.call_ended("blocked" if throttled else "completed")
            return
        operation, body = todo.pop()
        operation.send(body, now, partial(self._answered, todo, throttled))

    def _answered(self, todo: list[tuple[Operation, bytes]], throttled: bool, answer: Answer) -> None:
        self._next(todo, throttled or answer.kind in (Class.RATE_THROTTLE, Class.LIMIT))
