"""StartOutboundVoiceContact requests a second over HTTP on one core: the emulator beside moto_server.

moto has no operation that starts a contact. It is measured with the nearest that it has, DescribeInstance, which reads
one record and starts nothing; the emulator checks the request against botocore's model, takes tokens, admits the call
and runs it through its flow while the next request comes in. Each server is one process on core 0, the client is on
core 1 (where there are two). Both get signed-looking requests over 16 keep-alive connections, each sent when the one
before was answered; every status is checked. The figure is requests for each second of CPU that the server spent, so
that whatever else the machine does counts for little (where the system does not tell: requests a second). Then the
emulator gets half of its own rate on an even schedule, for the latency from the intended start. About 20 s, loopback
only, at most MOST_REQUESTS contacts.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

FLOWS = Path(__file__).resolve().parents[1] / "examples" / "helpdesk" / "flows"
CONNECTIONS = 16
SECONDS = 5.0
WARM_UP = 1.0
MOST_REQUESTS = 150_000
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/connect/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=" + "5d" * 32
)

NextRequest = Callable[[], bytes]
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
        self, answered: Callable[[Connection, bool], None], lost: Callable[[], None] = lambda: None
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
        self.received = b""
        self.closing = b"connection: close" in head or head.startswith(b"http/1.0")
        self.answered(self, ok)

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


async def closed_loop(port: int, next_request: NextRequest, seconds: float, pid: int) -> tuple[float, float]:
    """(requests a second, requests a second of the server's CPU) with CONNECTIONS connections.

    Each connection sends its next request when the one before was answered; every status must be 200.
    """
    loop = asyncio.get_running_loop()
    done, wrong, running = 0, 0, True
    tasks: set[asyncio.Task[None]] = set()
    finished = asyncio.Event()

    def answered(connection: Connection, ok: bool) -> None:
        nonlocal done, wrong
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

    for _ in range(CONNECTIONS):
        await connect()
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


async def open_loop(port: int, next_request: NextRequest, rate: float, seconds: float) -> list[float]:
    """Latencies from the intended start, seconds, sorted; requests are sent on an even schedule at `rate`."""
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    free: list[Connection] = []
    waiting: list[float] = []
    intended: dict[Connection, float] = {}

    def give(connection: Connection, start: float) -> None:
        intended[connection] = start
        connection.send(next_request())

    def answered(connection: Connection, ok: bool) -> None:
        assert ok
        latencies.append(time.perf_counter() - intended[connection])
        if waiting:
            give(connection, waiting.pop(0))
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
    await asyncio.sleep(0.5)
    return sorted(latencies)


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)


def emulator_rate() -> float:
    """The emulator's rate; prints the latency at half of it."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        quotas = [part for code in ("L-4E9BCC96", "L-12AB7C57") for part in ("--quota", f"{code}=10000000")]
        arguments = ["busyhour", "emulator", "--port", "0", "--flows", str(FLOWS), "--ready-file", str(ready)]
        with server(*arguments, *quotas) as process:
            deadline = time.monotonic() + 60
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the emulator did not start")
                time.sleep(0.05)
            facts = json.loads(ready.read_text())
            port = int(facts["url"].rpartition(":")[2])
            count = 0

            def start_contact() -> bytes:
                nonlocal count
                count += 1
                body = {
                    "InstanceId": facts["instance_id"],
                    "ContactFlowId": facts["flows"]["Helpdesk after hours"],
                    "DestinationPhoneNumber": "+12065550100",
                    "SourcePhoneNumber": "+12065550199",
                    "ClientToken": f"token-{count}",
                    "Attributes": {"order": "17"},
                }
                return request("PUT", "/contact/outbound-voice", json.dumps(body).encode())

            run(closed_loop(port, start_contact, WARM_UP, process.pid))
            rate, per_core = run(closed_loop(port, start_contact, SECONDS, process.pid))
            print(f"emulator: {rate:,.0f} StartOutboundVoiceContact/s, {per_core:,.0f} a second of CPU")
            latencies = run(open_loop(port, start_contact, rate / 2, SECONDS))
            p50, p99 = (latencies[int(len(latencies) * share)] * 1000 for share in (0.5, 0.99))
            print(
                f"emulator at half that rate: p50 {p50:.2f} ms, p99 {p99:.2f} ms, {len(latencies):,} requests"
            )
            return per_core


def moto_rate() -> float:
    """moto_server's rate of DescribeInstance."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with server("moto.server", "-H", "127.0.0.1", "-p", str(port)) as process:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        client = boto3.client(
            "connect",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="none",
            config=Config(retries={"total_max_attempts": 1}),
        )
        made = client.create_instance(
            IdentityManagementType="CONNECT_MANAGED", InboundCallsEnabled=True, OutboundCallsEnabled=True
        )
        raw = request("GET", f"/instance/{made['Id']}")
        run(closed_loop(port, lambda: raw, WARM_UP, process.pid))
        rate, per_core = run(closed_loop(port, lambda: raw, SECONDS, process.pid))
        print(f"moto_server: {rate:,.0f} DescribeInstance/s, {per_core:,.0f} a second of CPU")
        return per_core


def main() -> None:
    """Measure both and print the comparison."""
    pin(1)
    ours, theirs = emulator_rate(), moto_rate()
    line = {
        "benchmark": "emulator_vs_moto_start",
        "value": round(ours),
        "unit": "StartOutboundVoiceContact per CPU second",
        "peer": "moto_server DescribeInstance per CPU second (moto starts no contacts)",
        "peer_value": round(theirs),
        "ratio": round(ours / theirs, 1),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
