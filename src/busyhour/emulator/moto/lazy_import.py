"""Services based on moto wait here until moto is imported, once, by one thread.

moto takes more than a second to import, so it is imported with the first request that needs it, while the event
loop continues. Two threads that import it at the same time leave it broken; hence one gate for all.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Collection
from typing import Any

from busyhour.emulator.messages import ApiError, Request, Response, Service


class MotoGate:
    """Opens when moto is imported."""

    def __init__(self) -> None:
        self._opening: asyncio.Task[Any] | None = None

    @property
    def open(self) -> bool:
        """Whether moto is imported."""
        return self._opening is not None and self._opening.done() and self._opening.exception() is None

    async def pass_through(self) -> None:
        """Wait until moto is imported; the first caller imports it."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(
                asyncio.to_thread(importlib.import_module, "moto.core.responses")
            )
        await asyncio.shield(self._opening)


class AfterMoto:
    """A service whose requests wait at the gate.

    Args:
        service: the service based on moto.
        gate: shared by all of them.
    """

    def __init__(self, service: Any, gate: MotoGate) -> None:
        self._service: Service = service
        self._gate = gate

    @property
    def names(self) -> tuple[str, ...]:
        """Signing names of the service."""
        return self._service.names

    @property
    def served(self) -> Collection[str]:
        """Names of the operations that the service answers."""
        return self._service.served

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """Let the service handle the request, at once if moto is imported."""
        if self._gate.open:
            return self._service.handle(request)
        return self._later(request)

    async def _later(self, request: Request) -> Response:
        await self._gate.pass_through()
        answer = self._service.handle(request)
        return answer if isinstance(answer, Response) else await answer

    def operation_name(self, request: Request) -> str:
        """Return the name of the operation, if the request itself contains it."""
        return request.target

    def error_response(self, error: ApiError, request: Request) -> Response:
        """`error` in the service's own shape."""
        return self._service.error_response(error, request)

    def close(self) -> None:
        """Close the service if it has a `close`."""
        close = getattr(self._service, "close", None)
        if close is not None:
            close()
