"""DynamoDB over HTTP: JSON 1.0 in and out. Imports moto with the first request, not before."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from busyhour.emulator.interfaces import Metrics, Quotas
from busyhour.emulator.messages import JSON_1_0, ApiError, Request, Response

if TYPE_CHECKING:
    from busyhour.emulator.dynamodb.api.plane import Plane
    from busyhour.emulator.dynamodb.backend import Operations
    from busyhour.emulator.dynamodb.throughput.meter import Meter

_PREFIX = "com.amazonaws.dynamodb.v20120810#"


class DynamoDbService:
    """DynamoDB inside the emulator.

    Args:
        quotas: applied values and tallies.
        metrics: receives AWS/DynamoDB.
        time: epoch seconds.
        region: Region of requests that name none.
        account: twelve digits.
        table_delay: seconds to create, change or delete a table.
    """

    names = ("dynamodb",)
    part = "dynamodb"

    def __init__(
        self,
        quotas: Quotas,
        metrics: Metrics,
        time: Callable[[], float],
        region: str,
        account: str,
        table_delay: float = 0.0,
    ) -> None:
        self._quotas = quotas
        self._metrics = metrics
        self._time = time
        self._region = region
        self._account = account
        self._table_delay = table_delay
        self._planes: dict[str, Plane] = {}
        self._meter: Meter | None = None
        self._making = threading.Lock()

    def plane(self, region: str = "") -> Plane:
        """Return the operations in a Region, by default the emulator's.

        Imports moto (about 1.5 s the first time).
        """
        region = region or self._region
        with self._making:
            found = self._planes.get(region)
            if found is None:
                from busyhour.emulator.dynamodb.api.plane import Plane
                from busyhour.emulator.dynamodb.backend import Operations
                from busyhour.emulator.dynamodb.throughput.meter import Meter

                if self._meter is None:
                    self._meter = Meter(self._quotas, self._metrics, self._time)
                operations = Operations(region, self._account)
                found = Plane(operations, self._meter, self._quotas, self._time, self._table_delay)
                self._planes[region] = found
        return found

    def load(self) -> Operations:
        """Return the operations in the emulator's own Region, without HTTP, throughput or metrics; imports moto."""
        return self.plane().operations

    @property
    def served(self) -> tuple[str, ...]:
        """Names of the supported operations; imports moto."""
        return self.plane().operations.served

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """Handle the request; the first one waits for moto in a thread, so that the event loop continues."""
        plane = self._planes.get(request.region or self._region)
        if plane is None:
            return self._first(request)
        return plane.answer(request.target, request.body)

    async def _first(self, request: Request) -> Response:
        plane = await asyncio.get_running_loop().run_in_executor(None, self.plane, request.region)
        return plane.answer(request.target, request.body)

    def dump(self, folder: Path) -> Any:
        """Return tables and items of every Region."""
        if not self._planes:
            return {}
        from busyhour.emulator.dynamodb.api.snapshot import dump

        return {region: dump(plane) for region, plane in self._planes.items()}

    def restore(self, data: Any, folder: Path) -> None:
        """Recreate the tables; imports moto if there are any."""
        if not data:
            return
        from busyhour.emulator.dynamodb.api.snapshot import restore

        for region, tables in data.items():
            restore(self.plane(region), tables)

    def operation_name(self, request: Request) -> str:
        """Return the name of the requested operation."""
        return request.target

    def error_response(self, error: ApiError, request: Request) -> Response:
        """Encode `error` as JSON 1.0."""
        key = "Message" if error.code == "TransactionCanceledException" else "message"
        body = {"__type": _PREFIX + error.code, key: error.message, **error.fields}
        return Response(error.status, orjson.dumps(body), JSON_1_0)
