"""The HTTP server: one event loop, keep-alive, request ids; in the foreground or in a thread.

The application is plain ASGI. uvicorn with httptools and uvloop carries it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import secrets
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from random import Random
from typing import Any, Protocol

from busyhour.emulator.protocols import error_in_kind
from busyhour.emulator.router import Router, credential_scope
from busyhour.emulator.wire import ApiError, Request, Response
from busyhour.errors import BusyhourError, ExitCode

MAX_BODY_BYTES = 32 * 1024 * 1024
"""Larger than anything AWS takes in one request to a service that is served here (Lambda: 6 MB)."""
START_SECONDS = 30.0
ADMIN = "/_busyhour/"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Served(Protocol):
    """What the server serves."""

    router: Router

    def admin(self, request: Request) -> Response | Awaitable[Response]:
        """Answer a request under /_busyhour/."""

    async def start(self, url: str) -> None:
        """Called in the event loop before the first request; `url` is where requests will come in."""

    async def stop(self) -> None:
        """Called in the event loop after the last one."""


class Application:
    """The ASGI application of an emulator."""

    def __init__(self, emulator: Served) -> None:
        self._emulator = emulator
        self._router = emulator.router
        self._random = Random(secrets.randbits(64))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        message = await receive()
        body: bytes = message.get("body", b"")
        if message.get("more_body"):
            parts = [body]
            size = len(body)
            while message.get("more_body"):
                message = await receive()
                part = message.get("body", b"")
                size += len(part)
                if size <= MAX_BODY_BYTES:
                    parts.append(part)
            body = b"".join(parts) if size <= MAX_BODY_BYTES else b""
            if size > MAX_BODY_BYTES:
                await self._send(send, self._too_large(scope), "")
                return
        request = self._request(scope, body)
        if request.path.startswith(ADMIN):
            answer: Any = self._emulator.admin(request)
        else:
            answer = self._router.answer(request)
        response = answer if isinstance(answer, Response) else await answer
        await self._send(send, response, request.request_id)

    def _request(self, scope: Scope, body: bytes) -> Request:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        access_key, region, service = credential_scope(headers, query)
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        return Request(
            scope["method"], path, query, headers, body, service, region, access_key, self._request_id()
        )

    def _request_id(self) -> str:
        digits = f"{self._random.getrandbits(128):032x}"
        parts = digits[:8], digits[8:12], "4" + digits[13:16], "a" + digits[17:20], digits[20:]
        return "-".join(parts)

    def _too_large(self, scope: Scope) -> Response:
        message = f"The body has more than {MAX_BODY_BYTES} bytes."
        error = ApiError("RequestEntityTooLargeException", message, 413)
        return error_in_kind(error, self._request(scope, b""))

    @staticmethod
    async def _send(send: Send, response: Response, request_id: str) -> None:
        headers = [
            (b"content-type", response.content_type.encode("latin-1")),
            (b"content-length", b"%d" % len(response.body)),
            (b"x-amzn-requestid", request_id.encode("latin-1")),
        ]
        if response.headers:
            headers += [
                (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
                for name, value in response.headers.items()
            ]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        BusyhourError: the port is in use or cannot be had; names the port and the way out.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise BusyhourError(
            f"Port {port} on {host} is in use." if in_use else f"Cannot listen on {host}:{port}: {error}.",
            "Stop what uses it, or name another port with --port (0 takes a free one).",
        ) from None
    listener.setblocking(False)
    return listener


def url_of(listener: socket.socket) -> str:
    """The URL that a listening socket is reached at."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    emulator: Served,
    listener: socket.socket,
    *,
    on_ready: Callable[[], None] = lambda: None,
    stopping: asyncio.Event | None = None,
) -> None:
    """Serve until `stopping` is set; then end open requests and stop the emulator.

    Signals are the caller's business: set `stopping`.
    """
    import uvicorn

    class Quiet(uvicorn.Server):
        """A server that leaves signals to us."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        Application(emulator),
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )
    server = Quiet(config)
    try:
        await emulator.start(url_of(listener))
    except BaseException:
        listener.close()
        await emulator.stop()
        raise
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        on_ready()
        if stopping is not None:
            waiting = asyncio.ensure_future(stopping.wait())
            await asyncio.wait({waiting, serving}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            server.should_exit = True
        await serving
    finally:
        server.should_exit = True
        await emulator.stop()
        with contextlib.suppress(Exception):
            await serving
        listener.close()


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Run `main` in a uvloop event loop where uvloop exists, else in asyncio's own."""

    async def runner() -> None:
        await main()

    with contextlib.suppress(ImportError):
        import uvloop

        uvloop.run(runner())
        return
    asyncio.run(runner())


@contextlib.contextmanager
def running(emulator: Served, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve `emulator` from a thread of its own; yields the endpoint URL and stops on leaving.

    Raises:
        BusyhourError: the port cannot be had, or the emulator did not start.
    """
    listener = listen(host, port)
    ready = threading.Event()
    failed: list[BaseException] = []
    handle: dict[str, Any] = {}

    async def main() -> None:
        handle["loop"] = asyncio.get_running_loop()
        handle["stopping"] = asyncio.Event()
        await serve(emulator, listener, on_ready=ready.set, stopping=handle["stopping"])

    def work() -> None:
        try:
            run(main)
        except BaseException as error:
            failed.append(error)
            logging.getLogger(__name__).debug("the emulator's thread ended", exc_info=True)
        finally:
            ready.set()

    thread = threading.Thread(target=work, name="busyhour-emulator", daemon=True)
    thread.start()
    try:
        if not ready.wait(START_SECONDS) or failed:
            reason = failed[0] if failed else f"not ready after {START_SECONDS:g} s"
            if isinstance(reason, BusyhourError):
                raise reason
            raise BusyhourError(
                f"The emulator did not start: {reason}.", exit_code=ExitCode.UNREACHABLE
            ) from (failed[0] if failed else None)
        yield url_of(listener)
    finally:
        if "stopping" in handle and thread.is_alive():
            with contextlib.suppress(RuntimeError):
                handle["loop"].call_soon_threadsafe(handle["stopping"].set)
        thread.join(START_SECONDS)
