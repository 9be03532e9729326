"""A client made for load: signed requests over kept connections, answers as callbacks, nothing hidden.

No retry, no redirect, no decoding that nobody asked for. A request costs no greenlet: `done` runs in the clock's loop
when its answer is there (see `connection`). Every request ends in exactly one `Answer`, whatever happens to its connection.
"""

from __future__ import annotations

import gevent
from gevent.event import AsyncResult

import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.client.connection import Answer, Connection, Done, Request, words
from busyhour.load.client.credentials import Credentials
from busyhour.load.client.sigv4 import Prepared
from busyhour.load.client.transport import PlainTransport, TlsTransport, tls_context
from busyhour.load.error_classes import Class
from busyhour.load.event_loop import GeventClock

__all__ = ["Answer", "Client", "Done"]

SWEEP_SECONDS = 0.1
"""How often requests are looked at for their time limit; a timeout is noticed up to this much late."""

RESOLVE_SECONDS = 60.0
"""How long an endpoint's addresses are used before its name is looked up again."""


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
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
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
        self._idle.clear()
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
        now = self.clock.real()
        request = Request(prepared, body, path, done, now, direct)
        if self._idle:
            self._idle.pop().send(request, now)
            return
        if self._closed:
            self.finish(request, Answer(Class.CONNECTION, code="closed"))
            return
        if len(self._all) >= self.max_connections:
            self.finish(request, Answer(Class.CONNECTION, code="ConnectionLimit"))
            return
        try:
            self._all.add(Connection(self, self._transport(), request))
        except OSError as error:
            self.finish(request, Answer(Class.CONNECTION, code=words(error)))

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

    def idle_again(self, connection: Connection) -> None:
        """The connection may take the next request."""
        self._idle.append(connection)

    def gone(self, connection: Connection) -> None:
        """The connection is closed."""
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)

    def answered(self, request: Request, answer: Answer) -> None:
        """The answer is there; called in gevent's hub."""
        answer.finished_at = now = self.clock.real()
        if request.direct:
            request.done(answer)
        else:
            self.clock.deliver(now, request.done, answer)

    def finish(self, request: Request, answer: Answer) -> None:
        """The request ends without an answer; called from anywhere."""
        answer.finished_at = now = self.clock.real()
        if request.direct:
            request.done(answer)
        else:
            self.clock.post(now, request.done, answer)

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
        late = self.clock.real() - self.timeout
        for connection in [each for each in self._all if each.request and each.request.began <= late]:
            connection.fail(Class.TIMEOUT, f"no answer within {self.timeout:g} s")
        if not self._closed:
            self.clock.call_later(SWEEP_SECONDS, self._sweep)
