"""HTTP/1.1 on an asyncio transport: httptools parses, the emulator responds, one write per response.

A general ASGI server spends as much CPU on each request as starting a contact does (measured on one machine: 79
µs with uvicorn, httptools and uvloop, 40 µs here, routing included). This one supports what AWS clients send:
requests with a length or chunked, keep-alive, pipelining, `Expect: 100-continue`; TLS and HTTP/2 are omitted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

import httptools

from busyhour.emulator.messages import Request, Response
from busyhour.emulator.server.responses import Stamp, refusal_of, rendered

MAX_BODY_BYTES = 32 * 1024 * 1024
"""Larger than any request that AWS accepts for a service supported here (Lambda: 6 MB)."""
MAX_HEADER_BYTES = 64 * 1024
DROPPED_BODY_BYTES = 2 * MAX_BODY_BYTES
"""Bytes of a body after which it is refused before its end; one between the two limits is read and then refused."""
REQUEST_SECONDS = 60.0
"""How long one request may take to arrive, from its first byte to its last."""
PIPELINE = 64
"""Requests of one connection that may wait for a response before reading is paused."""

Answer = Response | Awaitable[Response]
Handler = Callable[[Request], Answer]
"""Handles a request. `service`, `region`, `access_key` and `request_id` are still empty."""

_log = logging.getLogger(__name__)


class Connection(asyncio.Protocol):
    """One connection of a client. Responses are sent in the order of the requests.

    Args:
        handler: handles requests.
        new_id: makes request ids.
        stamp: shared by all connections.
        open_connections: the existing connections; this one adds and removes itself.
    """

    def __init__(
        self,
        handler: Handler,
        new_id: Callable[[], str],
        stamp: Stamp,
        open_connections: set[Connection],
    ) -> None:
        self._handler = handler
        self._new_id = new_id
        self._stamp = stamp
        self._open = open_connections
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Request, bool, Response | None]] = deque()
        self._answering: asyncio.Future[Response] | None = None
        self._last = False
        """No more input is read; the connection is closed after the pending responses."""
        self._closed = False
        self._paused = False
        self._choked = False
        """The client reads too slowly."""
        self._url = b""
        self._headers: dict[str, str] = {}
        self._header_bytes = 0
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._unparsed = 0
        """Bytes since the parser last reported something: of a line or a header that does not end."""
        self._begun: float | None = None
        """When the request that is arriving began (`time.monotonic`); None between requests."""

    # ------------------------------------------------------------------------------------------ transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register the connection."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # what a TCP server is given
        self._open.add(self)

    def data_received(self, data: bytes) -> None:
        """Parse bytes of one or more requests."""
        if self._last:
            return
        self._unparsed += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # An upgrade request is answered in HTTP/1.1; nothing can follow it.
            self._last = True
            self._close_when_done()
        except httptools.HttpParserError:
            self._refuse_unfinished(400)
        else:
            if self._unparsed > MAX_HEADER_BYTES or self._header_bytes > 2 * MAX_HEADER_BYTES:
                self._refuse_unfinished(431)
            elif self._body_bytes > DROPPED_BODY_BYTES:
                self._refuse_unfinished(413)

    def expire(self, now: float) -> None:
        """Refuse a request that does not arrive in time; `now` is `time.monotonic`.

        While the connection is not read from, the client is not the one that is slow.
        """
        if self._paused or not self.idle():
            self._begun = now if self._begun is not None else None
        elif self._begun is not None and now > self._begun + REQUEST_SECONDS and not self._last:
            self._refuse_unfinished(408)

    def eof_received(self) -> bool:
        """Handle the end of input; pending requests still get a response."""
        self._last = True
        return not self.idle()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel pending responses: the client is gone."""
        self._open.discard(self)
        self._last = self._closed = True
        self._waiting.clear()
        if self._answering is not None:
            self._answering.cancel()

    def pause_writing(self) -> None:
        """Pause reading requests: the client does not read its responses."""
        self._choked = True
        self._pace()

    def resume_writing(self) -> None:
        """Resume reading requests."""
        self._choked = False
        self._pace()

    def end(self) -> None:
        """Close once every pending request has a response: the server stops."""
        self._last = True
        self._close_when_done()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def idle(self) -> bool:
        """Whether every request has its response."""
        return self._answering is None and not self._waiting

    def _close_when_done(self) -> None:
        if self._last and self.idle() and not self._closed:
            self._closed = True
            self._transport.close()

    def _pace(self) -> None:
        """Read from the client only while its requests can be handled."""
        wanted = self._choked or len(self._waiting) >= PIPELINE
        if wanted != self._paused and not self._closed:
            self._paused = wanted
            if wanted:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    # --------------------------------------------------------------------------------------------- parser

    def on_message_begin(self) -> None:
        """A request begins."""
        self._url, self._headers, self._body = b"", {}, []
        self._header_bytes = self._body_bytes = self._unparsed = 0
        self._begun = time.monotonic()

    def on_url(self, url: bytes) -> None:
        """Part of the request target."""
        self._unparsed = 0
        self._url += url
        self._header_bytes += len(url)
        if self._header_bytes > MAX_HEADER_BYTES:
            self._drop_headers()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header. Of several Host headers none counts: joined, they are not the name of any host."""
        self._unparsed = 0
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = (
            f"{self._headers[key]}, {text}" if key == "host" and key in self._headers else text
        )
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MAX_HEADER_BYTES:
            self._drop_headers()

    def on_headers_complete(self) -> None:
        """All headers are there."""
        self._unparsed = 0
        if self._headers.get("expect", "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Collect part of the body; beyond the limit it is dropped, and the request is rejected at its end."""
        self._unparsed = 0
        self._body_bytes += len(body)
        if self._body_bytes <= MAX_BODY_BYTES:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Handle the complete request."""
        self._begun, self._unparsed = None, 0
        if self._last:
            return
        keep = bool(self._parser.should_keep_alive())
        refusal = None
        if self._header_bytes > MAX_HEADER_BYTES:
            refusal, keep = refusal_of(431), False
        elif self._body_bytes > MAX_BODY_BYTES:
            refusal, keep = refusal_of(413), False
        path, _, query = self._url.partition(b"#")[0].partition(b"?")
        if not path.startswith(b"/"):
            # An absolute target (`GET http://host/path`), as clients send to a proxy; its host counts, not the
            # header's (RFC 9112, section 3.2.2).
            host, _, path = path.partition(b"://")[2].partition(b"/")
            self._headers["host"], path = host.decode("latin-1"), b"/" + path
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        request = Request(
            self._parser.get_method().decode("latin-1"),
            path.decode("latin-1"),
            query.decode("latin-1"),
            self._headers,
            body,
            "",
            "",
            "",
            self._new_id(),
        )
        if self.idle():
            self._answer(request, keep, refusal)
            return
        self._waiting.append((request, keep, refusal))
        self._pace()

    def _drop_headers(self) -> None:
        """Drop headers that are too long: the request will be rejected."""
        self._headers.clear()
        self._url = b"/"

    # --------------------------------------------------------------------------------------------- answer

    def _answer(self, request: Request, keep: bool, refusal: Response | None = None) -> None:
        answer = refusal or self._handler(request)
        if isinstance(answer, Response):
            self._write(answer, request, keep)
            return
        self._answering = asyncio.ensure_future(answer)
        self._answering.add_done_callback(lambda done: self._answered(done, request, keep))

    def _answered(self, done: asyncio.Future[Response], request: Request, keep: bool) -> None:
        self._answering = None
        if self._closed or done.cancelled():
            return
        error = done.exception()
        if error is not None:
            _log.error("no answer to %s %s", request.method, request.path, exc_info=error)
            self._refuse(500)
            return
        self._write(done.result(), request, keep)
        while self._waiting and self._answering is None:
            self._answer(*self._waiting.popleft())
        self._pace()
        self._close_when_done()

    def _write(self, response: Response, request: Request, keep: bool) -> None:
        if response.status == 0:
            self.abort()
            return
        stays = keep and not (self._last and not self._waiting)
        with_body = request.method != "HEAD"
        self._transport.write(
            rendered(self._stamp, response, request.request_id, keep=stays, with_body=with_body)
        )
        if not keep:
            # Bytes after `Connection: close` are not a request.
            self._waiting.clear()
            self._last = True
            self._close_when_done()

    def _refuse_unfinished(self, status: int) -> None:
        """Refuse the request that is arriving; those before it still get their responses, then it is closed."""
        if self.idle() and not self._last:
            self._refuse(status)
        self._last = True
        self._close_when_done()

    def _refuse(self, status: int) -> None:
        """Respond to invalid input with `status`, and close."""
        self._last = True
        self._waiting.clear()
        answer = rendered(self._stamp, refusal_of(status), self._new_id(), keep=False, with_body=True)
        self._transport.write(answer)
        self._close_when_done()
