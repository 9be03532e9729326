"""Routing of a request to its service, and errors for requests without one or with a failing one."""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import parse_qs, unquote

import orjson

from busyhour.emulator.catalogue import SERVICES
from busyhour.emulator.error_formats import error_in_kind
from busyhour.emulator.faults.requests import Fault, Faults, UnreachableError
from busyhour.emulator.messages import ApiError, Request, Response, Service
from busyhour.emulator.server.sigv4 import Verifier

_log = logging.getLogger(__name__)

_SCOPE = re.compile(r"Credential=([^/,\s]*)/(\d{8})/([^/,\s]*)/([^/,\s]*)/aws4_request")
_SCOPE_4A = re.compile(r"Credential=([^/,\s]*)/(\d{8})/([^/,\s]*)/aws4_request")
_INSIDE = ("TransactItems", "Get", "Put", "Update", "Delete", "ConditionCheck")
"""Members of a request's body that contain nested names of resources."""


def credential_scope(headers: Mapping[str, str], query: str) -> tuple[str, str, str]:
    """Return (access key, Region, service) of a SigV4 or SigV4A signature, header or presigned.

    Empty without one.
    """
    text = headers.get("authorization", "")
    if not text and "X-Amz-Credential=" in query:
        text = "Credential=" + unquote(query.partition("X-Amz-Credential=")[2].partition("&")[0])
    if not text:
        return "", "", ""
    found = _SCOPE.search(text)
    if found is not None:
        return found[1], found[3], found[4]
    found = _SCOPE_4A.search(text)
    if found is not None:
        return found[1], "", found[3]
    return "", "", ""


def unsigned_service(headers: Mapping[str, str], path: str, query: str, body: bytes) -> str:
    """Return the service of an unsigned request, by target, form or path; empty if unknown."""
    target = headers.get("x-amz-target", "")
    form_encoded = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    version = ""
    if form_encoded or "Version=" in query:
        version = parse_qs(query or body.decode("latin-1")).get("Version", [""])[0]
    for entry in SERVICES:
        if (entry.target and target.startswith(entry.target)) or (entry.version and version == entry.version):
            return entry.name
        if entry.paths and path.startswith(entry.paths):
            return entry.name
    return ""


class Router:
    """Passes each request to its service.

    Args:
        services: each under all its signing names. fallback: takes every signed request for any other
        service; None rejects them. unsigned: takes requests without a signature or another sign of
        their service (Connect's paths). faults: injected latency and errors. verifier: checks
        signatures; None accepts every request.
    """

    def __init__(
        self,
        services: Iterable[Service],
        *,
        fallback: Service | None = None,
        unsigned: Service | None = None,
        faults: Faults,
        verifier: Verifier | None = None,
    ) -> None:
        self._services = {name: service for service in services for name in service.names}
        self._fallback = fallback
        self._unsigned = unsigned
        self._faults = faults
        self._verifier = verifier

    @property
    def names(self) -> list[str]:
        """Signing names that are served here."""
        return sorted(self._services)

    @property
    def verifies(self) -> bool:
        """Whether signatures are verified."""
        return self._verifier is not None

    def refusal(self, request: Request) -> ApiError | None:
        """Return why the request's signature is refused; None if it is right or none are verified."""
        return self._verifier.refusal(request) if self._verifier is not None else None

    def served(self) -> dict[str, tuple[str, ...]]:
        """Names of the supported operations, by signing name."""
        return {name: tuple(service.served) for name, service in sorted(self._services.items())}

    def service_of(self, request: Request) -> Service | None:
        """Return the service of `request`."""
        if not request.service:
            name = unsigned_service(request.headers, request.path, request.query, request.body)
            if not name:
                return self._unsigned
            request.service = name
        return self._services.get(request.service, self._fallback)

    def answer(self, request: Request) -> Response | asyncio.Future[Response]:
        """Return the response, or a task that will return it. Never raises."""
        service = self.service_of(request)
        if (refused := self.refusal(request)) is not None:
            return (
                error_in_kind(refused, request)
                if service is None
                else service.error_response(refused, request)
            )
        if service is None:
            return error_in_kind(_not_served(request, self.names), request)
        if self._faults and (fault := self._fault_of(service, request)) is not None:
            return asyncio.ensure_future(self._faulty(service, request, fault))
        try:
            answer = service.handle(request)
        except Exception as error:
            return _failed(service, request, error)
        if isinstance(answer, Response):
            return answer
        return asyncio.ensure_future(self._awaited(service, request, answer))

    async def _awaited(self, service: Service, request: Request, answer: object) -> Response:
        try:
            assert inspect.isawaitable(answer)
            response = await answer
            assert isinstance(response, Response)
        except Exception as error:
            return _failed(service, request, error)
        return response

    def _fault_of(self, service: Service, request: Request) -> Fault | None:
        """Return the fault of the request here; a function's invocations get theirs where they run."""
        operation = operation_of(service, request)
        if (request.service, operation) == ("lambda", "Invoke"):
            return None
        return self._faults.of(request.service, operation, named_in(request))

    async def _faulty(self, service: Service, request: Request, fault: Fault) -> Response:
        if fault.latency_seconds:
            await asyncio.sleep(fault.latency_seconds)
        try:
            self._faults.strike(fault, request.service)
            answer = service.handle(request)
        except UnreachableError:
            return Response(0)
        except Exception as failure:
            return _failed(service, request, failure)
        return answer if isinstance(answer, Response) else await self._awaited(service, request, answer)


def operation_of(service: Service, request: Request) -> str:
    """Return the name of the API operation: from the service if it knows, else from target or form."""
    known: Callable[[Request], str] | None
    known = getattr(service, "operation", None) or getattr(service, "operation_name", None)
    if known is not None:
        try:
            return str(known(request))
        except ApiError:
            return ""
    if request.target:
        return request.target
    form = parse_qs(request.body[:2000].decode("latin-1"))
    return form.get("Action", [""])[0]


def named_in(request: Request) -> Iterator[str]:
    """Return names of resources in a request's path or, as TableName and the like, in its body."""
    yield from (unquote(part) for part in request.path.split("/") if part)
    if not request.body.startswith(b"{"):
        return
    try:
        body = orjson.loads(request.body)
    except ValueError:
        return
    waiting = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from (name for name in value.values() if isinstance(name, str))
            if isinstance(tables := value.get("RequestItems"), dict):
                yield from tables
            waiting += [value[name] for name in _INSIDE if name in value]
        elif isinstance(value, list):
            waiting += value


def _not_served(request: Request, served: list[str]) -> ApiError:
    if not request.service:
        return ApiError(
            "MissingAuthenticationTokenException",
            f"{request.method} {request.path}: neither a signature nor the path names a service.",
            403,
        )
    return ApiError(
        "UnknownOperationException",
        f"busyhour's emulator does not serve {request.service!r}; it serves {', '.join(served)}.",
        404,
    )


def _failed(service: Service, request: Request, error: Exception) -> Response:
    if isinstance(error, ApiError):
        return service.error_response(error, request)
    where = f"{request.method} {request.path} ({request.request_id})"
    _log.error("the emulator failed at %s", where, exc_info=error)
    message = f"The emulator failed; its log has request {request.request_id}."
    fault = ApiError("InternalFailure", message, 500)
    try:
        return service.error_response(fault, request)
    except Exception:
        return error_in_kind(fault, request)
