"""moto's DynamoDB, called directly: its backend, its operation handlers, its parsers; without its web stack.

moto defines the results of operations. Importing this module imports moto, which takes about 1.5 s.
"""

from __future__ import annotations

import base64
import copy
import datetime
import json
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
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

from busyhour.emulator.dynamodb.partitioned import PartitionedBackend, PartitionedTable
from busyhour.emulator.model.shapes import Check, ConstraintError, MalformedError, compile_shape

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
"""Operations of moto that need its S3."""
_MOTOS_READS = 25
"""Items of a transaction that moto accepts."""
_CODES = {
    "ResourceNotFound": "ResourceNotFoundException",
    "SourceTableNotFoundException": "TableNotFoundException",
}
"""Errors to which moto gives another name than DynamoDB's model."""
_NO_INDEX = re.compile(rb"Invalid index: (\S+) for table")
"""moto's ResourceNotFoundException of a query on an index that is not there: ValidationException in DynamoDB."""
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class _Handler(DynamoHandler):  # type: ignore[misc]  # moto ships no types
    """moto's operations on a backend of our own, with parsed parameters passed in."""

    def __init__(self, backend: DynamoDBBackend) -> None:
        super().__init__()
        self._backend = backend
        self.region = backend.region_name
        self.current_account = backend.account_id

    @property
    def dynamodb_backend(self) -> DynamoDBBackend:
        return self._backend

    def transact_get_items(self) -> ActionResult:
        """Process in parts: moto accepts 25 items, DynamoDB 100."""
        whole: dict[str, Any] = self.params
        responses: list[Any] = []
        for first in range(0, len(whole["TransactItems"]), _MOTOS_READS):
            part = whole["TransactItems"][first : first + _MOTOS_READS]
            self.body = {"TransactItems": part}
            responses += super().transact_get_items().result["Responses"]
        return ActionResult({"Responses": responses})

    def execute_transaction(self) -> ActionResult:
        """Return a response for each statement; moto omits those without a result."""
        responses: list[Any] = []
        for statement in self.params["TransactStatements"]:
            responses += self._backend.execute_transaction([statement]) or [{}]
        return ActionResult({"Responses": responses})


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
        region: Region of the tables.
        account: twelve digits.
    """

    def __init__(self, region: str, account: str) -> None:
        self.backend = PartitionedBackend(region, account)
        self._handler = _Handler(self.backend)
        self._model = get_service_model("dynamodb")
        self.journal: list[tuple[str, dict[str, Any]]] = []
        """Control plane requests of existing tables: enough to recreate them."""
        self._checks: dict[str, Check] = {}
        self._known: dict[str, tuple[OperationModel, Callable[[], ActionResult]] | None] = {}

    def _operation(self, name: str) -> tuple[OperationModel, Callable[[], ActionResult]] | None:
        """Return botocore's model and moto's method; None if moto lacks it."""
        if name not in self._known:
            method = getattr(self._handler, _WORD.sub("_", name).lower(), None)
            in_model = name in self._model.operation_names and name not in _NOT_SERVED
            self._known[name] = (self._model.operation_model(name), method) if method and in_model else None
        return self._known[name]

    @property
    def served(self) -> tuple[str, ...]:
        """Names of all operations of moto."""
        return tuple(name for name in self._model.operation_names if name in self)

    def __contains__(self, name: str) -> bool:
        return self._operation(name) is not None

    def parse(self, name: str, body: bytes) -> dict[str, Any]:
        """Parse parameters with moto's own parser: modelled members only, blobs decoded, nulls dropped."""
        found = self._operation(name)
        assert found is not None
        parsed = JSONParser(found[0]).parse({"body": body})
        return parsed if isinstance(parsed, dict) else {}

    def members(self, name: str) -> frozenset[str]:
        """Return the members of the operation's output."""
        found = self._operation(name)
        shape = found[0].output_shape if found else None
        return frozenset(shape.members if shape else ())

    def run(self, name: str, params: dict[str, Any]) -> dict[str, Any]:
        """Run one operation; the result still contains bytes and times.

        Raises:
            OperationError: an error response of DynamoDB.
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
        """Serialise a result with moto's own serialiser."""
        found = self._operation(name)
        assert found is not None
        text: str = JSONSerializer(found[0]).serialize(result)["body"]
        return text.encode()

    def invalid(self, name: str, body: bytes) -> str:
        """Return the violations of botocore's model by the parameters in `body`; empty without any."""
        found = self._operation(name)
        assert found is not None
        try:
            report = ParamValidator().validate(self.parse(name, body), found[0].input_shape)
        except Exception as error:  # moto's parser assumes the types
            return f"{name} cannot be read: {type(error).__name__}"
        return str(report.generate_report()) if report.has_errors() else ""

    def breach(self, name: str, params: Mapping[str, Any]) -> str:
        """Return the first constraint of the model that the parameters violate; empty without any."""
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
        """Return the table of that name or ARN."""
        table: PartitionedTable | None = self.backend.tables.get(name)
        if table is None and name.startswith("arn:"):
            table = self.backend.tables.get(name.rpartition("/")[2])
        return table


def _refused(status: int, code: str, body: bytes) -> OperationError:
    """Convert an error of moto to its name in DynamoDB's model."""
    if index := _NO_INDEX.search(body):
        text = f"The table does not have the specified index: {index[1].decode()}"
        fault = {"__type": "com.amazon.coral.validate#ValidationException", "message": text}
        return OperationError(400, "ValidationException", json.dumps(fault).encode())
    known = _CODES.get(code)
    if known is None:
        return OperationError(status, code, body)
    return OperationError(status, known, body.replace(f'{code}"'.encode(), f'{known}"'.encode()))


def _table_name(params: Mapping[str, Any]) -> str:
    """Return the table of a control plane request."""
    named = str(params.get("TableName") or params.get("ResourceArn") or "")
    return named.rpartition("/")[2]


def plain(value: object) -> object:
    """Convert for orjson: attribute values, blobs and times in DynamoDB's JSON."""
    if isinstance(value, DynamoType):
        return {value.type: value.value}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=datetime.UTC).timestamp()
    if isinstance(value, set):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not known to DynamoDB")
