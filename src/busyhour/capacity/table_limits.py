"""DynamoDB tables of a scenario: demand in capacity units, and the limits of each table.

Closed forms. Sizes, keys and costs are those of `quotas.dynamodb.operations`, the limits those of
`quotas.dynamodb.throughput`, which a run against the emulator uses as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from busyhour.capacity.theory.erlang import poisson_quantile
from busyhour.input_files import parse_json, read_text
from busyhour.quotas.dynamodb import throughput as table_throughput
from busyhour.quotas.dynamodb.capacity import (
    NEW_TABLE_QUOTA,
    PARTITION_QUOTA,
    TABLE_QUOTA,
    Capacity,
    Mode,
    Side,
    described,
)
from busyhour.quotas.dynamodb.items import TableItems
from busyhour.quotas.dynamodb.operations import READS, WRITES, Cost, Step, costs, partition_key
from busyhour.quotas.dynamodb.throughput import partition_of, partitions
from busyhour.scenarios.model import Scenario, Table

MOST_KEYS = 20_000
"""Number of hottest keys that are evaluated one by one; the others are assumed to be spread evenly."""
BUSY = 0.99
"""Percentile of a busy second."""
_SIZES, _FEWER = 101, 11
"""Item sizes that represent a range; fewer for each of many items with sizes of their own."""
_OF_STORED = (READS | WRITES) - {"PutItem", "BatchWriteItem", "TransactWriteItems"}
"""Operations whose cost depends on the stored items."""

Resource = tuple[str, str | None, Side]
"""Table, index of it (None: the table itself), side."""


def capacities(scenario: Scenario) -> list[Capacity]:
    """Return both sides of every table, and of its indexes, that the scenario defines."""
    return [capacity for table in scenario.tables.values() for capacity in of_table(table)]


def of_table(table: Table) -> tuple[Capacity, ...]:
    """Return reads and writes of one table and its indexes, from the scenario's CreateTable arguments."""
    definition = parse_json(read_text(table.definition))
    return described(table.name, definition, table.definition.name)


def items_of(scenario: Scenario) -> dict[str, TableItems]:
    """Return keys and items of every table that functions name; defaults for one without a definition."""
    found = {name: TableItems.read(table) for name, table in scenario.tables.items()}
    for function in scenario.functions.values():
        for operation in function.operations:
            name = operation.rpartition(".")[0]
            if name not in found:
                found[name] = TableItems(Table(name, scenario.path), {"TableName": name})
    return found


@dataclass(slots=True)
class TableLoad:
    """Mean demand of one call on one side of a table or an index."""

    table: str
    index: str | None
    side: Side
    units: float = 0.0
    """Capacity units."""
    requests: float = 0.0
    """Items read or written."""
    by_key: dict[bytes, float] = field(default_factory=dict)
    """Units by value of the partition key."""
    spread: float = 0.0
    """Units that are spread over all partitions evenly."""

    @property
    def each(self) -> float:
        """Mean units of one item read or written."""
        return self.units / self.requests

    def on_partitions(self, count: int) -> list[float]:
        """Return the units by partition."""
        found = [self.spread / count] * count
        for key, units in self.by_key.items():
            found[partition_of(key, count)] += units
        return found

    def busy_second(self, calls_per_second: float, share: float = 1.0) -> float:
        """Return the units in a busy second of a share of this load.

        99th percentile of Poisson requests with the mean cost.
        """
        if not self.units:
            return 0.0
        return poisson_quantile(calls_per_second * share * self.requests, BUSY) * self.each

    @property
    def hottest_key(self) -> float:
        """Share of the units that fall on the hottest partition key."""
        return max(self.by_key.values(), default=0.0) / self.units if self.units else 0.0


def loads(made: Iterable[tuple[Step, float]]) -> dict[Resource, TableLoad]:
    """Compute the demand of calls on tables.

    Args:
        made: operations, with how often a call makes each.
    """
    found: dict[Resource, TableLoad] = {}
    for step, times in made:
        if times > 0:
            _add(found, step, times * (step.size_of_batch if _is_batch(step) else 1))
    return found


def _is_batch(step: Step) -> bool:
    return step.operation.startswith(("Batch", "Transact"))


def _add(found: dict[Resource, TableLoad], step: Step, times: float) -> None:
    shares = step.items.keys.shares()
    made_up = _mean_costs(step, step.items.given)
    own = step.items.given if step.operation in _OF_STORED else 0
    for number, share in enumerate(shares[:MOST_KEYS]):
        mean = _mean_costs(step, number) if number < own else made_up
        for cost in mean:
            load = _of(found, step, cost)
            key = partition_key(step, number, cost)
            units = times * share * cost.units
            load.units += units
            load.requests += times * share
            if key is None:
                load.spread += units
            else:
                load.by_key[key] = load.by_key.get(key, 0.0) + units
    rest = sum(shares[MOST_KEYS:])
    for cost in made_up if rest else ():
        load = _of(found, step, cost)
        load.units += times * rest * cost.units
        load.requests += times * rest
        load.spread += times * rest * cost.units


def _of(found: dict[Resource, TableLoad], step: Step, cost: Cost) -> TableLoad:
    where = (step.table, cost.index, cost.side)
    if where not in found:
        found[where] = TableLoad(*where)
    return found[where]


def _mean_costs(step: Step, number: int) -> list[Cost]:
    """Return the costs of one operation for the key with this number, averaged over the sizes written."""
    low, high = step.items.item_bytes
    count = min(_SIZES, high - low + 1) if step.operation in WRITES - {"DeleteItem"} else 1
    if step.items.given > _SIZES:
        count = min(count, _FEWER)
    total: dict[tuple[str | None, Side, str], float] = {}
    for place in range(count):
        for cost in costs(step, number, low + round((high - low) * (2 * place + 1) / (2 * count))):
            of = cost.index, cost.side, cost.key
            total[of] = total.get(of, 0.0) + cost.units
    return [Cost(index, side, units / count, key) for (index, side, key), units in total.items()]


class QuotaValues:
    """Quota values for `throughput.Throughput`; its observations are ignored.

    Args:
        values: by quota key.
    """

    def __init__(self, values: Mapping[str, float]) -> None:
        self._values = values

    def applied(self, code_or_key: str) -> float:
        """Return the value."""
        return self._values[code_or_key]

    def reject(self, code_or_key: str, at: float | None = None, times: int = 1) -> None:
        """Ignore a rejection."""

    def use(self, code_or_key: str, value: float, at: float | None = None) -> None:
        """Ignore a use."""


@dataclass(frozen=True, slots=True)
class TableLimits:
    """Capacity of tables and indexes, and the quotas that limit all of them."""

    given: Mapping[Resource, Capacity] = field(default_factory=dict)
    quotas: Mapping[str, float] = field(default_factory=dict)
    """By the keys of TABLE_QUOTA, NEW_TABLE_QUOTA and PARTITION_QUOTA."""

    @classmethod
    def of(cls, known: Iterable[Capacity], quotas: Mapping[str, float]) -> TableLimits:
        """Build the limits from capacities that were declared or read."""
        return cls({(each.table, each.index, each.side): each for each in known}, quotas)

    def capacity(self, where: Resource) -> table_throughput.Capacity:
        """Return the capacity as it is enforced; an undeclared table has the whole table-level quota."""
        given = self.given.get(where)
        if given is None:
            return table_throughput.Capacity(None, self.quotas[TABLE_QUOTA[where[2]]])
        match given.mode:
            case Mode.PROVISIONED:
                return table_throughput.Capacity(given.value or 0.0)
            case Mode.MAXIMUM:
                return table_throughput.Capacity(None, None, given.value)
            case _:
                return table_throughput.Capacity(None, given.value)

    def throughput(self) -> table_throughput.Throughput:
        """Build a model of all tables, new and without credit."""
        return table_throughput.Throughput(QuotaValues(self.quotas))

    def served(self, load: TableLoad, calls_per_second: float) -> Served:
        """Compute the served units of a held load, after an on-demand table has grown to its busy seconds."""
        capacity = self.capacity((load.table, load.index, load.side))
        each, quota = self.quotas[PARTITION_QUOTA[load.side]], self.quotas[TABLE_QUOTA[load.side]]
        requested, busy = load.units * calls_per_second, load.busy_second(calls_per_second)
        limit = capacity.provisioned
        if limit is None:
            limit = min(quota, capacity.warm or self.quotas[NEW_TABLE_QUOTA[load.side]])
        while True:
            found = [units * calls_per_second for units in load.on_partitions(partitions(limit, each))]
            # In the first second every table also serves its credit.
            passed = min(
                2.0 * limit,
                sum(min(units * busy / requested, 2.0 * each) for units in found) if requested else 0.0,
            )
            grown = min(quota, table_throughput.PEAK_FACTOR * min(passed, capacity.maximum or passed))
            if capacity.provisioned is not None or grown <= limit:
                break
            limit = grown
        served = min(sum(min(units, each) for units in found), limit, quota, capacity.maximum or quota)
        return Served(requested, served, tuple(found), each, limit)


@dataclass(frozen=True, slots=True)
class Served:
    """Requested and served units/s, in total and by partition."""

    requested: float
    served: float
    by_partition: tuple[float, ...]
    """Requested units of each partition."""
    partition_limit: float
    limit: float
    """Limit of the table, without its partitions."""

    @property
    def partitions(self) -> int:
        """Number of partitions."""
        return len(self.by_partition)

    @property
    def hottest(self) -> float:
        """Requested units/s of the busiest partition."""
        return max(self.by_partition)

    @property
    def throttled(self) -> float:
        """Share of the units that are not served, 0..1."""
        return max(0.0, 1.0 - self.served / self.requested) if self.requested else 0.0

    @property
    def beyond_partitions(self) -> float:
        """Share of the units that partitions do not serve, 0..1."""
        beyond = sum(max(0.0, units - self.partition_limit) for units in self.by_partition)
        return beyond / self.requested if self.requested else 0.0
