"""moto's DynamoDB, driven directly: its backend, its operation handlers, its parsers; without its web stack.

What an operation means is moto's. This module only keeps moto's work proportional to the request instead of the
table: a Query looks at its own partition, a transaction keeps a copy of the items that it names. moto is imported by
importing this module, which takes about a second and a half.
"""

from __future__ import annotations

import base64
import copy
import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.validate import ParamValidator
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.parse import JSONParser
from moto.core.responses import ActionResult
from moto.core.serialize import JSONSerializer
from moto.core.utils import get_service_model
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

from busyhour.emulator.shapes import Check, ConstraintError, MalformedError, compile_shape

JOURNALLED = frozenset(
    (
        *("CreateTable", "UpdateTable", "UpdateTimeToLive", "UpdateContinuousBackups", "TagResource"),
        *("UntagResource", "PutResourcePolicy", "DeleteResourcePolicy"),
    )
)
_NOT_SERVED = frozenset(
    (
        "DescribeExport",
        "DescribeImport",
        "ExportTableToPointInTime",
        "ImportTable",
        "ListExports",
        "ListImports",
    )
)
"""Operations that moto has and that need its S3."""
_CODES = {
    "ResourceNotFound": "ResourceNotFoundException",
    "SourceTableNotFoundException": "TableNotFoundException",
}
"""Errors that moto gives another name than DynamoDB's model."""
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class PartitionedTable(Table):  # type: ignore[misc]  # moto ships no types
    """moto's table whose Query looks at one partition and whose copy, inside a transaction, is itself.

    `evaluated` are the bytes that the last Query or Scan read, before its filter: what DynamoDB charges for.
    """

    evaluated = 0
    in_transaction = False
    _only: DynamoType | None = None

    def all_items(self) -> list[Item]:
        """Every item in key order, or those of the partition that a Query narrowed the table to."""
        if self._only is None:
            return super().all_items()  # type: ignore[no-any-return]  # moto ships no types
        if self._only not in self.items:
            return []
        found = self.items[self._only]
        if not self.range_key_attr:
            return [found]
        return sorted(found.values(), key=lambda item: item.range_key)

    def get_item(
        self, hash_key: DynamoType, range_key: DynamoType | None = None, projection_expression: Any = None
    ) -> Item | None:
        """As moto's, but a miss leaves no empty partition behind."""
        if hash_key not in self.items:
            if self.has_range_key and not range_key:
                super().get_item(hash_key, range_key, projection_expression)  # raises, in moto's words
            return None
        return super().get_item(hash_key, range_key, projection_expression)

    def query(self, hash_key: Any, *args: Any, **kwargs: Any) -> tuple[list[Item], int, Any]:
        """As moto's; filter and projection come after the bytes were counted."""
        index_name = args[6] if len(args) > 6 else kwargs.get("index_name")
        self._only = hash_key if index_name is None else None
        arguments = list(args)
        projection, condition = arguments[5], arguments[8]
        arguments[5] = arguments[8] = None
        try:
            results, scanned, last = super().query(hash_key, *arguments, **kwargs)
        finally:
            self._only = None
        return self._finish(results, condition, projection), scanned, last

    def scan(
        self, filters: Any, limit: Any, start: Any, filter_expression: Any = None, *args: Any, **kwargs: Any
    ) -> tuple[list[Item], int, Any]:
        """As moto's; filter and projection come after the bytes were counted."""
        projection = kwargs.pop("projection_expression", None)
        arguments = list(args)
        if len(arguments) > 2:
            projection, arguments[2] = arguments[2], None
        results, scanned, last = super().scan(filters, limit, start, None, *arguments, **kwargs)
        return self._finish(results, filter_expression, projection), scanned, last

    def _finish(self, results: list[Item], condition: Any, projection: Any) -> list[Item]:
        self.evaluated = sum(item.size() for item in results)
        if condition is not None:
            results = [item for item in results if condition.expr(item)]
        if projection:
            results = [item.project(projection) for item in results]
        return results

    def __deepcopy__(self, memo: dict[int, Any]) -> PartitionedTable:
        if self.in_transaction:
            return self
        clone = self.__class__.__new__(self.__class__)
        memo[id(self)] = clone
        clone.__dict__.update({name: copy.deepcopy(value, memo) for name, value in self.__dict__.items()})
        return clone


class PartitionedBackend(DynamoDBBackend):  # type: ignore[misc]  # moto ships no types
    """moto's backend with `PartitionedTable`s."""

    def create_table(self, name: str, **more: Any) -> Table:
        """As moto's."""
        table = super().create_table(name, **more)
        table.__class__ = PartitionedTable
        return table

    def transact_write_items(self, transact_items: list[dict[str, Any]]) -> None:
        """As moto's, but a failure puts back the named items and not copies of whole tables."""
        saved: list[tuple[PartitionedTable, DynamoType, DynamoType | None, Item | None]] = []
        tables: dict[str, tuple[PartitionedTable, int]] = {}
        for entry in transact_items:
            for operation in entry.values():
                table = self.tables.get(operation.get("TableName"))
                if not isinstance(table, PartitionedTable):
                    continue
                tables[table.name] = table, len(table.stream_shard.items) if table.stream_shard else 0
                keys = operation.get("Key") or operation.get("Item") or {}
                if all(attribute in keys for attribute in table.table_key_attrs):
                    hash_key = DynamoType(keys[table.hash_key_attr])
                    range_key = DynamoType(keys[table.range_key_attr]) if table.range_key_attr else None
                    saved.append(
                        (table, hash_key, range_key, copy.deepcopy(table.get_item(hash_key, range_key)))
                    )
        for table, _ in tables.values():
            table.in_transaction = True
        try:
            super().transact_write_items(transact_items)
        except BaseException:
            for table, hash_key, range_key, item in reversed(saved):
                _put_back(table, hash_key, range_key, item)
            for table, streamed in tables.values():
                if table.stream_shard is not None:
                    del table.stream_shard.items[streamed:]
            raise
        finally:
            for table, _ in tables.values():
                table.in_transaction = False


def _put_back(table: Table, hash_key: DynamoType, range_key: DynamoType | None, item: Item | None) -> None:
    if range_key is None:
        if item is None:
            table.items.pop(hash_key, None)
        else:
            table.items[hash_key] = item
    elif item is None:
        table.items[hash_key].pop(range_key, None)
    else:
        table.items[hash_key][range_key] = item


class _Handler(DynamoHandler):  # type: ignore[misc]  # moto ships no types
    """moto's operations on a backend of our own, with the parsed parameters handed in."""

    def __init__(self, backend: DynamoDBBackend) -> None:
        super().__init__()
        self._backend = backend
        self.region = backend.region_name
        self.current_account = backend.account_id

    @property
    def dynamodb_backend(self) -> DynamoDBBackend:
        return self._backend


class OperationError(Exception):
    """An error of an operation: HTTP status, code and the body in JSON 1.0's shape."""

    def __init__(self, status: int, code: str, body: bytes) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.body = body


class Operations:
    """The operations on one Region's tables, by API name.

    Args:
        region: of the tables.
        account: twelve digits.
    """

    def __init__(self, region: str, account: str) -> None:
        self.backend = PartitionedBackend(region, account)
        self._handler = _Handler(self.backend)
        self._model = get_service_model("dynamodb")
        self.journal: list[tuple[str, dict[str, Any]]] = []
        """What was done to tables that exist, besides their items: enough to make them again."""
        self._checks: dict[str, Check] = {}
        self._known: dict[str, tuple[OperationModel, Callable[[], ActionResult]] | None] = {}

    def _operation(self, name: str) -> tuple[OperationModel, Callable[[], ActionResult]] | None:
        """Botocore's model and moto's method; None for what moto does not have."""
        if name not in self._known:
            method = getattr(self._handler, _WORD.sub("_", name).lower(), None)
            in_model = name in self._model.operation_names and name not in _NOT_SERVED
            self._known[name] = (self._model.operation_model(name), method) if method and in_model else None
        return self._known[name]

    @property
    def served(self) -> tuple[str, ...]:
        """Names of all operations that moto has."""
        return tuple(name for name in self._model.operation_names if name in self)

    def __contains__(self, name: str) -> bool:
        return self._operation(name) is not None

    def parse(self, name: str, body: bytes) -> dict[str, Any]:
        """Parameters as moto's own parser reads them: modelled members only, blobs decoded, nulls left out."""
        found = self._operation(name)
        assert found is not None
        parsed = JSONParser(found[0]).parse({"body": body})
        return parsed if isinstance(parsed, dict) else {}

    def members(self, name: str) -> frozenset[str]:
        """Members of the operation's output."""
        found = self._operation(name)
        shape = found[0].output_shape if found else None
        return frozenset(shape.members if shape else ())

    def run(self, name: str, params: dict[str, Any]) -> dict[str, Any]:
        """Run one operation; the result still holds bytes and times.

        Raises:
            OperationError: what DynamoDB answers with an error.
        """
        found = self._operation(name)
        assert found is not None
        handler = self._handler
        handler.params = handler.body = params
        try:
            result = found[1]().result
        except HTTPException as error:
            kind = str(getattr(error, "error_type", "InternalServerError"))
            raise _refused(
                error.code or 500, kind.rpartition("#")[2], (error.description or "").encode()
            ) from None
        except ServiceException as error:
            text = JSONSerializer(found[0]).serialize(error)
            raise _refused(text["status_code"], error.code, text["body"].encode()) from None
        if name in JOURNALLED:
            self.journal.append((name, copy.deepcopy(params)))
        elif name == "DeleteTable":
            gone = _table_name(params)
            self.journal = [entry for entry in self.journal if _table_name(entry[1]) != gone]
        return result if isinstance(result, dict) else {}

    def serialise(self, name: str, result: Mapping[str, Any]) -> bytes:
        """A result as moto's own serialiser writes it."""
        found = self._operation(name)
        assert found is not None
        text: str = JSONSerializer(found[0]).serialize(result)["body"]
        return text.encode()

    def invalid(self, name: str, body: bytes) -> str:
        """What botocore's model says against the parameters in `body`; empty where nothing."""
        found = self._operation(name)
        assert found is not None
        report = ParamValidator().validate(self.parse(name, body), found[0].input_shape)
        return str(report.generate_report()) if report.has_errors() else ""

    def breach(self, name: str, params: Mapping[str, Any]) -> str:
        """The first constraint of the model that the parameters break; empty where they break none."""
        check = self._checks.get(name)
        if check is None:
            found = self._operation(name)
            assert found is not None
            check = self._checks[name] = compile_shape(found[0].input_shape)
        try:
            check(params, "")
        except (MalformedError, ConstraintError) as error:
            return str(error)
        return ""

    def table(self, name: str) -> PartitionedTable | None:
        """The table of that name or ARN."""
        table: PartitionedTable | None = self.backend.tables.get(name)
        if table is None and name.startswith("arn:"):
            table = self.backend.tables.get(name.rpartition("/")[2])
        return table


def _refused(status: int, code: str, body: bytes) -> OperationError:
    """An error of moto's under the name that DynamoDB's model has for it."""
    known = _CODES.get(code)
    if known is None:
        return OperationError(status, code, body)
    return OperationError(status, known, body.replace(f'{code}"'.encode(), f'{known}"'.encode()))


def _table_name(params: Mapping[str, Any]) -> str:
    """The table that a request of the control plane is about."""
    named = str(params.get("TableName") or params.get("ResourceArn") or "")
    return named.rpartition("/")[2]


def plain(value: object) -> object:
    """For orjson: attribute values, blobs and times in DynamoDB's JSON."""
    if isinstance(value, DynamoType):
        return {value.type: value.value}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=datetime.UTC).timestamp()
    if isinstance(value, set):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not known to DynamoDB")
