"""A client made for load: signed requests over kept connections, answers as callbacks, nothing hidden.

No retry, no redirect, no decoding that nobody asked for. A request costs no greenlet: gevent's loop calls back when an
answer can be read, httptools (the parser of Node.js, in C) reads it, and `done` runs in the clock's loop. Every
request ends in exactly one `Answer`, whatever happens to its connection.
"""

from __future__ import annotations

import gevent
from gevent.event import AsyncResult
from gevent.hub import get_hub

import ssl
import time
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httptools

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.credentials import Credentials
from busyhour.load.errors import Class, classify, error_code, error_reason
from busyhour.load.sigv4 import Prepared
from busyhour.load.timers import GeventClock
from busyhour.load.transport import PlainTransport, TlsTransport, tls_context

SWEEP_SECONDS = 0.1
"""How often requests are looked at for their time limit; a timeout is noticed up to this much late."""

RESOLVE_SECONDS = 60.0
"""How long an endpoint's addresses are used before its name is looked up again."""


class Answer:
    """What became of one request. Times are seconds of the clock; `sent_at` is None when it was never sent."""

    __slots__ = (
        "body",
        "code",
        "error",
        "finished_at",
        "first_byte_at",
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
        first_byte_at: float | None = None,
        finished_at: float = 0.0,
        function_error: str = "",
    ) -> None:
        self.kind = kind
        self.status = status
        self.code = code
        """AWS's error code, or what happened where there is no answer; empty when all is well."""
        self.body = body
        self.sent_at = sent_at
        self.first_byte_at = first_byte_at
        self.finished_at = finished_at
        self.function_error = function_error
        """Lambda's X-Amz-Function-Error: `Handled` or `Unhandled`, else empty."""

    @property
    def ok(self) -> bool:
        """Whether the service accepted it."""
        return self.kind is Class.OK

    def __repr__(self) -> str:
        return f"Answer({self.kind.value}, {self.status}, {self.code!r}, {self.body[:80]!r})"


Done = Callable[[Answer], None]


class _Request:
    __slots__ = ("body", "deadline", "direct", "done", "path", "prepared", "sent_at")

    def __init__(
        self, prepared: Prepared, body: bytes, path: str | None, done: Done, deadline: float, direct: bool
    ) -> None:
        self.prepared = prepared
        self.body = body
        self.path = path
        self.done = done
        self.deadline = deadline
        self.direct = direct
        self.sent_at: float | None = None


class _Connection:
    """One connection and the request that is on it."""

    __slots__ = (
        "_body",
        "_client",
        "_complete",
        "_error",
        "_first_byte_at",
        "_function_error",
        "_keep",
        "_parser",
        "_read",
        "_transport",
        "_write",
        "open",
        "request",
    )

    _first_byte_at: float | None
    _body: list[bytes]

    def __init__(self, client: Client, transport: PlainTransport, request: _Request) -> None:
        self._client = client
        self._transport = transport
        self.request: _Request | None = request
        self.open = False
        self._parser = httptools.HttpResponseParser(self)
        self._reset()
        loop = get_hub().loop
        number = transport.socket.fileno()
        self._read = loop.io(number, 1)
        self._write = loop.io(number, 2)
        self._write.start(self._writable)

    def send(self, request: _Request) -> None:
        """Send a request over the open connection."""
        self.request = request
        self._write_request(request)

    def fail(self, kind: Class, code: str) -> None:
        """Close the connection; its request, if any, ends with that."""
        request, self.request = self.request, None
        self.close()
        self._client._gone(self)
        if request is not None:
            self._client._finish(request, Answer(kind, 0, code, b"", request.sent_at, self._first_byte_at))

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
            self.fail(Class.CONNECTION, _words(error))

    def _opened(self) -> None:
        self.open = True
        if self.request is not None:
            self._write_request(self.request)

    def _write_request(self, request: _Request) -> None:
        client = self._client
        try:
            data = request.prepared.sign(client.credentials.keys(), client.wall(), request.body, request.path)
            request.sent_at = client.clock.real()
            if not self._transport.send(data):
                self._write.start(self._writable)
        except OSError as error:
            self.fail(Class.CONNECTION, _words(error))
        except BusyhourError as error:
            self.fail(Class.CONNECTION, error.message)

    def _readable(self) -> None:
        try:
            data = self._transport.receive()
            if data is None:
                if not self.open and isinstance(self._transport, TlsTransport) and self._transport.ready:
                    self._opened()
                return
            if not data:
                self._ended()
                return
            if self._first_byte_at is None:
                self._first_byte_at = self._client.clock.real()
            self._parser.feed_data(data)
        except OSError as error:
            self.fail(Class.CONNECTION, _words(error))
            return
        except httptools.HttpParserError as error:
            self.fail(Class.CONNECTION, f"not an HTTP answer: {error}")
            return
        if self._complete:
            self._answered()

    def _ended(self) -> None:
        """The server closed the connection: the end of an answer without a length, or a failure."""
        self.fail(Class.CONNECTION, "connection closed" if self.request is not None else "")

    def _answered(self) -> None:
        request, self.request = self.request, None
        status = self._parser.get_status_code()
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        kind, code = Class.OK, ""
        if not 200 <= status < 300:
            code = error_code(body, self._error) or f"HTTP {status}"
            kind = classify(status, code, error_reason(body) if status == 429 else "")
        elif self._function_error:
            kind, code = Class.FUNCTION_ERROR, self._function_error
        answer = Answer(
            kind,
            status,
            code,
            body,
            request.sent_at if request is not None else None,
            self._first_byte_at,
            0.0,
            self._function_error,
        )
        self._reset()
        client = self._client
        if self._keep:
            client._idle_again(self)
        else:
            self.close()
            client._gone(self)
        if request is not None:
            client._finish(request, answer)

    def _reset(self) -> None:
        self._body = []
        self._complete = False
        self._keep = True
        self._first_byte_at = None
        self._error = ""
        self._function_error = ""

    # --- httptools calls these

    def on_header(self, name: bytes, value: bytes) -> None:
        length = len(name)
        if length == 16 and name.lower() == b"x-amzn-errortype":
            self._error = value.decode("latin-1")
        elif length == 20 and name.lower() == b"x-amz-function-error":
            self._function_error = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self._complete = True
        self._keep = (
            self._parser.should_keep_alive()
        )  # right only here: the parser is ready for the next answer after it


class Client:
    """Connections to one endpoint.

    Args:
        endpoint: URL; https verifies the certificate.
        clock: gives times to answers and runs `done`.
        credentials: to sign with.
        max_connections: at most this many at once; a request beyond them fails at once with code `ConnectionLimit`.
        timeout: seconds from handing in a request to the end of its answer.
        context: TLS settings; None: the system's authorities.
        wall: seconds since the epoch, for signatures.
    """

    def __init__(
        self,
        endpoint: str,
        clock: GeventClock,
        credentials: Credentials,
        *,
        max_connections: int = 1024,
        timeout: float = 10.0,
        context: ssl.SSLContext | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BusyhourError(
                f"endpoint {endpoint!r} is not a URL of the form http://host:port or https://host.",
                "Set BUSYHOUR_ENDPOINT to the URL that `busyhour emulator` prints, or leave it out for AWS.",
            )
        self.clock = clock
        self.credentials = credentials
        self.wall = wall
        self.timeout = timeout
        self.max_connections = max_connections
        self.name = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.host = parts.netloc.rpartition("@")[2]
        self._context = (context or tls_context()) if parts.scheme == "https" else None
        self._addresses: list[tuple[int, Any]] = []
        self._next_address = 0
        self._resolver: Any = None
        self._idle: list[_Connection] = []
        self._all: set[_Connection] = set()
        self._deadlines: deque[tuple[_Request, _Connection]] = deque()
        self._closed = False

    @property
    def connections(self) -> int:
        """How many connections there are now."""
        return len(self._all)

    @property
    def has_room(self) -> bool:
        """Whether a request would find a connection."""
        return bool(self._idle) or len(self._all) < self.max_connections

    def open(self) -> None:
        """Look the endpoint's name up; blocks the calling greenlet for that. Makes no connection.

        Raises:
            BusyhourError: the name cannot be resolved.
        """
        self._resolve()
        self._resolver = gevent.spawn(self._resolve_again)

    def watch(self) -> None:
        """Hold requests to their time limit from now on; the clock's second 0 must be known."""
        self.clock.call_later(SWEEP_SECONDS, self._sweep)

    def close(self) -> None:
        """Close all connections; requests that are on the way end with code `closed`."""
        self._closed = True
        if self._resolver is not None:
            self._resolver.kill(block=False)
        for connection in list(self._all):
            connection.fail(Class.CONNECTION, "closed")

    def send(
        self, prepared: Prepared, body: bytes, done: Done, path: str | None = None, *, direct: bool = False
    ) -> None:
        """Send a request and return at once; `done` is called exactly once.

        Args:
            prepared: what kind of request.
            body: its body.
            done: hears the answer, in the clock's loop; or, where `direct`, as soon as it is there, in gevent's hub.
            path: instead of the prepared one.
            direct: see `done`.
        """
        request = _Request(prepared, body, path, done, self.clock.real() + self.timeout, direct)
        if self._idle:
            connection = self._idle.pop()
            self._deadlines.append((request, connection))
            connection.send(request)
            return
        if self._closed:
            self._finish(request, Answer(Class.CONNECTION, code="closed"))
            return
        if len(self._all) >= self.max_connections:
            self._finish(request, Answer(Class.CONNECTION, code="ConnectionLimit"))
            return
        try:
            connection = _Connection(self, self._transport(), request)
        except OSError as error:
            self._finish(request, Answer(Class.CONNECTION, code=_words(error)))
            return
        self._all.add(connection)
        self._deadlines.append((request, connection))

    def call(self, prepared: Prepared, body: bytes, path: str | None = None) -> Answer:
        """Send a request and wait for its answer in the calling greenlet. Works before the clock runs, too."""
        result = AsyncResult()
        self.send(prepared, body, result.set, path, direct=True)
        try:
            answer: Answer = result.get(timeout=self.timeout)
        except gevent.Timeout:
            answer = Answer(
                Class.TIMEOUT, code=f"no answer within {self.timeout:g} s", finished_at=self.clock.real()
            )
        return answer

    # --- connections call these

    def _idle_again(self, connection: _Connection) -> None:
        self._idle.append(connection)

    def _gone(self, connection: _Connection) -> None:
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)

    def _finish(self, request: _Request, answer: Answer) -> None:
        answer.finished_at = self.clock.real()
        if request.direct:
            request.done(answer)
        else:
            self.clock.post(answer.finished_at, request.done, answer)

    # --- addresses and time limits

    def _transport(self) -> PlainTransport:
        family, address = self._addresses[self._next_address % len(self._addresses)]
        self._next_address += 1
        if self._context is None:
            return PlainTransport(family, address)
        return TlsTransport(family, address, self._context, self.name)

    def _resolve(self) -> None:
        import socket

        try:
            found = socket.getaddrinfo(self.name, self.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise BusyhourError(
                f"{self.name}: the name cannot be resolved: {error}.",
                "Check the Region, the network and BUSYHOUR_ENDPOINT.",
                ExitCode.UNREACHABLE,
            ) from None
        self._addresses = [(family, address) for family, _, _, _, address in found]

    def _resolve_again(self) -> None:
        while True:
            gevent.sleep(RESOLVE_SECONDS)
            try:
                self._resolve()
            except BusyhourError:
                continue  # the old addresses stay; connections that fail over them are counted as such

    def _sweep(self) -> None:
        now = self.clock.real()
        deadlines = self._deadlines
        while deadlines and (
            deadlines[0][0].deadline <= now or deadlines[0][1].request is not deadlines[0][0]
        ):
            request, connection = deadlines.popleft()
            if connection.request is request:
                connection.fail(Class.TIMEOUT, f"no answer within {self.timeout:g} s")
        if not self._closed:
            self.clock.call_later(SWEEP_SECONDS, self._sweep)


def _words(error: OSError) -> str:
    """An error of the operating system or of TLS as a code: short, without addresses or file names."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    return error.strerror or str(error) or type(error).__name__
