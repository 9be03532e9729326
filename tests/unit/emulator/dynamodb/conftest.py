from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from busyhour.emulator.cloudwatch.store import MetricStore
from busyhour.emulator.dynamodb.api.service import DynamoDbService
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.quotas.throttling import Limits
from busyhour.quotas.table.quota_table import QuotaTable, load

ON_DEMAND = {
    "TableName": "tab",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@dataclass
class Dynamo:
    """The service with a clock that is moved by hand."""

    service: DynamoDbService
    limits: Limits
    metrics: MetricStore
    now: list[float] = field(default_factory=lambda: [1_000_000.0])

    def send(self, operation: str, body: bytes) -> Response:
        headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
        request = Request("POST", "/", "", headers, body, "dynamodb", "us-east-1", "AK")
        try:
            response = self.service.handle(request)
        except ApiError as error:
            return self.service.error_response(error, request)
        assert isinstance(response, Response)
        return response

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """The answer; `__status` is its HTTP status."""
        response = self.send(operation, json.dumps(params).encode())
        return {**json.loads(response.body), "__status": response.status}

    def total(self, name: str, **dimensions: str) -> float:
        return self.metrics.total("AWS/DynamoDB", name, tuple(sorted(dimensions.items())))


@pytest.fixture(scope="session")
def quota_table() -> QuotaTable:
    return load()


@pytest.fixture
def dynamo(quota_table: QuotaTable) -> Callable[..., Dynamo]:
    def build(quotas: Mapping[str, float] | None = None, table_delay: float = 0.0) -> Dynamo:
        now = [1_000_000.0]
        limits, metrics = Limits(quota_table, quotas or {}, lambda: now[0]), MetricStore()
        service = DynamoDbService(limits, metrics, lambda: now[0], "us-east-1", "123456789012", table_delay)
        service.plane()
        return Dynamo(service, limits, metrics, now)

    return build


@pytest.fixture(scope="session")
def moto_server() -> Callable[[str, bytes], tuple[int, dict[str, Any]]]:
    """moto's own server in this process: the reference."""
    with warnings.catch_warnings():
        # moto's server imports every service's url table; some of those use regular expressions and date calls
        # that newer Pythons warn about. They are none of ours.
        warnings.simplefilter("ignore", DeprecationWarning)
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.test import Client

    client = Client(DomainDispatcherApplication(create_backend_app))
    scope = "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"

    def send(operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
        headers = {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Authorization": scope}
        content_type = "application/x-amz-json-1.0"
        response = client.post("/", data=body, headers=headers, content_type=content_type)
        return response.status_code, json.loads(response.get_data() or b"{}")

    return send
