"""Lambda over HTTP: the rest-json operations of Invoke and of reading and limiting functions."""

from __future__ import annotations

import base64
import hashlib
import re
import time as wall
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson

from busyhour.emulator.lambda_.admission import ACCOUNT_CONCURRENCY, UNRESERVED_FLOOR
from busyhour.emulator.lambda_.asynchronous import EventQueue
from busyhour.emulator.lambda_.engine import (
    ASYNCHRONOUS_PAYLOAD,
    SYNCHRONOUS_PAYLOAD,
    Done,
    LambdaEngine,
    tail,
)
from busyhour.emulator.lambda_.functions import LATEST, Deployed
from busyhour.emulator.lambda_.result import InvocationResult
from busyhour.emulator.ports import Rates
from busyhour.emulator.wire import ApiError, Request, Response

_CAPITAL_MESSAGE = frozenset({"ResourceNotFoundException", "ServiceException"})
"""Error shapes whose text member is `Message` in botocore's model; in the others it is `message`."""
_OWN_RATE = frozenset({"GetFunction"})
_RUNTIME = "python3.12"
_PAGE = 50
_GIB = 1024**3

_Handler = Callable[["LambdaService", Request, str], "Response | Awaitable[Response]"]


class LambdaService:
    """Lambda inside the emulator.

    Args:
        engine: runs the invocations.
        events: runs those of type Event.
        quotas: applied values.
    """

    names = ("lambda",)

    def __init__(self, engine: LambdaEngine, events: EventQueue, quotas: Rates) -> None:
        self.engine = engine
        self.events = events
        self._quotas = quotas
        self._modified = wall.strftime("%Y-%m-%dT%H:%M:%S.000+0000", wall.gmtime())

    # ---------------------------------------------------------------------------------- entry for Connect

    async def invoke(self, name_or_arn: str, payload: bytes, *, source: str = "") -> InvocationResult:
        """See `LambdaEngine.invoke`."""
        return await self.engine.invoke(name_or_arn, payload, source=source)

    def start(self, name_or_arn: str, payload: bytes, done: Done, *, source: str = "") -> None:
        """See `LambdaEngine.start`."""
        self.engine.start(name_or_arn, payload, done, source=source)

    def close(self) -> None:
        """End the worker processes."""
        self.engine.close()

    # ----------------------------------------------------------------------------------------------- HTTP

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """Answer the request."""
        path = request.path.rstrip("/")
        for method, pattern, handler in _ROUTES:
            if method == request.method and (found := pattern.fullmatch(path)):
                if handler is not LambdaService._invoke:
                    self._admit(_NAMES[handler])
                return handler(self, request, unquote(found["name"]) if "name" in found.re.groupindex else "")
        raise ApiError(
            "UnknownOperationException", f"The emulator does not serve {request.method} {request.path}", 404
        )

    def operation_name(self, request: Request) -> str:
        """Name of the operation that the request asks for, empty where it is none that is served."""
        path = request.path.rstrip("/")
        for method, pattern, handler in _ROUTES:
            if method == request.method and pattern.fullmatch(path):
                return _NAMES[handler]
        return ""

    def _admit(self, operation: str) -> None:
        """Hold a control plane request against its rate: GetFunction has its own, all others share one."""
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
        """`error` as rest-json: code in a header, text and further members in the body."""
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
        return self._request_response(request, deployed, request_id)

    async def _request_response(self, request: Request, deployed: Deployed, request_id: str) -> Response:
        result = await self.engine.invoke_found(deployed, request.body, request_id)
        headers = {"X-Amz-Executed-Version": LATEST}
        if result.status != 200:
            return self._not_run(result)
        if result.function_error:
            headers["X-Amz-Function-Error"] = result.function_error
        if request.headers.get("x-amz-log-type") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(tail(result.log)).decode()
        return Response(200, result.payload, headers=headers)

    def _not_run(self, result: InvocationResult) -> Response:
        headers = {
            "x-amzn-ErrorType": "TooManyRequestsException" if result.status == 429 else "ServiceException"
        }
        if result.status == 429:
            headers["Retry-After"] = str(max(1, round(result.retry_after)))
            return Response(429, result.payload, headers=headers)
        message = orjson.loads(result.payload)["errorMessage"]
        return Response(result.status, orjson.dumps({"Type": "Service", "Message": message}), headers=headers)

    def _get_function(self, request: Request, name: str) -> Response:
        deployed = self._find(request, name)
        body: dict[str, Any] = {
            "Configuration": self._configuration(deployed),
            "Code": {"RepositoryType": "S3", "Location": ""},
            "Tags": {},
        }
        if deployed.reserved is not None:
            body["Concurrency"] = {"ReservedConcurrentExecutions": deployed.reserved}
        return _json(body)

    def _get_configuration(self, request: Request, name: str) -> Response:
        return _json(self._configuration(self._find(request, name)))

    def _list_functions(self, request: Request, name: str) -> Response:
        arguments = parse_qs(request.query)
        limit = min(_PAGE, int(arguments.get("MaxItems", [str(_PAGE)])[0]))
        after = base64.b64decode(arguments.get("Marker", [""])[0]).decode("utf-8", "replace")
        found = sorted((d for d in self.engine.table if d.name > after), key=lambda d: d.name)
        page = found[:limit]
        body: dict[str, Any] = {"Functions": [self._configuration(d) for d in page]}
        if len(found) > limit:
            body["NextMarker"] = base64.b64encode(page[-1].name.encode()).decode()
        return _json(body)

    def _account_settings(self, request: Request, name: str) -> Response:
        concurrency = int(self._quotas.applied(ACCOUNT_CONCURRENCY))
        return _json(
            {
                "AccountLimit": {
                    "TotalCodeSize": int(self._quotas.applied("lambda.function-and-layer-storage")) * _GIB,
                    "CodeSizeUnzipped": 250 * 1024 * 1024,
                    "CodeSizeZipped": 50 * 1024 * 1024,
                    "ConcurrentExecutions": concurrency,
                    "UnreservedConcurrentExecutions": concurrency - self.engine.reserved_total(),
                },
                "AccountUsage": {
                    "TotalCodeSize": sum(self._configuration(d)["CodeSize"] for d in self.engine.table),
                    "FunctionCount": sum(1 for _ in self.engine.table),
                },
            }
        )

    def _get_concurrency(self, request: Request, name: str) -> Response:
        reserved = self._find(request, name).reserved
        return _json({} if reserved is None else {"ReservedConcurrentExecutions": reserved})

    def _put_concurrency(self, request: Request, name: str) -> Response:
        deployed = self._find(request, name)
        try:
            wanted = orjson.loads(request.body)["ReservedConcurrentExecutions"]
            if not isinstance(wanted, int) or wanted < 0:
                raise ValueError(wanted)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            raise ApiError(
                "InvalidParameterValueException",
                "ReservedConcurrentExecutions must be an integer of at least 0",
            ) from None
        others = self.engine.reserved_total() - (deployed.reserved or 0)
        floor = int(self._quotas.applied(UNRESERVED_FLOOR))
        if self._quotas.applied(ACCOUNT_CONCURRENCY) - others - wanted < floor and wanted > 0:
            raise ApiError(
                "InvalidParameterValueException",
                "Specified ReservedConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{floor}].",
                Type="User",
            )
        deployed.reserved = wanted
        return _json({"ReservedConcurrentExecutions": wanted})

    def _delete_concurrency(self, request: Request, name: str) -> Response:
        self._find(request, name).reserved = None
        return Response(204)

    def _find(self, request: Request, name: str) -> Deployed:
        qualifier = parse_qs(request.query).get("Qualifier", [""])[0] if request.query else ""
        return self.engine.table.find(name, qualifier)

    def _configuration(self, deployed: Deployed) -> dict[str, Any]:
        function = deployed.function
        code = b""
        if deployed.handler is not None and deployed.handler[0].is_file():
            code = deployed.handler[0].read_bytes()
        digest = hashlib.sha256(code).digest()
        return {
            "FunctionName": function.name,
            "FunctionArn": deployed.arn,
            "Runtime": _RUNTIME,
            "Role": f"arn:aws:iam::{deployed.arn.split(':')[4]}:role/busyhour-emulator",
            "Handler": f"{deployed.handler[0].stem}.{deployed.handler[1]}"
            if deployed.handler
            else "model.latency",
            "CodeSize": len(code),
            "CodeSha256": base64.b64encode(digest).decode(),
            "Description": "" if deployed.handler else "Latency model of the emulator",
            "Timeout": max(1, int(function.timeout)),
            "MemorySize": function.memory_mb,
            "LastModified": self._modified,
            "Version": LATEST,
            "Environment": {"Variables": dict(function.environment)},
            "TracingConfig": {"Mode": "PassThrough"},
            "RevisionId": digest.hex()[:32],
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
            "Architectures": ["x86_64"],
            "EphemeralStorage": {"Size": 512},
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.name}"},
        }


def _json(body: dict[str, Any]) -> Response:
    return Response(200, orjson.dumps(body))


_FUNCTION = r"/functions/(?P<name>[^/]+)"
_ROUTES: tuple[tuple[str, re.Pattern[str], _Handler], ...] = (
    ("POST", re.compile(rf"/2015-03-31{_FUNCTION}/invocations"), LambdaService._invoke),
    ("GET", re.compile(rf"/2015-03-31{_FUNCTION}"), LambdaService._get_function),
    ("GET", re.compile(rf"/2015-03-31{_FUNCTION}/configuration"), LambdaService._get_configuration),
    ("GET", re.compile(r"/2015-03-31/functions"), LambdaService._list_functions),
    ("GET", re.compile(r"/2016-08-19/account-settings"), LambdaService._account_settings),
    ("GET", re.compile(rf"/2019-09-30{_FUNCTION}/concurrency"), LambdaService._get_concurrency),
    ("PUT", re.compile(rf"/2017-10-31{_FUNCTION}/concurrency"), LambdaService._put_concurrency),
    ("DELETE", re.compile(rf"/2017-10-31{_FUNCTION}/concurrency"), LambdaService._delete_concurrency),
)
_NAMES: dict[_Handler, str] = {
    LambdaService._invoke: "Invoke",
    LambdaService._get_function: "GetFunction",
    LambdaService._get_configuration: "GetFunctionConfiguration",
    LambdaService._list_functions: "ListFunctions",
    LambdaService._account_settings: "GetAccountSettings",
    LambdaService._get_concurrency: "GetFunctionConcurrency",
    LambdaService._put_concurrency: "PutFunctionConcurrency",
    LambdaService._delete_concurrency: "DeleteFunctionConcurrency",
}
