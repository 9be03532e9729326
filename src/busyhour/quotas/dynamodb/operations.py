"""DynamoDB operations of a call: which are made, on which keys, and their cost in capacity units.

Pure. The load generator draws its requests here. A forecast draws the same ones in its simulation, and takes
the expectation over keys and sizes for its closed form. Costs follow `units` and `indexes`, as the emulator's
do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from busyhour.quotas.dynamodb.capacity import Side
from busyhour.quotas.dynamodb.items import Item, TableItems
from busyhour.quotas.dynamodb.units import item_size, read_units, write_units
from busyhour.scenarios.model import Access, Function, Scenario
from busyhour.scenarios.traffic_plan.draw import Chance

KEY_DRAWS, HOW_MANY = 101, 102
"""Names of a call's random streams."""

PAGE_BYTES = 1_048_576
"""Largest amount that a Query or Scan reads (API reference, Query)."""

_DISTINCT_TRIES = 20
"""Draws of one more distinct key for a batch before the batch stays smaller."""

READS = frozenset({"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"})
WRITES = frozenset(
    {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"},
)


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of operation on one table, made `mean` times on average."""

    items: TableItems
    operation: str
    access: Access
    mean: float

    @property
    def table(self) -> str:
        """Name of the table."""
        return self.items.name

    @property
    def size_of_batch(self) -> int:
        """Number of items in one operation."""
        return self.access.items or 1


@dataclass(frozen=True, slots=True)
class Cost:
    """Units of one table, or of one of its indexes, for one item of one operation."""

    index: str | None
    side: Side
    units: float
    key: str
    """Partition of the item that is `stored`, of the `new` one, or empty for none (a Scan)."""


@dataclass(frozen=True, slots=True)
class Charge:
    """A cost with its table and partition. `partition_key` None: spread over all partitions."""

    table: str
    index: str | None
    side: Side
    units: float
    partition_key: bytes | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """One operation of one call: numbers of its keys, and the size of the written item in bytes."""

    step: Step
    numbers: tuple[int, ...]
    size: int

    @property
    def charges(self) -> list[Charge]:
        """Return its costs."""
        return [
            Charge(self.step.table, cost.index, cost.side, cost.units, partition_key(self.step, number, cost))
            for number in self.numbers
            for cost in costs(self.step, number, self.size)
        ]


def steps_of(function: Function, tables: Mapping[str, TableItems]) -> list[Step]:
    """Return the operations of one invocation of a function, on known tables."""
    found = []
    for name, mean in function.operations.items():
        table, _, operation = name.rpartition(".")
        if table in tables and operation in READS | WRITES:
            found.append(Step(tables[table], operation, function.access.get(name, Access()), mean))
    return found


def driven_steps(scenario: Scenario, tables: Mapping[str, TableItems]) -> list[Step]:
    """Return the operations of one call in a run with drive = "dynamodb": one invocation of every function.

    Without any declared operation it is one GetItem of every table.
    """
    merged: dict[tuple[str, str, Access], Step] = {}
    for function in scenario.functions.values():
        for step in steps_of(function, tables):
            key = step.table, step.operation, step.access
            known = merged[key].mean if key in merged else 0.0
            merged[key] = Step(step.items, step.operation, step.access, known + step.mean)
    if any(function.operations for function in scenario.functions.values()):
        return list(merged.values())
    return [Step(items, "GetItem", Access(), 1.0) for items in tables.values()]


def queried_items(scenario: Scenario, table: str) -> int:
    """Return the items of one partition key that the scenario's queries of a table find."""
    return max(
        (
            function.access[name].items or 1
            for function in scenario.functions.values()
            for name in function.access
            if name == f"{table}.Query" and function.access[name].index is None
        ),
        default=1,
    )


def draw(steps: Iterable[Step], chance: Chance, keys: Chance) -> Iterator[Drawn]:
    """Draw the operations of one call, in order.

    Args:
        steps: operations of calls.
        chance: number of each operation, if its mean is not a whole number.
        keys: keys and item sizes.
    """
    for step in steps:
        times = int(step.mean) + (1 if chance.random() < step.mean % 1.0 else 0)
        for _ in range(times):
            numbers = dict.fromkeys([step.items.keys.draw(keys)])
            if step.operation.startswith(("Batch", "Transact")):
                tries = 0
                while len(numbers) < step.size_of_batch and tries < _DISTINCT_TRIES * step.size_of_batch:
                    numbers[step.items.keys.draw(keys)] = None
                    tries += 1
            yield Drawn(step, tuple(numbers), _size(step.items.item_bytes, keys))


def _size(item_bytes: tuple[int, int], stream: Chance) -> int:
    low, high = item_bytes
    return low if low == high else low + int(stream.random() * (high + 1 - low))


def costs(step: Step, number: int, size: int) -> tuple[Cost, ...]:
    """Return the cost of one operation for the key of this number, writing `size` bytes."""
    return _costs(step, step.items.kind_of(number), size)


@lru_cache(maxsize=8192)
def _costs(step: Step, number: int, size: int) -> tuple[Cost, ...]:
    items, access = step.items, step.access
    transactional = step.operation.startswith("Transact")
    match step.operation:
        case "GetItem" | "BatchGetItem" | "TransactGetItems":
            bytes_ = item_size(items.stored(number))
            units = read_units(bytes_, consistent=access.consistent, transactional=transactional)
            return (Cost(None, Side.READ, units, "stored"),)
        case "Query":
            bytes_ = min(PAGE_BYTES, step.size_of_batch * _entry_bytes(step, number))
            units = read_units(bytes_, consistent=access.consistent)
            return (Cost(access.index, Side.READ, units, "stored"),)
        case "Scan":
            count = access.items or items.given or items.keys.count
            bytes_ = min(PAGE_BYTES, count * _entry_bytes(step, number))
            return (Cost(access.index, Side.READ, read_units(bytes_, consistent=access.consistent), ""),)
    before, after, key = _written(step, number, size)
    largest = max(item_size(item) for item in (before, after) if item is not None)
    found = [Cost(None, Side.WRITE, write_units(largest, transactional=transactional), key)]
    for index in items.indexes:
        units = index.write_units(before, after)
        if units:
            found.append(Cost(index.name, Side.WRITE, units, key))
    return tuple(found)


def partition_key(step: Step, number: int, cost: Cost) -> bytes | None:
    """Return the partition key that a cost falls on; None if it is spread."""
    if not cost.key:
        return None
    items = step.items
    name = items.schema[0][0]
    if cost.index is None:
        key = items.written_key(number) if cost.key == "new" else items.key(number)
        return key_bytes(key[name])
    found = next((index for index in items.indexes if index.name == cost.index), None)
    item = items.stored(number) if found is not None else {}
    value = item.get(found.keys[0]) if found is not None else None
    return key_bytes(value) if value else None


def key_bytes(value: Mapping[str, object]) -> bytes:
    """Return the bytes of a partition key's value in DynamoDB's JSON."""
    content = next(iter(value.values()))
    return content if isinstance(content, bytes) else str(content).encode()


def _entry_bytes(step: Step, number: int) -> int:
    """Return the bytes of the stored item, or of its entry in the index that is read."""
    item: Item | None = step.items.stored(number)
    for index in step.items.indexes:
        if index.name == step.access.index:
            item = dict(index.entry(item) or {})
    return item_size(item or {})


def _written(step: Step, number: int, size: int) -> tuple[Item | None, Item | None, str]:
    """Return the item before and after a write, and the item that determines the key.

    An update changes an attribute that is not a key.
    """
    items = step.items
    match step.operation:
        case "UpdateItem":
            stored = items.stored(number)
            # An update always writes a different value.
            return stored, stored | items.update(number, size, 1), "stored"
        case "DeleteItem":
            return items.stored(number), None, "stored"
        case _:
            return None, items.new(number, size), "new"
