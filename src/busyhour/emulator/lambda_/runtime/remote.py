"""Functions in any language: an invocation as an HTTP POST to a URL, as in AWS's Runtime Interface Emulator.

The event is the request's body, the function's response the response's body. A response with the header
X-Amz-Function-Error, a status of 400 or more, or the error document that Lambda's runtimes write (`errorType`
and `errorMessage`) is a function error. At the timeout the connection is closed; the program behind the URL
cannot be stopped from here.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httptools

from busyhour.emulator.lambda_.runtime.environment import Answer
from busyhour.handlers.runtime import failures


@dataclass(slots=True)
class _Reading:
    """Collects a response from httptools' callbacks."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    complete: bool = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


async def invoke_url(url: str, payload: bytes, headers: Mapping[str, str], timeout: float) -> Answer:
    """Make one invocation; never raises for failures of the remote side."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(timeout):
            status, answer_headers, body = await _post(url, payload, headers)
    except TimeoutError:
        return Answer(False, b"", timeout, b"", timed_out=True)
    except (OSError, httptools.HttpParserError, asyncio.IncompleteReadError) as error:
        document = failures.document("Runtime.Unreachable", f"{url}: {error or type(error).__name__}")
        return Answer(False, document, time.monotonic() - began, b"")
    failed = status >= 400 or "x-amz-function-error" in answer_headers or _is_error_document(body)
    if status >= 400 and not _is_error_document(body):
        text = body[:1000].decode("utf-8", "replace")
        body = failures.document("Runtime.HttpError", f"{url} answered HTTP {status}: {text}")
    return Answer(not failed, body, time.monotonic() - began, b"")


async def _post(url: str, payload: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    context = ssl.create_default_context() if secure else None
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"POST {target} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
        lines += [f"Content-Length: {len(payload)}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + payload)
        reading = _Reading()
        parser = httptools.HttpResponseParser(reading)
        while not reading.complete and (data := await reader.read(65_536)):
            parser.feed_data(data)
        if not reading.complete and "content-length" in reading.headers:
            raise ConnectionError("the connection ended in the middle of the answer")
        return parser.get_status_code(), reading.headers, bytes(reading.body)
    finally:
        writer.close()


def _is_error_document(body: bytes) -> bool:
    if not body.startswith(b"{") or b'"errorType"' not in body:
        return False
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and {"errorType", "errorMessage"} <= document.keys()
