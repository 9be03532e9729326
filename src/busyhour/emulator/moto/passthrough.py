"""All services that the emulator does not serve itself: passed to moto, request by request.

moto's own dispatch is called with the request as it would have gone to AWS. Nothing is patched: no client in
this process is redirected. moto is not thread-safe, so one thread of its own does the work and the event loop
continues.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from busyhour.emulator.error_formats import error_in_kind
from busyhour.emulator.messages import JSON, ApiError, Request, Response

_log = logging.getLogger(__name__)

_HOSTS = {
    "iotdata": "data-ats.iot",
    "memorydb": "memory-db",
    "mobiletargeting": "pinpoint",
    "payment-cryptography": "controlplane.payment-cryptography",
    "sagemaker": "api.sagemaker",
    "timestream": "ingest.timestream",
}
"""Host prefix of the services whose signing name moto does not recognise (found by comparison with botocore)."""
_OURS = frozenset(
    {"server", "date", "status", "content-length", "content-type", "connection", "x-amzn-requestid"}
)
"""Headers of moto's response that the server writes itself."""


class MotoRest:
    """Handles requests to all services without an implementation in the emulator.

    Args:
        account: the account of moto's resources.
    """

    names: tuple[str, ...] = ()
    served: tuple[str, ...] = ()
    """Everything that moto supports: it has no list of it."""

    def __init__(self, account: str = "123456789012") -> None:
        self._account = account
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="moto")
        self._dispatch: Any = None

    async def handle(self, request: Request) -> Response:
        """Handle the request; the first one waits until moto is imported.

        Raises:
            ApiError: moto lacks the service or the operation.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, request)

    def error_response(self, error: ApiError, request: Request) -> Response:
        """Encode `error` in the protocol of the request."""
        return error_in_kind(error, request)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _answer(self, request: Request) -> Response:
        from botocore.awsrequest import AWSPreparedRequest
        from botocore.compat import HTTPHeaders

        if self._dispatch is None:
            from moto.core.botocore_stubber import BotocoreStubber

            self._dispatch = BotocoreStubber().process_request
        headers = HTTPHeaders()
        for name, value in request.headers.items():
            if name != "host":
                headers[name] = value
        headers["x-moto-account-id"] = self._account
        url = url_at_aws(request)
        try:
            answer = self._dispatch(AWSPreparedRequest(request.method, url, headers, request.body, False))
        except NotImplementedError as error:
            raise _unknown(request, str(error)) from None
        except Exception as error:
            # moto parses requests as botocore writes them; a request on which it crashes is not from an AWS client.
            _log.debug("moto failed at %s", url, exc_info=error)
            text = f"moto cannot answer the request: {type(error).__name__}: {error}"
            raise ApiError("ValidationException", text, 400) from None
        if answer is None or (answer[0] == 404 and answer[2] == "Not yet implemented"):
            raise _unknown(request, "")
        return _response(*answer)


def url_at_aws(request: Request) -> str:
    """Return the URL that the request would have had at AWS."""
    prefix = _HOSTS.get(request.service, request.service)
    query = f"?{request.query}" if request.query else ""
    return f"https://{prefix}.{request.region or 'us-east-1'}.amazonaws.com{request.path}{query}"


def _unknown(request: Request, detail: str) -> ApiError:
    what = f"{request.service} {request.target or request.method + ' ' + request.path}"
    text = f"Neither the emulator nor moto serves {what}."
    return ApiError("UnknownOperationException", f"{text} {detail}".strip(), 404)


def _response(status: int, headers: Any, body: str | bytes) -> Response:
    pairs = {str(name).lower(): str(value) for name, value in dict(headers).items()}
    content = body.encode() if isinstance(body, str) else bytes(body)
    kept = {
        name: value
        for name, value in pairs.items()
        if name not in _OURS and not name.startswith("access-control-")
    }
    return Response(int(status), content, pairs.get("content-type", JSON), kept)
