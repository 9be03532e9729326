"""HTTP client for load: signed requests over persistent connections, responses as callbacks.

No retry, no redirect, no automatic decoding. A request costs no greenlet: `done` runs in the clock's loop when
its response is complete (see `connection`). Every request ends in exactly one `Answer`, even if it loses its
connection.
"""

from __future__ import annotations

import gevent
from gevent.event import AsyncResult

import ssl
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.client.connection import Answer, Connection, Done, Request, error_text
from busyhour.load.client.credentials import Credentials
from busyhour.load.client.sigv4 import Prepared
from busyhour.load.client.transport import PlainTransport, TlsTransport, tls_context
from busyhour.load.error_classes import Class
from busyhour.load.event_loop import GeventClock
from busyhour.load.safety import endpoints, outgoing

__all__ = ["Answer", "Client", "Done"]

SWEEP_SECONDS = 0.1
"""Seconds between checks of the time limits; a timeout is detected up to this much late."""

RESOLVE_SECONDS = 60.0
"""Seconds that an endpoint's addresses are used before its name is resolved again."""


class Client:
    """Connections to one endpoint.

    Args:
        endpoint: URL; https verifies the certificate.
        clock: gives times to responses and runs `done`.
        credentials: keys for signing.
        max_connections: maximum number at once; a request beyond it fails at once with code `ConnectionLimit`.
        timeout: seconds from passing in a request to the end of its response.
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
        self._aws = endpoints.is_aws(self.name)

    @property
    def connections(self) -> int:
        """Number of connections now."""
        return len(self._all)

    @property
    def has_room(self) -> bool:
        """Whether a request would get a connection."""
        return bool(self._idle) or len(self._all) < self.max_connections

    def open(self) -> None:
        """Resolve the endpoint's name; blocks the calling greenlet meanwhile. Opens no connection.

        Raises:
            BusyhourError: the name cannot be resolved.
        """
        self._resolve()
        self._resolver = gevent.spawn(self._resolve_again)

    def watch(self) -> None:
        """Enforce time limits from now on; the clock's second 0 must be known."""
        self.clock.call_later(SWEEP_SECONDS, self._sweep)

    def close(self) -> None:
        """Close all connections; requests in flight end with code `closed`."""
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
            prepared: the kind of request.
            body: its body.
            done: called with the response, in the clock's loop; if `direct`, as soon as it arrives, in gevent's
                hub.
            path: overrides the prepared one.
            direct: see `done`.
        """
        now = self.clock.real()
        request = Request(prepared, body, path, done, now, direct)
        if (self._aws or outgoing.installed() is not None) and not self._admitted(request):
            return
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
            self.finish(request, Answer(Class.CONNECTION, code=error_text(error)))

    def _admitted(self, request: Request) -> bool:
        """Ask the gate of a live run; a request that it refuses ends here with its reason."""
        prepared = request.prepared
        gate = outgoing.installed()
        admitted = outgoing.admit(
            outgoing.Outgoing(
                prepared.service,
                prepared.region,
                (self.host, prepared.host),
                prepared.method,
                prepared.path if request.path is None else request.path,
                prepared.query,
                prepared.headers,
                request.body,
            )
        )
        if isinstance(admitted, str):
            self.finish(request, Answer(Class.CLIENT_ERROR, 0, outgoing.CODE, admitted.encode()))
            return False
        if gate is not None:
            request.done = partial(_recorded, gate, admitted, request.done)
        return True

    def call(self, prepared: Prepared, body: bytes, path: str | None = None) -> Answer:
        """Send a request and wait for its response in the calling greenlet. Also works before the clock runs."""
        result = AsyncResult()
        self.send(prepared, body, result.set, path, direct=True)
        try:
            answer: Answer = result.get(timeout=self.timeout)
        except gevent.Timeout:
            answer = Answer(
                Class.TIMEOUT, code=f"no response within {self.timeout:g} s", finished_at=self.clock.real()
            )
        return answer

    # --- connections call these

    def released(self, connection: Connection) -> None:
        """Mark the connection as free for the next request."""
        self._idle.append(connection)

    def on_closed(self, connection: Connection) -> None:
        """Remove a closed connection."""
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)

    def answered(self, request: Request, answer: Answer) -> None:
        """Complete a request with its response; called in gevent's hub."""
        answer.finished_at = now = self.clock.real()
        if request.direct:
            request.done(answer)
        else:
            self.clock.deliver(now, request.done, answer)

    def finish(self, request: Request, answer: Answer) -> None:
        """End the request without a response; called from anywhere."""
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
                continue  # the old addresses remain; failures of connections to them are counted as such

    def _sweep(self) -> None:
        late = self.clock.real() - self.timeout
        for connection in [each for each in self._all if each.request and each.request.began <= late]:
            connection.fail(Class.TIMEOUT, f"no response within {self.timeout:g} s")
        if not self._closed:
            self.clock.call_later(SWEEP_SECONDS, self._sweep)


def _recorded(gate: outgoing.OutgoingGate, admitted: outgoing.Admitted, done: Done, answer: Answer) -> None:
    """Let the gate of a live run record the answer before anything else uses it."""
    lost = answer.kind in (Class.TIMEOUT, Class.CONNECTION, Class.SERVER_ERROR) and answer.sent_at is not None
    gate.answered(
        admitted, answer.body, ok=answer.ok, gone=answer.code == "ContactNotFoundException", settled=not lost
    )
    done(answer)
