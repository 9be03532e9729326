"""Lambda over HTTP: Invoke, and the rest-json operations of the control plane."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson

from busyhour.emulator.interfaces import Rates
from busyhour.emulator.lambda_.api.control import Control
from busyhour.emulator.lambda_.api.provisioned import ProvisionedConcurrency
from busyhour.emulator.lambda_.api.releases import Releases
from busyhour.emulator.lambda_.functions import snapshot
from busyhour.emulator.lambda_.functions.packages import PackageStore
from busyhour.emulator.lambda_.functions.store import Deployed
from busyhour.emulator.lambda_.runtime.asynchronous import EventQueue
from busyhour.emulator.lambda_.runtime.engine import (
    ASYNCHRONOUS_PAYLOAD,
    SYNCHRONOUS_PAYLOAD,
    Done,
    LambdaEngine,
)
from busyhour.emulator.lambda_.runtime.invocation_result import InvocationResult, tail
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.model.operations import OperationTable
from busyhour.emulator.model.paging import bound
from busyhour.emulator.model.registry import registered

_CAPITAL_MESSAGE = frozenset({"ResourceNotFoundException", "ServiceException"})
"""Error shapes whose text member is `Message` in botocore's model; others have `message`."""
_OWN_RATE = frozenset({"GetFunction"})
_WITH_CODE = frozenset({"CreateFunction", "UpdateFunctionCode"})
_INVOKE = re.compile(r"/2015-03-31/functions/(?P<name>[^/]+)/invocations/?")
_INVOKE_NAME = "Invoke"


class LambdaService:
    """Lambda inside the emulator.

    Args:
        engine: runs the invocations.
        events: runs those of type Event.
        quotas: applied values.
        time: epoch seconds.
    """

    names = ("lambda",)
    served = (_INVOKE_NAME, *registered(Control, Releases, ProvisionedConcurrency))
    part = "lambda"

    def __init__(
        self, engine: LambdaEngine, events: EventQueue, quotas: Rates, time: Callable[[], float]
    ) -> None:
        self.engine = engine
        self.events = events
        self.packages = PackageStore()
        control, releases = Control(engine, quotas, time), Releases(engine.table)
        self._operations = registered(control, releases, ProvisionedConcurrency(engine.table, time))
        self._quotas = quotas

    def dump(self, folder: Path) -> Any:
        """Return functions created through the API, and reserved concurrency."""
        return snapshot.dump(self.engine.table, folder)

    def restore(self, data: Any, folder: Path) -> None:
        """Deploy the stored functions."""
        snapshot.restore(self.engine.table, self.packages, data, folder)

    # ---------------------------------------------------------------------------------- entry for Connect

    async def invoke(self, name_or_arn: str, payload: bytes, *, source: str = "") -> InvocationResult:
        """See `LambdaEngine.invoke`."""
        return await self.engine.invoke(name_or_arn, payload, source=source)

    def start(self, name_or_arn: str, payload: bytes, done: Done, *, source: str = "") -> None:
        """See `LambdaEngine.start`."""
        self.engine.start(name_or_arn, payload, done, source=source)

    def close(self) -> None:
        """Stop the worker processes."""
        self.engine.close()
        self.packages.close()

    # ----------------------------------------------------------------------------------------------- HTTP

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """Handle the request."""
        if request.method == "POST" and (found := _INVOKE.fullmatch(request.path)):
            return self._invoke(request, unquote(found["name"]))
        known = _table().find(request.method, request.path, request.query)
        if known is None or known[1] is None:
            what = f" ({known[0]})" if known else ""
            raise ApiError(
                "UnknownOperationException",
                f"The emulator does not serve {request.method} {request.path}{what}",
                404,
            )
        name, operation, values = known[0], known[1], known[2]
        self._admit(name)
        params = operation.parse(request, values)
        if name in _WITH_CODE:
            return self._with_code(name, params)
        return self._answer(name, params)

    def _answer(self, name: str, params: dict[str, Any]) -> Response:
        handler = self._operations[name]
        answer = bound(name, params, handler.run, "InvalidParameterValueException", "Marker", "NextMarker")
        return Response(handler.status, b"" if handler.status == 204 else orjson.dumps(answer))

    async def _with_code(self, name: str, params: dict[str, Any]) -> Response:
        """Unpack the code of the request, which may take seconds, then answer it."""
        holder = params.get("Code") if name == "CreateFunction" else params
        if isinstance(holder, dict) and holder.get("ZipFile") is not None:
            holder["ZipFile"] = await self.packages.upload(holder["ZipFile"])
        return self._answer(name, params)

    def operation_name(self, request: Request) -> str:
        """Return the name of the requested operation, empty if not supported."""
        if request.method == "POST" and _INVOKE.fullmatch(request.path):
            return _INVOKE_NAME
        known = _table().find(request.method, request.path, request.query)
        return known[0] if known is not None and known[1] is not None else ""

    def _admit(self, operation: str) -> None:
        """Admit a control plane request by its rate: GetFunction has its own, all others share one."""
        key = operation if operation in _OWN_RATE else "*"
        if self._quotas.admit("lambda", key) is not None:
            raise ApiError(
                "TooManyRequestsException",
                "Rate exceeded",
                429,
                Reason="CallerRateLimitExceeded",
                Type="User",
                retryAfterSeconds=1,
            )

    def error_response(self, error: ApiError, request: Request) -> Response:
        """Encode `error` as rest-json: code in a header, text and further members in the body."""
        fields = dict(error.fields)
        headers = {"x-amzn-ErrorType": error.code}
        if (seconds := fields.pop("retryAfterSeconds", None)) is not None:
            headers["Retry-After"] = str(seconds)
        key = "Message" if error.code in _CAPITAL_MESSAGE else "message"
        return Response(error.status, orjson.dumps({**fields, key: error.message}), headers=headers)

    def _invoke(self, request: Request, name: str) -> Response | Awaitable[Response]:
        deployed = self._find(request, name)
        kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
        if kind not in ("RequestResponse", "Event", "DryRun"):
            raise ApiError(
                "InvalidParameterValueException",
                f"Value '{kind}' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value "
                "set: [Event, RequestResponse, DryRun]",
                Type="User",
            )
        self.engine.check_payload(
            request.body, ASYNCHRONOUS_PAYLOAD if kind == "Event" else SYNCHRONOUS_PAYLOAD
        )
        if request.body:
            try:
                orjson.loads(request.body)
            except orjson.JSONDecodeError as error:
                raise ApiError(
                    "InvalidRequestContentException",
                    f"Could not parse request body into json: {error}",
                    Type="User",
                ) from None
        request_id = request.request_id or self.engine.new_request_id()
        if kind == "DryRun":
            return Response(204)
        if kind == "Event":
            self.events.put(deployed, request.body, request_id)
            return Response(202)
        return self._request_response(request, deployed, request_id, _client_context(request))

    async def _request_response(
        self, request: Request, deployed: Deployed, request_id: str, client_context: str
    ) -> Response:
        result = await self.engine.invoke_found(deployed, request.body, request_id, client_context)
        headers = {"X-Amz-Executed-Version": deployed.version}
        if result.status != 200:
            return self._not_run(result)
        if result.function_error:
            headers["X-Amz-Function-Error"] = result.function_error
        if request.headers.get("x-amz-log-type") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(tail(result.log)).decode()
        return Response(200, result.payload, headers=headers)

    def _not_run(self, result: InvocationResult) -> Response:
        if result.status == 0:
            return Response(0)
        if result.status == 429:
            pause = str(max(1, round(result.retry_after)))
            headers = {"x-amzn-ErrorType": "TooManyRequestsException", "Retry-After": pause}
            return Response(429, result.payload, headers=headers)
        error = orjson.loads(result.payload)
        body = orjson.dumps({"Type": "Service", "Message": error["errorMessage"]})
        return Response(result.status, body, headers={"x-amzn-ErrorType": error["errorType"]})

    def _find(self, request: Request, name: str) -> Deployed:
        qualifier = parse_qs(request.query).get("Qualifier", [""])[0] if request.query else ""
        return self.engine.table.find(name, qualifier)


def _client_context(request: Request) -> str:
    """Decode ClientContext of a synchronous invocation; Lambda ignores it for others."""
    given = request.headers.get("x-amz-client-context", "")
    if not given:
        return ""
    try:
        text = base64.b64decode(given, validate=True).decode()
        orjson.loads(text)
    except ValueError:
        raise ApiError(
            "InvalidRequestContentException",
            "Client context must be a valid Base64-encoded JSON object.",
            Type="User",
        ) from None
    # One line, in ASCII: a function behind a URL receives it as a header, as in Lambda's Runtime API.
    return json.dumps(json.loads(text))


@cache
def _table() -> OperationTable:
    """Return routes and checks from botocore's model; made with the first request other than Invoke."""
    return OperationTable(
        registered(Control, Releases, ProvisionedConcurrency),
        "lambda",
        ("ValidationException", "ValidationException"),
    )
