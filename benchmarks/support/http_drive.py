"""HTTP requests as the emulator's benchmarks send them: in a closed loop, or on an even schedule; loopback only."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

CONNECTIONS = 16
MOST_REQUESTS = 150_000
FLOWS = Path(__file__).resolve().parents[2] / "examples" / "helpdesk" / "flows"
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/connect/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=" + "5d" * 32
)

NextRequest = Callable[[], bytes]
Hear = Callable[[bytes], None]
Result = TypeVar("Result")


def pin(core: int) -> None:
    """Stay on one core, where the system can and has two."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


@contextlib.contextmanager
def server(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a process of its own on core 0; ended on leaving."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: pin(0),
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """One HTTP request as an AWS client sends it; the signature is not checked by either server."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Amz-Date: 20260101T000000Z\r\nAuthorization: {SIGNATURE}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """Sends a request, reads the answer whole, calls `answered`; then `lost`, where the server closes."""

    def __init__(
        self, answered: Callable[[Connection, bool, bytes], None], lost: Callable[[], None] = lambda: None
    ) -> None:
        self.answered = answered
        self.lost = lost
        self.closing = False
        self.received = b""
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self.transport = transport

    def send(self, raw: bytes) -> None:
        """Send one request."""
        self.transport.write(raw)

    def data_received(self, data: bytes) -> None:
        """Part of an answer."""
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.received[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(self.received) < end + 4 + length:
            return
        ok = self.received.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))
        body, self.received = self.received[end + 4 :], b""
        self.closing = b"connection: close" in head or head.startswith(b"http/1.0")
        self.answered(self, ok, body)

    def connection_lost(self, exc: Exception | None) -> None:
        """The server closed."""
        self.lost()


def cpu_seconds(pid: int) -> float | None:
    """CPU time that a process has spent, all its threads, as far as the system tells."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def closed_loop(
    port: int, next_request: NextRequest, seconds: float, pid: int, hear: Hear = lambda body: None
) -> tuple[float, float]:
    """(requests a second, requests a second of the server's CPU) with CONNECTIONS connections.

    Each connection sends its next request when the one before was answered; every status must be 200. `hear` is
    called with the body of every answer. The client does not sleep in between: to wake another core of a virtual
    machine costs the server a call to the hypervisor, which is none of its work.
    """
    loop = asyncio.get_running_loop()
    done, wrong, running = 0, 0, True
    tasks: set[asyncio.Task[None]] = set()
    finished = asyncio.Event()

    def answered(connection: Connection, ok: bool, body: bytes) -> None:
        nonlocal done, wrong
        hear(body)
        done += 1
        wrong += not ok
        if done >= MOST_REQUESTS:
            finished.set()
        elif connection.closing:
            connection.transport.close()
        elif running:
            connection.send(next_request())

    def lost() -> None:
        """moto_server closes after each answer: the next request goes over a new connection."""
        if running:
            tasks.add(loop.create_task(connect()))

    async def connect() -> None:
        _, connection = await loop.create_connection(lambda: Connection(answered, lost), "127.0.0.1", port)
        connection.send(next_request())

    async def stay_awake() -> None:
        while running:
            await asyncio.sleep(0)

    for _ in range(CONNECTIONS):
        await connect()
    tasks.add(loop.create_task(stay_awake()))
    started, cpu, before = time.perf_counter(), cpu_seconds(pid), done
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(finished.wait(), seconds)
    rate, spent = (done - before) / (time.perf_counter() - started), cpu_seconds(pid)
    per_core = rate if cpu is None or spent is None else (done - before) / max(spent - cpu, 0.01)
    running = False
    await asyncio.sleep(0.2)
    if wrong:
        raise SystemExit(f"{wrong} of {done} answers were not 200")
    return rate, per_core


async def open_loop(
    port: int, next_request: NextRequest, rate: float, seconds: float, hear: Hear = lambda body: None
) -> list[tuple[float, float]]:
    """(intended start, latency from it) of requests on an even schedule at `rate`, seconds, in order of the answers.

    Starts are on the clock of time.time(). `hear` is called with the body of every answer. Returns when every request
    was answered.
    """
    loop = asyncio.get_running_loop()
    epoch = time.time() - time.perf_counter()
    latencies: list[tuple[float, float]] = []
    free: list[Connection] = []
    waiting: deque[float] = deque()
    intended: dict[Connection, float] = {}

    def give(connection: Connection, start: float) -> None:
        intended[connection] = start
        connection.send(next_request())

    def answered(connection: Connection, ok: bool, body: bytes) -> None:
        assert ok
        hear(body)
        start = intended[connection]
        latencies.append((start + epoch, time.perf_counter() - start))
        if waiting:
            give(connection, waiting.popleft())
        else:
            free.append(connection)

    for _ in range(CONNECTIONS * 4):
        _, connection = await loop.create_connection(lambda: Connection(answered), "127.0.0.1", port)
        free.append(connection)
    began = time.perf_counter()
    for number in range(int(rate * seconds)):
        start = began + number / rate
        # The clock is watched, not slept on: sleeping is too coarse for thousands of starts a second.
        while time.perf_counter() < start:
            await asyncio.sleep(0)
        if free:
            give(free.pop(), start)
        else:
            waiting.append(start)
    for _ in range(1_000):
        if len(latencies) == int(rate * seconds):
            break
        await asyncio.sleep(0.01)
    for connection in free:
        connection.transport.close()
    return latencies


def percentile_ms(latencies: Iterable[float], share: float) -> float:
    """The `share` quantile of some latencies in seconds, in milliseconds."""
    found = sorted(latencies)
    return found[int(len(found) * share)] * 1000


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in uvloop where it is installed, without the collector: its pauses would count as the server's."""
    gc.disable()
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)


@dataclass(frozen=True)
class Running:
    """An emulator in a process of its own."""

    pid: int
    port: int
    facts: dict[str, Any]

    def start_contact(self, number: int, flow: str = "Helpdesk after hours") -> bytes:
        """A request to start contact `number`; the flow, unless named, ends by itself after its greeting."""
        body = {
            "InstanceId": self.facts["instance_id"],
            "ContactFlowId": self.facts["flows"][flow],
            "DestinationPhoneNumber": "+12065550100",
            "SourcePhoneNumber": "+12065550199",
            "ClientToken": f"token-{number}",
            "Attributes": {"order": "17"},
        }
        return request("PUT", "/contact/outbound-voice", json.dumps(body).encode())


@contextlib.contextmanager
def emulator(*more: str, flows: tuple[str, str] = ("--flows", str(FLOWS))) -> Iterator[Running]:
    """The emulator on core 0 with the helpdesk's flows and quotas that never bind; ended on leaving.

    `flows` is the option that names other flows: a folder, or a scenario.
    """
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        quotas = [part for code in ("L-4E9BCC96", "L-12AB7C57") for part in ("--quota", f"{code}=10000000")]
        arguments = ["busyhour", "emulator", "--port", "0", *flows, "--ready-file", str(ready)]
        with server(*arguments, *quotas, *more) as process:
            deadline = time.monotonic() + 60
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the emulator did not start")
                time.sleep(0.05)
            facts = json.loads(ready.read_text())
            yield Running(process.pid, int(facts["url"].rpartition(":")[2]), facts)
