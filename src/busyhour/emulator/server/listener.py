"""The HTTP server: one event loop, keep-alive, request ids; in the foreground or in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import secrets
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from random import Random
from typing import Any, Protocol

from busyhour.emulator.error_formats import error_in_kind
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.server.http_server import Answer, Connection
from busyhour.emulator.server.request_guard import PARTICIPANT, RequestGuard, preflight, readable
from busyhour.emulator.server.responses import Stamp
from busyhour.emulator.server.router import Router, credential_scope
from busyhour.errors import BusyhourError, ExitCode
from busyhour.local_http import is_loopback
from busyhour.shared_secret.emulator_token import VARIABLE

START_SECONDS = 30.0
STOP_SECONDS = 5.0
"""Seconds that requests in progress may take when the server stops."""
EXPIRE_SECONDS = 1.0
"""How often it is looked for requests that do not arrive in time."""
ADMIN = "/_busyhour/"
HEALTH = "/_busyhour/health"
"""The only path that answers without a signature where one is required: it identifies the emulator."""


class Served(Protocol):
    """The application that the server serves."""

    router: Router

    def admin(self, request: Request) -> Response:
        """Handle a request under /_busyhour/."""

    async def start(self, url: str) -> None:
        """Called in the event loop before the first request; `url` is the endpoint."""

    async def stop(self) -> None:
        """Called in the event loop after the last request."""


class Application:
    """Receives the requests of all connections.

    Args:
        emulator: answers them.
        guard: refuses those of web pages, and those for other hosts.
        signed: whether the emulator's own paths need a signature too: it is reachable from other machines.
    """

    def __init__(self, emulator: Served, guard: RequestGuard | None = None, *, signed: bool = False) -> None:
        self._emulator = emulator
        self._router = emulator.router
        self._guard = guard or RequestGuard()
        self._signed = signed
        self._random = Random(secrets.randbits(64))

    def __call__(self, request: Request) -> Answer:
        """Handle one request. Never raises."""
        refusal = self._guard.refusal(request)
        if refusal is not None:
            return error_in_kind(refusal, request)
        request.access_key, request.region, request.service = credential_scope(request.headers, request.query)
        if "origin" in request.headers:
            # Of an allowed origin: the one service that it may use, regardless of the service in its signature.
            request.service = PARTICIPANT
            return readable(preflight(request) or self._router.answer(request), request.headers["origin"])
        if not request.path.startswith(ADMIN):
            return self._router.answer(request)
        if self._signed and request.path != HEALTH and (refused := self._router.refusal(request)) is not None:
            return error_in_kind(refused, request)
        try:
            return self._emulator.admin(request)
        except Exception:
            logging.getLogger(__name__).exception("the emulator failed at %s", request.path)
            return error_in_kind(ApiError("InternalFailure", "See the emulator's log.", 500), request)

    def new_id(self) -> str:
        """Make a request id: a random UUID of version 4."""
        digits = f"{self._random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 takes a free one.

    Raises:
        BusyhourError: the port is in use or cannot be opened; names the port and the fix.
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


def beyond_loopback(listener: socket.socket) -> bool:
    """Whether other machines can reach the listening socket."""
    return not is_loopback(listener.getsockname()[0])


def url_of(listener: socket.socket) -> str:
    """Return the URL of a listening socket, for clients on this machine: loopback's if it listens everywhere."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    emulator: Served,
    listener: socket.socket,
    *,
    guard: RequestGuard | None = None,
    on_ready: Callable[[], None] = lambda: None,
    stopping: asyncio.Event | None = None,
) -> None:
    """Serve until `stopping` is set; then end open requests and stop the emulator.

    The caller handles signals: it sets `stopping`. `guard` decides which requests are accepted; None: those of programs
    that name loopback or the address listened on.

    Raises:
        BusyhourError: other machines can reach the listener, and the emulator verifies no signatures.
    """
    guard, signed = guard or RequestGuard(), beyond_loopback(listener)
    address = listener.getsockname()[0]
    if signed and not emulator.router.verifies:
        listener.close()
        raise BusyhourError(
            f"{address} can be reached by other machines, and the emulator would run any code that they send.",
            f"Require signatures: --auth FILE, or a token in {VARIABLE} or --token-file. Or listen on 127.0.0.1.",
        )
    if signed:
        guard.add_host(address)
    try:
        await emulator.start(url_of(listener))
    except BaseException:
        listener.close()
        await emulator.stop()
        raise
    application, stamp = Application(emulator, guard, signed=signed), Stamp()
    connections: set[Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(application, application.new_id, stamp, connections), sock=listener, backlog=2048
    )
    watching = asyncio.ensure_future(_expire(connections))
    try:
        on_ready()
        await (stopping or asyncio.Event()).wait()
    finally:
        watching.cancel()
        server.close()
        for connection in tuple(connections):
            connection.end()
        deadline = loop.time() + STOP_SECONDS
        while connections and loop.time() < deadline:
            await asyncio.sleep(0.01)
        for connection in tuple(connections):
            connection.abort()
        await emulator.stop()


async def _expire(connections: set[Connection]) -> None:
    """Refuse requests that do not arrive in time, as long as the server runs."""
    while True:
        await asyncio.sleep(EXPIRE_SECONDS)
        now = time.monotonic()
        for connection in tuple(connections):
            connection.expire(now)


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Run `main` in a uvloop event loop if uvloop is installed, else in asyncio's own."""

    async def runner() -> None:
        await main()

    with contextlib.suppress(ImportError):
        import uvloop

        uvloop.run(runner())
        return
    asyncio.run(runner())


@contextlib.contextmanager
def running(
    emulator: Served, host: str = "127.0.0.1", port: int = 0, *, guard: RequestGuard | None = None
) -> Iterator[str]:
    """Serve `emulator` from a thread of its own; yields the endpoint URL and stops on leaving.

    `guard` as for `serve`.

    Raises:
        BusyhourError: the port cannot be opened, or the emulator did not start.
    """
    listener = listen(host, port)
    ready = threading.Event()
    failed: list[BaseException] = []
    handle: dict[str, Any] = {}

    async def main() -> None:
        handle["loop"] = asyncio.get_running_loop()
        handle["stopping"] = asyncio.Event()
        await serve(emulator, listener, guard=guard, on_ready=ready.set, stopping=handle["stopping"])

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
                f"The emulator did not start: {reason}.",
                "Start it alone with `busyhour emulator --debug` to see more.",
                ExitCode.UNREACHABLE,
            ) from (failed[0] if failed else None)
        yield url_of(listener)
    finally:
        if "stopping" in handle and thread.is_alive():
            with contextlib.suppress(RuntimeError):
                handle["loop"].call_soon_threadsafe(handle["stopping"].set)
        thread.join(START_SECONDS)
