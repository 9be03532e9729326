"""The operations on one Region's tables: parameters in, response out, with throughput and metrics."""

from __future__ import annotations

import logging
import time as wall
import uuid
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from busyhour.emulator.dynamodb.api.request_limits import check_read_transaction, check_request
from busyhour.emulator.dynamodb.api.requests import DATA, check_values, read_parameters, split_batch
from busyhour.emulator.dynamodb.api.table_limits import ACCOUNT_QUOTA, TableLimits
from busyhour.emulator.dynamodb.api.table_work import TableWork
from busyhour.emulator.dynamodb.api.updates import simple_update
from busyhour.emulator.dynamodb.backend import OperationError, Operations, plain
from busyhour.emulator.dynamodb.partitioned import PartitionedTable
from busyhour.emulator.dynamodb.throughput.answers import consumed_capacity
from busyhour.emulator.dynamodb.throughput.charging import Charge, Charging, partition_of, stored
from busyhour.emulator.dynamodb.throughput.meter import Meter
from busyhour.emulator.interfaces import Quotas
from busyhour.emulator.messages import JSON_1_0, ApiError, Response
from busyhour.quotas.dynamodb.capacity import TABLE_QUOTA, Side
from busyhour.quotas.dynamodb.units import (
    InvalidValueError,
    read_units,
    stored_size,
    value_size,
    write_units,
)

_log = logging.getLogger(__name__)

_SIMPLE_GET = frozenset({"TableName", "Key", "ConsistentRead"})
_CAPACITY_CHANGES = frozenset({"DeleteTable", "UpdateTable", "CreateTable"})


class Plane:
    """Runs DynamoDB operations in one Region.

    Args:
        operations: moto's side.
        meter: throughput and metrics.
        quotas: applied values and tallies.
        time: epoch seconds.
        table_delay: seconds to create, change or delete a table.
    """

    def __init__(
        self,
        operations: Operations,
        meter: Meter,
        quotas: Quotas,
        time: Callable[[], float],
        table_delay: float = 0.0,
    ) -> None:
        self.operations = operations
        self._charging = Charging(operations)
        self._meter = meter
        self._quotas = quotas
        self._limits = TableLimits(operations, quotas, time)
        self.work = TableWork(operations, quotas, time, table_delay)
        self._members: dict[str, frozenset[str]] = {}

    def answer(self, name: str, body: bytes) -> Response:
        """Run the operation `name` with a JSON body.

        Raises:
            ApiError: a rejection by the emulator itself; moto's rejections are responses.
        """
        operations = self.operations
        if name not in operations:
            raise ApiError(
                "UnknownOperationException", f"The emulator does not serve {name or 'this request'!r}"
            )
        started = wall.perf_counter()
        params = read_parameters(operations, name, body)
        try:
            self.work.settle()
            if name in DATA:
                self.work.check(name, params)
                self._check_key(params)
            if name == "GetItem" and params.keys() <= _SIMPLE_GET:
                answer = self._simple_get(params, started)
                if answer is not None:
                    return answer
            if name == "UpdateItem":
                answer = self._simple_update(params, started)
                if answer is not None:
                    return answer
            if name in DATA:
                check_request(name, params)
                return self._data(name, params, started)
            if reason := operations.breach(name, params):
                raise ApiError("ValidationException", f"1 validation error detected: {reason}")
            return self._control(name, params)
        except OperationError as error:
            self._meter.user_error(error.code, str(params.get("TableName", "")))
            return respond(error.body, error.status)
        except ApiError:
            raise
        except InvalidValueError as problem:
            raise ApiError("ValidationException", str(problem)) from None
        except Exception as problem:
            # moto crashes on parameters that botocore's model rejects, and on malformed expressions.
            _log.debug("moto failed at %s", name, exc_info=problem)
            reason = operations.invalid(name, body) or f"{name}: {type(problem).__name__}: {problem}"
            raise ApiError("ValidationException", f"1 validation error detected: {reason}") from None

    # -------------------------------------------------------------------------------------- data operations

    def _simple_get(self, params: Mapping[str, Any], started: float) -> Response | None:
        """GetItem of a whole item by its key: the most frequent read. None: not that simple, moto handles it."""
        found = self._whole_key(params)
        if found is None:
            return None
        table, key = found
        item = stored(table, key)
        size = stored_size(item.attrs) if item is not None else 0
        units = read_units(size, consistent=bool(params.get("ConsistentRead")))
        charge = Charge(table, table.name, Side.READ, units, partition_of(table, key))
        refusal = self._meter.take(charge)
        if refusal is not None:
            raise self._meter.throttled("GetItem", charge, refusal)
        self._meter.consumed(charge)
        body = b"{}" if item is None else orjson.dumps({"Item": item.attrs}, default=plain)
        self._meter.served("GetItem", table.name, wall.perf_counter() - started)
        return respond(body)

    def _simple_update(self, params: Mapping[str, Any], started: float) -> Response | None:
        """UpdateItem that only sets or counts attributes. None: not that simple, moto handles it."""
        found = self._whole_key(params)
        if found is None:
            return None
        table, key = found
        if next(iter(key[table.hash_key_attr])) != table.hash_key_type:
            return None
        if table.range_key_attr and next(iter(key[table.range_key_attr])) != table.range_key_type:
            return None
        check_values(params)
        item = stored(table, key)
        size = stored_size(item.attrs) if item is not None else 0
        update = simple_update(params, table, item, size)
        if update is None:
            return None
        if table.global_indexes:
            charges = self._charging.before("UpdateItem", params)
            self._meter.take_all("UpdateItem", charges)
        else:
            charges = [Charge(table, table.name, Side.WRITE, write_units(size), partition_of(table, key))]
            refusal = self._meter.take(charges[0])
            if refusal is not None:
                raise self._meter.throttled("UpdateItem", charges[0], refusal)
        if item is None:
            item = table.put_item({name: dict(key[name]) for name in table.table_key_attrs})
        update.apply(item)
        if table.global_indexes:
            for charge, more in self._charging.after("UpdateItem", params, charges):
                self._meter.charge_more(charge, more)
        elif (more := write_units(stored_size(item.attrs)) - charges[0].units) > 0:
            self._meter.charge_more(charges[0], more)
            charges[0].units += more
        for charge in charges:
            self._meter.consumed(charge)
        self._meter.served("UpdateItem", table.name, wall.perf_counter() - started)
        return respond(b"{}")

    def _whole_key(self, params: Mapping[str, Any]) -> tuple[PartitionedTable, Mapping[str, Any]] | None:
        """Return the table, and a key with exactly its attributes, none of them empty."""
        table = self.operations.backend.tables.get(params["TableName"])
        key = params["Key"]
        if table is None or len(key) != len(table.table_key_attrs):
            return None
        for attribute in table.table_key_attrs:
            value = key.get(attribute)
            if not value:
                return None
            value_size(value)
            if not next(iter(value.values())):
                return None
        return table, key

    def _check_key(self, params: dict[str, Any]) -> None:
        """Check the types of a key; moto looks at its names alone.

        Raises:
            ApiError: ValidationException, in DynamoDB's words.
        """
        key = params.get("Key")
        table = self.operations.table(str(params.get("TableName"))) if isinstance(key, dict) else None
        if table is None or not isinstance(key, dict):
            return
        for name, type in (
            (table.hash_key_attr, table.hash_key_type),
            (table.range_key_attr, table.range_key_type),
        ):
            value = key.get(name) if name else None
            if isinstance(value, dict) and type not in value:
                raise ApiError("ValidationException", "The provided key element does not match the schema")

    def _data(self, name: str, params: dict[str, Any], started: float) -> Response:
        check_values(params)
        charges = self._charging.before(name, params)
        unprocessed: dict[str, Any] = {}
        if name.startswith("Batch"):
            charges, left = self._meter.take_possible(name, charges)
            if left:
                params, unprocessed = split_batch(name, params, left)
        else:
            self._meter.take_all(name, charges)
        if name == "UpdateItem" and "UpdateExpression" not in params:
            params.setdefault("AttributeUpdates", {})  # moto takes none for a mistake; it makes the bare item
        result = dict(self.operations.run(name, params))
        if name == "TransactGetItems":
            check_read_transaction(result["Responses"])
        for charge, more in self._charging.after(name, params, charges):
            self._meter.charge_more(charge, more)
        for charge in charges:
            self._meter.consumed(charge)
        charges = [charge for charge in charges if charge.units]
        for member, waiting in unprocessed.items():
            result[member] = {**result.get(member, {}), **waiting}
        result.pop("ConsumedCapacity", None)
        wanted = params.get("ReturnConsumedCapacity", "NONE")
        if wanted != "NONE" and charges:
            result["ConsumedCapacity"] = consumed_capacity(name, charges, wanted)
        members = self._members.get(name)
        if members is None:
            members = self._members[name] = self.operations.members(name)
        body = orjson.dumps({key: value for key, value in result.items() if key in members}, default=plain)
        seconds = wall.perf_counter() - started
        for table in {charge.table.name for charge in charges}:
            self._meter.served(name, table, seconds)
        return respond(body)

    # ------------------------------------------------------------------------------------- table operations

    def repeat(self, name: str, params: dict[str, Any]) -> None:
        """Repeat a control plane request from a snapshot."""
        self.operations.run(name, params)
        self._reconfigure(name, params)

    def _control(self, name: str, params: dict[str, Any]) -> Response:
        operations = self.operations
        if name == "DescribeLimits":
            return respond(orjson.dumps(self._maxima()))
        check_request(name, params)
        self._limits.check(name, params)
        self.work.check(name, params)
        table = operations.table(params["TableName"]) if name == "DeleteTable" else None
        if self.work.is_deleting(name, params):
            result = {"TableDescription": operations.run("DescribeTable", params)["Table"]}
        else:
            result = operations.run(name, params)
            self.work.begin(name, params, table)
            self._reconfigure(name, params, table)
        self.work.describe(result)
        source = result.get("BackupDescription", {}).get("SourceTableDetails")
        if source is not None and not source.get("TableId"):
            # moto's backups lack it, and DynamoDB's model requires it.
            source["TableId"] = str(uuid.uuid5(uuid.NAMESPACE_URL, source["TableArn"]))
        return respond(operations.serialise(name, result))

    def _reconfigure(
        self, name: str, params: Mapping[str, Any], deleted: PartitionedTable | None = None
    ) -> None:
        """Update the meter of a table whose capacity the request may have changed."""
        if name in _CAPACITY_CHANGES:
            table = deleted or self.operations.table(params["TableName"])
            if table is not None:
                self._meter.reconfigure(table.table_arn, params.get("OnDemandThroughput"))

    def _maxima(self) -> dict[str, int]:
        applied = self._quotas.applied
        return {
            "AccountMaxReadCapacityUnits": int(applied(ACCOUNT_QUOTA[Side.READ])),
            "AccountMaxWriteCapacityUnits": int(applied(ACCOUNT_QUOTA[Side.WRITE])),
            "TableMaxReadCapacityUnits": int(applied(TABLE_QUOTA[Side.READ])),
            "TableMaxWriteCapacityUnits": int(applied(TABLE_QUOTA[Side.WRITE])),
        }


def respond(body: bytes, status: int = 200) -> Response:
    """Make a response with the checksum that SDKs verify."""
    return Response(status, body, JSON_1_0, {"x-amz-crc32": str(zlib.crc32(body))})
