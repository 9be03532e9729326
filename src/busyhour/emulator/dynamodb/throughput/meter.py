"""Checks every charge against the table's throughput, and counts the CloudWatch metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from busyhour.emulator.dynamodb.throughput.answers import cancelled, throttle_error
from busyhour.emulator.dynamodb.throughput.charging import Charge
from busyhour.emulator.interfaces import Dimensions, Metrics, Quotas
from busyhour.emulator.messages import ApiError
from busyhour.quotas.dynamodb.capacity import Side
from busyhour.quotas.dynamodb.throughput import Capacity, Throttled, Throughput

NAMESPACE = "AWS/DynamoDB"
_NOT_WARMED = {Side.READ: 12_000.0, Side.WRITE: 4_000.0}
"""Warm throughput that moto gives every on-demand table; the quota of new tables applies instead."""


class Meter:
    """Throughput and metrics of all tables.

    Args:
        quotas: applied values and tallies.
        metrics: receives AWS/DynamoDB.
        time: epoch seconds.
    """

    def __init__(self, quotas: Quotas, metrics: Metrics, time: Callable[[], float]) -> None:
        self._metrics = metrics
        self._time = time
        self._throughput = Throughput(quotas)
        self._capacities: dict[tuple[str, Side], Capacity] = {}
        self._maxima: dict[str, Mapping[str, Any]] = {}
        self._names: dict[tuple[str, str], Dimensions] = {}

    # ----------------------------------------------------------------------------------------- admission

    def take(self, charge: Charge) -> Throttled | None:
        """Take the units of one charge, or return what rejected it."""
        resource = resource_of(charge)
        return self._throughput.admit(
            resource,
            charge.side,
            self._capacity(charge, resource),
            charge.units,
            self._time(),
            partition_key=charge.partition_key,
            index=charge.index is not None,
        )

    def take_all(self, name: str, charges: Sequence[Charge]) -> None:
        """Take all charges of an operation, or none.

        Raises:
            ApiError: one of them exceeded the throughput.
        """
        refused = self._take_group(charges)
        if refused is not None:
            error = self.throttled(name, *refused)
            raise cancelled(charges, refused[0], error) if name.startswith("Transact") else error

    def _take_group(self, charges: Sequence[Charge]) -> tuple[Charge, Throttled] | None:
        """Take all charges; if one is rejected, return it and refund the others."""
        for number, charge in enumerate(charges):
            refusal = self.take(charge)
            if refusal is None:
                continue
            for earlier in charges[:number]:
                self._throughput.give_back(
                    resource_of(earlier),
                    earlier.side,
                    earlier.units,
                    partition_key=earlier.partition_key,
                )
            return charge, refusal
        return None

    def take_possible(self, name: str, charges: Sequence[Charge]) -> tuple[list[Charge], list[Charge]]:
        """Take charges as far as throughput allows; return those taken and those not.

        Raises:
            ApiError: none was taken.
        """
        taken: list[Charge] = []
        left: list[Charge] = []
        last: Throttled | None = None
        for _, grouped in groupby(charges, key=lambda charge: (charge.named, charge.position)):
            group = list(grouped)  # an item with its entries in indexes: all or none
            refused = self._take_group(group)
            if refused is None:
                taken += group
            else:
                charge, last = refused
                left.append(group[0])
                self._count_refusal(charge, last)
        if last is not None:
            self._count_throttled(name, left[-1])
            if not taken:
                raise throttle_error(last, provisioned=self._provisioned(left[-1]))
        return taken, left

    def charge_more(self, charge: Charge, units: float) -> None:
        """Charge the cost of an operation beyond its admission."""
        self._throughput.charge(
            resource_of(charge), charge.side, units, self._time(), partition_key=charge.partition_key
        )

    def throttled(self, name: str, charge: Charge, refusal: Throttled) -> ApiError:
        """Count a throttled request and return its exception."""
        self._count_refusal(charge, refusal)
        self._count_throttled(name, charge)
        return throttle_error(refusal, provisioned=self._provisioned(charge))

    def reconfigure(self, arn: str, maximum: Mapping[str, Any] | None) -> None:
        """Update the meter of a table that was created, changed or deleted.

        `maximum` is the request's OnDemandThroughput, if any; moto does not store it.
        """
        self._throughput.forget(arn)
        for key in [key for key in self._capacities if key[0] == arn or key[0].startswith(f"{arn}/")]:
            del self._capacities[key]
        if maximum:
            self._maxima[arn] = maximum

    def _capacity(self, charge: Charge, resource: str) -> Capacity:
        key = resource, charge.side
        found = self._capacities.get(key)
        if found is None:
            found = self._capacities[key] = _capacity_of(charge, self._maxima.get(resource, {}))
        return found

    def _provisioned(self, charge: Charge) -> bool:
        return self._capacity(charge, resource_of(charge)).provisioned is not None

    # ------------------------------------------------------------------------------------------- metrics

    def consumed(self, charge: Charge) -> None:
        """Count the units of a served charge; none for an untouched index."""
        if not charge.units:
            return
        where = self.of_table(charge.table.name)
        if charge.index is not None:
            where = (("GlobalSecondaryIndexName", charge.index), *where)
        name = "ConsumedReadCapacityUnits" if charge.side is Side.READ else "ConsumedWriteCapacityUnits"
        self._metrics.count(NAMESPACE, name, where, charge.units, self._time())

    def served(self, operation: str, table: str, seconds: float) -> None:
        """Count a successful request and its duration."""
        where = self._of_operation(operation, table)
        self._metrics.count(NAMESPACE, "SuccessfulRequestLatency", where, seconds * 1000, self._time())

    def user_error(self, code: str, table: str) -> None:
        """Count a client error; a failed condition has a metric of its own."""
        if code == "ConditionalCheckFailedException":
            self._metrics.count(
                NAMESPACE, "ConditionalCheckFailedRequests", self.of_table(table), 1, self._time()
            )
        else:
            self._metrics.count(NAMESPACE, "UserErrors", (), 1, self._time())

    def _count_refusal(self, charge: Charge, refusal: Throttled) -> None:
        at, where = self._time(), self.of_table(charge.table.name)
        side, kind = refusal.side.word, refusal.limit.removesuffix("Exceeded")
        self._metrics.count(NAMESPACE, f"{side}ThrottleEvents", where, 1, at)
        self._metrics.count(NAMESPACE, f"{side}{kind}ThrottleEvents", where, 1, at)

    def _count_throttled(self, name: str, charge: Charge) -> None:
        where = self._of_operation(name, charge.table.name)
        self._metrics.count(NAMESPACE, "ThrottledRequests", where, 1, self._time())

    def of_table(self, table: str) -> Dimensions:
        """Return the dimensions of a table's metrics."""
        found = self._names.get(("", table))
        if found is None:
            found = self._names["", table] = (("TableName", table),)
        return found

    def _of_operation(self, operation: str, table: str) -> Dimensions:
        found = self._names.get((operation, table))
        if found is None:
            found = self._names[operation, table] = (("Operation", operation), ("TableName", table))
        return found


def resource_of(charge: Charge) -> str:
    """Return the ARN of the charged table or index."""
    arn: str = charge.table.table_arn
    return f"{arn}/index/{charge.index}" if charge.index is not None else arn


def _capacity_of(charge: Charge, maxima: Mapping[str, Any]) -> Capacity:
    table = charge.table
    given, warm = table.throughput, table.warm_throughput
    if charge.index is not None:
        index = next(index for index in table.global_indexes if index.name == charge.index)
        given, warm = index.throughput, index.warm_throughput
    side = charge.side.word
    if table.billing_mode != "PAY_PER_REQUEST":
        return Capacity(float(given[f"{side}CapacityUnits"]))
    maximum = maxima.get(f"Max{side}RequestUnits")
    limit = float(maximum) if maximum is not None and maximum > 0 else None
    warmed = float(warm.get(f"{side}UnitsPerSecond") or 0)
    return Capacity(None, None if warmed in (0.0, _NOT_WARMED[charge.side]) else warmed, limit)
