"""One connection with its request: writes the request and reads the response, without a greenlet.

gevent's loop calls back when a response can be read, and httptools (the parser of Node.js, in C) reads it. Only
two of a response's headers are ever needed, so the parser makes no objects of them; they are looked up after an
error.
"""

from __future__ import annotations

from gevent.hub import get_hub

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

import httptools

from busyhour.errors import BusyhourError
from busyhour.load.client.sigv4 import Prepared
from busyhour.load.client.transport import PlainTransport, TlsTransport
from busyhour.load.error_classes import Class, classify, error_code, error_reason

if TYPE_CHECKING:
    from busyhour.load.client.load_client import Client


class Answer:
    """The outcome of one request. Times are seconds of the clock; `sent_at` is None if it was never sent."""

    __slots__ = (
        "body",
        "code",
        "error",
        "finished_at",
        "function_error",
        "kind",
        "sent_at",
        "status",
    )

    def __init__(
        self,
        kind: Class,
        status: int = 0,
        code: str = "",
        body: bytes = b"",
        sent_at: float | None = None,
        finished_at: float = 0.0,
        function_error: str = "",
    ) -> None:
        self.kind = kind
        self.status = status
        self.code = code
        """AWS's error code, or the failure if there is no response; empty on success."""
        self.body = body
        self.sent_at = sent_at
        self.finished_at = finished_at
        self.function_error = function_error
        """Lambda's X-Amz-Function-Error: `Handled` or `Unhandled`, else empty."""

    @property
    def ok(self) -> bool:
        """Whether the service accepted the request."""
        return self.kind is Class.OK

    def __repr__(self) -> str:
        return f"Answer({self.kind.value}, {self.status}, {self.code!r}, {self.body[:80]!r})"


Done = Callable[[Answer], None]


class Request:
    """A request without a response yet. Times are seconds of the clock."""

    __slots__ = ("began", "body", "direct", "done", "path", "prepared", "sent_at")

    def __init__(
        self, prepared: Prepared, body: bytes, path: str | None, done: Done, began: float, direct: bool
    ) -> None:
        self.prepared = prepared
        self.body = body
        self.path = path
        self.done = done
        self.began = began
        self.direct = direct
        self.sent_at: float | None = None


class Connection:
    """A connection of `client`, open or being opened, and its request."""

    __slots__ = (
        "_body",
        "_client",
        "_complete",
        "_keep",
        "_parser",
        "_raw",
        "_read",
        "_transport",
        "_write",
        "open",
        "request",
    )

    def __init__(self, client: Client, transport: PlainTransport, request: Request) -> None:
        self._client = client
        self._transport = transport
        self.request: Request | None = request
        self.open = False
        self._parser = httptools.HttpResponseParser(self)
        self._raw: list[bytes] = []
        self._body: list[bytes] = []
        self._complete = False
        self._keep = True
        loop = get_hub().loop
        number = transport.socket.fileno()
        self._read = loop.io(number, 1)
        self._write = loop.io(number, 2)
        self._write.start(self._writable)

    def send(self, request: Request, now: float) -> None:
        """Sign a request and send it over the open connection."""
        self.request = request
        request.sent_at = now
        client = self._client
        try:
            data = request.prepared.sign(client.credentials.keys(), client.wall(), request.body, request.path)
            if not self._transport.send(data):
                self._write.start(self._writable)
        except OSError as error:
            self.fail(Class.CONNECTION, error_text(error))
        except BusyhourError as error:
            request.sent_at = None
            self.fail(Class.CONNECTION, error.message)

    def fail(self, kind: Class, code: str) -> None:
        """Close the connection; its request, if any, ends with this failure."""
        request, self.request = self.request, None
        self.close()
        self._client.on_closed(self)
        if request is not None:
            self._client.finish(request, Answer(kind, 0, code, b"", request.sent_at))

    def close(self) -> None:
        """Stop listening and close the socket."""
        for watcher in (self._read, self._write):
            watcher.stop()
            watcher.close()
        self._transport.close()

    # --- gevent's loop calls these

    def _writable(self) -> None:
        try:
            if self.open:
                if self._transport.flush():
                    self._write.stop()
                return
            self._write.stop()
            self._read.start(self._readable)
            if self._transport.connected():
                self._opened()
        except OSError as error:
            self.fail(Class.CONNECTION, error_text(error))

    def _opened(self) -> None:
        self.open = True
        if self.request is not None:
            self.send(self.request, self._client.clock.real())

    def _readable(self) -> None:
        try:
            data = self._transport.receive()
            if data is None:
                if not self.open and isinstance(self._transport, TlsTransport) and self._transport.ready:
                    self._opened()
                return
            if not data:
                # The server closed the connection: the end of a response without a length, or a failure.
                self.fail(Class.CONNECTION, "connection closed" if self.request is not None else "")
                return
            self._raw.append(data)
            self._parser.feed_data(data)
        except OSError as error:
            self.fail(Class.CONNECTION, error_text(error))
            return
        except httptools.HttpParserError as error:
            self.fail(Class.CONNECTION, f"not an HTTP response: {error}")
            return
        if self._complete:
            self._answered()

    def _answered(self) -> None:
        request, raw, pieces = self.request, self._raw, self._body
        self.request, self._raw, self._body, self._complete = None, [], [], False
        client = self._client
        if self._keep:
            client.released(self)
        else:
            self.close()
            client.on_closed(self)
        if request is None:
            return  # an unsolicited response
        status = self._parser.get_status_code()
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        kind, code, function_error = Class.OK, "", ""
        if not 200 <= status < 300:
            code = error_code(body, header(raw, b"x-amzn-errortype")) or f"HTTP {status}"
            kind = classify(status, code, error_reason(body) if status == 429 else "")
        elif request.prepared.service == "lambda":
            function_error = header(raw, b"x-amz-function-error")
            if function_error:
                kind, code = Class.FUNCTION_ERROR, function_error
        client.answered(request, Answer(kind, status, code, body, request.sent_at, 0.0, function_error))

    # --- httptools calls these

    def on_body(self, body: bytes) -> None:
        """Collect a piece of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Complete the response.

        Parser attributes must be read here: the parser is then ready for the next response.
        """
        self._complete = True
        self._keep = self._parser.should_keep_alive()


def header(raw: list[bytes], name: bytes) -> str:
    """Return a header of a response; `name` in lower case. Empty if the response lacks it."""
    head, _, _ = b"".join(raw).partition(b"\r\n\r\n")
    at = head.lower().find(b"\r\n" + name + b":")
    if at < 0:
        return ""
    value, _, _ = head[at + len(name) + 3 :].partition(b"\r\n")
    return value.strip().decode("latin-1")


def error_text(error: OSError) -> str:
    """Format an error of the operating system or of TLS as a code: short, without addresses or file names."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    return error.strerror or str(error) or type(error).__name__
